"""The audit log: read by owners and administrators, written by nobody's hand."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import Truncator, capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter, DropdownFilter
from unfold.decorators import display

from tenants.audit_words import kind_of, lines_of
from tenants.modeladmin import DaysFilter, TenantModelAdmin
from tenants.models import AuditEntry

ACTION_COLOURS = {
    AuditEntry.Action.ADD: "success",
    AuditEntry.Action.CHANGE: None,
    AuditEntry.Action.DO: None,
    AuditEntry.Action.DELETE: "danger",
    AuditEntry.Action.ACCESS: "warning",
    AuditEntry.Action.LISTEN: "info",
    AuditEntry.Action.DOWNLOAD: "info",
}


class PersonFilter(DropdownFilter):
    """Whoever did something in this company."""

    title = _("person")
    parameter_name = "person"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[Any, str]]:
        found = AuditEntry.objects.order_by().values_list("person", flat=True).distinct()
        people = User.objects.filter(pk__in=[pk for pk in found if pk]).order_by("last_name", "username")
        return [(str(user.pk), user.get_full_name() or user.get_username()) for user in people]

    def queryset(self, request: HttpRequest, queryset: QuerySet[AuditEntry]) -> QuerySet[AuditEntry]:
        value = str(self.value() or "")
        return queryset.filter(person=int(value)) if value.isdecimal() else queryset


class KindFilter(DropdownFilter):
    """Kinds of objects that a company has."""

    title = _("kind of object")
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        labels = [model._meta.label_lower for model in model_admin.admin_site._registry]
        return sorted(((label, kind_of(label)) for label in labels), key=lambda choice: choice[1])

    def queryset(self, request: HttpRequest, queryset: QuerySet[AuditEntry]) -> QuerySet[AuditEntry]:
        return queryset.filter(model=self.value()) if self.value() else queryset


@admin.register(AuditEntry)
class AuditEntryAdmin(TenantModelAdmin):
    when_empty = _("Who changed what and who listened to which call is written here from now on.")
    counted = _("entries")
    list_display = ("at", "who", "shown_action", "object", "what", "address")
    list_filter = (
        PersonFilter,
        ("action", ChoicesDropdownFilter),
        KindFilter,
        ("at", DaysFilter),
    )
    search_fields = ("person_name", "label", "object_id", "detail")
    search_help_text = _("Person, object, or what was done")
    fields = (("at", "person_name", "is_staff"), ("action", "address"), "object", "what")
    readonly_fields = ("object", "what")

    @display(description=_("person"), ordering="person_name", header=True)
    def who(self, entry: AuditEntry) -> tuple[str, str]:
        return entry.person_name, gettext("platform staff") if entry.is_staff else ""

    @display(description=_("action"), ordering="action", label=ACTION_COLOURS)
    def shown_action(self, entry: AuditEntry) -> tuple[str, str]:
        return entry.action, capfirst(entry.get_action_display())

    @display(description=_("object"))
    def object(self, entry: AuditEntry) -> SafeString:
        kind, name = kind_of(entry.model), Truncator(entry.label).chars(60)
        address = page_of(entry)
        shown = format_html('<a href="{}">{}</a>', address, name) if address else format_html("{}", name)
        return format_html("<span>{} · {}</span>", kind, shown)

    @display(description=_("what"))
    def what(self, entry: AuditEntry) -> SafeString:
        lines = lines_of(entry)
        shown = format_html_join("", "<p>{}</p>", ((line,) for line in lines))
        return format_html('<div class="vb-changes">{}</div>', shown) if lines else SafeString("–")


def page_of(entry: AuditEntry) -> str | None:
    if not entry.object_id or entry.action == AuditEntry.Action.DELETE:
        return None
    try:
        return reverse(f"admin:{entry.model.replace('.', '_')}_change", args=[entry.object_id])
    except NoReverseMatch:
        return None
