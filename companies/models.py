"""Who calls: the tenant's customers and the companies they work for."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from companies.phone import international
from tenants.models import WebhookEvent
from tenants.privacy import MaskedCharField, MaskedEmailField, MaskedJSONField
from tenants.scope import TenantModel
from tenants.sync import SyncedModel
from tenants.webhooks.outbox import Published


def one_per_external_id(name: str) -> models.UniqueConstraint:
    return models.UniqueConstraint(
        fields=["tenant", "external_id"],
        condition=~models.Q(external_id=""),
        name=name,
        violation_error_message=_("This identifier is another's already."),
    )


class Company(SyncedModel):
    """A company whose people call the tenant."""

    synced_as = "companies"

    name = models.CharField(_("name"), max_length=150)
    external_id = models.CharField(
        _("identifier elsewhere"), max_length=100, blank=True, help_text=_("What your CRM knows it by.")
    )
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("company")
        verbose_name_plural = _("companies")
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["tenant", "name"], name="one_company_per_name"),
            one_per_external_id("one_company_per_external_id"),
        ]
        indexes = [models.Index(fields=["tenant", "updated_at"])]

    def __str__(self) -> str:
        return self.name


class Customer(Published):
    """A person who calls, known by the telephone number."""

    synced_as = "customers"

    phone_number = MaskedCharField(_("telephone"), max_length=20, help_text=_("International form: +33612345678."))
    first_name = models.CharField(_("first name"), max_length=100, blank=True)
    last_name = models.CharField(_("last name"), max_length=100, blank=True)
    email = MaskedEmailField(_("e-mail"), blank=True)
    external_id = models.CharField(
        _("identifier elsewhere"), max_length=100, blank=True, help_text=_("What your CRM knows the person by.")
    )
    company = models.ForeignKey(
        Company, models.SET_NULL, null=True, blank=True, related_name="customers", verbose_name=_("company")
    )
    # Who became part of this one, {key: telephone}: whoever asks to be erased means them, too.
    merged = MaskedJSONField(default=dict, editable=False)
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("customer")
        verbose_name_plural = _("customers")
        ordering = ["last_name", "first_name"]
        constraints = [
            models.UniqueConstraint(fields=["tenant", "phone_number"], name="one_customer_per_number"),
            one_per_external_id("one_customer_per_external_id"),
        ]
        indexes = [models.Index(fields=["tenant", "updated_at"])]

    def __str__(self) -> str:
        return self.full_name or self.phone_number

    def clean(self) -> None:
        super().clean()
        if not (number := international(self.phone_number)):
            raise ValidationError({"phone_number": _("This is no telephone number; an example is +33612345678.")})
        self.phone_number = number

    def events_since(self, before: Customer | None) -> list[str]:
        return [WebhookEvent.CUSTOMER_UPDATED]

    def as_data(self) -> dict[str, Any]:
        from companies.api import CustomerSerializer  # it shows these rows

        return {**CustomerSerializer(context={"query": {}}).to_representation(self)}

    @property
    def full_name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()


class Import(TenantModel):
    """A file of customers or companies: looked at first, then taken over in the background."""

    class Kind(models.TextChoices):
        CUSTOMERS = "customers", _("customers")
        COMPANIES = "companies", _("companies")

    class State(models.TextChoices):
        LOOKED_AT = "looked_at", _("not started")
        RUNNING = "running", _("running")
        DONE = "done", _("done")

    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    file_name = models.CharField(_("file"), max_length=200)
    columns = models.JSONField(_("columns"), default=list)
    #: [[line, {column: text}], …]: what is to be taken over, and nothing when that is done.
    rows = models.JSONField(_("rows"), default=list)
    #: [[line, {column: text}, message], …]
    refused = models.JSONField(_("refused rows"), default=list)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.LOOKED_AT)
    total = models.PositiveIntegerField(_("rows"))
    done = models.PositiveIntegerField(_("rows done"), default=0)
    created = models.PositiveIntegerField(_("rows created"), default=0)
    updated = models.PositiveIntegerField(_("rows changed"), default=0)
    unchanged = models.PositiveIntegerField(_("rows that say nothing new"), default=0)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("person")
    )
    begun_at = models.DateTimeField(_("begun"), default=timezone.now)

    class Meta:
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        ordering = ["-begun_at"]

    def __str__(self) -> str:
        return self.file_name
