"""Who calls: the tenant's customers and the companies they work for."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from companies.phone import international
from tenants.scope import TenantModel


class Company(TenantModel):
    """A company whose people call the tenant."""

    name = models.CharField(_("name"), max_length=150)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        verbose_name = _("company")
        verbose_name_plural = _("companies")
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["tenant", "name"], name="one_company_per_name")]

    def __str__(self) -> str:
        return self.name


class Customer(TenantModel):
    """A person who calls, known by the telephone number."""

    phone_number = models.CharField(_("telephone"), max_length=20, help_text=_("International form: +33612345678."))
    first_name = models.CharField(_("first name"), max_length=100, blank=True)
    last_name = models.CharField(_("last name"), max_length=100, blank=True)
    email = models.EmailField(_("e-mail"), blank=True)
    company = models.ForeignKey(
        Company, models.SET_NULL, null=True, blank=True, related_name="customers", verbose_name=_("company")
    )
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    class Meta:
        verbose_name = _("customer")
        verbose_name_plural = _("customers")
        ordering = ["last_name", "first_name"]
        constraints = [models.UniqueConstraint(fields=["tenant", "phone_number"], name="one_customer_per_number")]

    def __str__(self) -> str:
        return self.full_name or self.phone_number

    def clean(self) -> None:
        super().clean()
        if not (number := international(self.phone_number)):
            raise ValidationError({"phone_number": _("This is no telephone number; an example is +33612345678.")})
        self.phone_number = number

    @property
    def full_name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()
