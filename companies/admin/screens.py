"""Customers and the companies they call for."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import AutocompleteSelectFilter
from unfold.decorators import display

from companies.admin.around import of_company, of_customer
from companies.admin.duplicates import Duplicates
from companies.admin.sheets import Sheets
from companies.models import Company, Customer, Import
from companies.services import another_named
from tenants.meanwhile import MindsOthers
from tenants.modeladmin import DaysFilter, TenantModelAdmin, count_of
from tickets.admin.privacy import Privacy
from tickets.models import Ticket


class CompanyForm(MindsOthers):
    """Takes no name that another company has."""

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        alike = another_named(name, self.instance) if "name" in self.changed_data else None
        if alike is not None:
            raise ValidationError(_("There is “%s” already.") % alike)
        return name


@admin.register(Company)
class CompanyAdmin(Sheets, Duplicates, TenantModelAdmin):
    form = CompanyForm
    import_kind = Import.Kind.COMPANIES
    change_form_template = "admin/companies/company/change_form.html"
    when_empty = _("Companies whose people call you: import them as a CSV file, or let calls bring them.")
    list_display = ("name", "tickets", "created_at")
    search_fields = ("name", "external_id")
    readonly_fields = ("created_at", "updated_at")
    fieldsets = ((None, {"fields": (("name", "external_id"), ("created_at", "updated_at"))}),)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Company]:
        rows: QuerySet[Company] = super().get_queryset(request)
        return rows.annotate(ticket_count=count_of(Ticket, "company"))

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        company = self.get_object(request, unquote(object_id))
        around = of_company(company) if company and self.has_view_permission(request, company) else {}
        response: HttpResponse = super().change_view(request, object_id, form_url, {**(extra_context or {}), **around})
        return response

    @display(description=_("tickets"), ordering="ticket_count")
    def tickets(self, company: Company) -> int:
        count: int = company.ticket_count  # type: ignore[attr-defined]
        return count


@admin.register(Customer)
class CustomerAdmin(Privacy, Sheets, Duplicates, TenantModelAdmin):
    form = MindsOthers
    import_kind = Import.Kind.CUSTOMERS
    change_form_template = "admin/companies/customer/change_form.html"
    when_empty = _(
        "People who call you: import them as a CSV file, so that the bot greets them by name. "
        "Others are added when they call."
    )
    list_display = ("who", "phone_number", "email", "company", "tickets", "created_at")
    list_select_related = ("company",)
    list_filter = (("company", AutocompleteSelectFilter), ("created_at", DaysFilter))
    search_fields = ("phone_number", "first_name", "last_name", "email", "external_id", "company__name")
    autocomplete_fields = ("company",)
    readonly_fields = ("created_at", "updated_at")
    fieldsets = (
        (None, {"fields": (("first_name", "last_name"), ("phone_number", "email"), ("company", "external_id"))}),
        (None, {"fields": (("created_at", "updated_at"),)}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Customer]:
        rows: QuerySet[Customer] = super().get_queryset(request)
        return rows.annotate(ticket_count=count_of(Ticket, "customer"))

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        customer = self.get_object(request, unquote(object_id))
        around = of_customer(customer) if customer and self.has_view_permission(request, customer) else {}
        response: HttpResponse = super().change_view(request, object_id, form_url, {**(extra_context or {}), **around})
        return response

    @display(description=_("customer"), ordering="last_name")
    def who(self, customer: Customer) -> str:
        return str(customer)

    @display(description=_("tickets"), ordering="ticket_count")
    def tickets(self, customer: Customer) -> int:
        count: int = customer.ticket_count  # type: ignore[attr-defined]
        return count
