"""Customers and the companies they call for."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import AutocompleteSelectFilter, RangeDateFilter
from unfold.decorators import display

from companies.models import Company, Customer
from tenants.modeladmin import TenantModelAdmin, count_of
from tickets.models import Ticket


@admin.register(Company)
class CompanyAdmin(TenantModelAdmin):
    list_display = ("name", "tickets", "created_at")
    search_fields = ("name",)
    readonly_fields = ("created_at",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Company]:
        rows: QuerySet[Company] = super().get_queryset(request)
        return rows.annotate(ticket_count=count_of(Ticket, "company"))

    @display(description=_("tickets"), ordering="ticket_count")
    def tickets(self, company: Company) -> int:
        count: int = company.ticket_count  # type: ignore[attr-defined]
        return count


@admin.register(Customer)
class CustomerAdmin(TenantModelAdmin):
    list_display = ("who", "phone_number", "email", "company", "tickets", "created_at")
    list_select_related = ("company",)
    list_filter = (("company", AutocompleteSelectFilter), ("created_at", RangeDateFilter))
    search_fields = ("phone_number", "first_name", "last_name", "email", "company__name")
    autocomplete_fields = ("company",)
    readonly_fields = ("created_at", "updated_at")
    fieldsets = (
        (None, {"fields": (("first_name", "last_name"), ("phone_number", "email"), "company")}),
        (None, {"fields": (("created_at", "updated_at"),)}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Customer]:
        rows: QuerySet[Customer] = super().get_queryset(request)
        return rows.annotate(ticket_count=count_of(Ticket, "customer"))

    @display(description=_("customer"), ordering="last_name")
    def who(self, customer: Customer) -> str:
        return str(customer)

    @display(description=_("tickets"), ordering="ticket_count")
    def tickets(self, customer: Customer) -> int:
        count: int = customer.ticket_count  # type: ignore[attr-defined]
        return count
