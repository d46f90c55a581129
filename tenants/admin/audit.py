"""The audit log: read by owners and administrators, written by nobody's hand."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import User
from django.core.exceptions import FieldDoesNotExist
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
        return format_html("{} · {}", kind, shown)

    @display(description=_("what"))
    def what(self, entry: AuditEntry) -> SafeString:
        lines = [described(entry.model, change) for change in entry.changes]
        if entry.detail:
            lines.insert(0, gettext(entry.detail))
        shown = format_html_join("", "<p>{}</p>", ((line,) for line in lines))
        return format_html('<div class="vb-changes">{}</div>', shown) if lines else SafeString("–")


def kind_of(label: str) -> str:
    """The name that people give to a kind of object; a kind that is gone keeps its code name."""
    try:
        return capfirst(str(apps.get_model(label)._meta.verbose_name))
    except (LookupError, ValueError):
        return label


def page_of(entry: AuditEntry) -> str | None:
    if not entry.object_id or entry.action == AuditEntry.Action.DELETE:
        return None
    try:
        return reverse(f"admin:{entry.model.replace('.', '_')}_change", args=[entry.object_id])
    except NoReverseMatch:
        return None


def described(model: str, change: dict[str, str]) -> str:
    """A change of a field as a line: Status: open → resolved."""
    label, row = change.get("model", model), change.get("row", "")
    name, old, new = change["field"], change["old"], change["new"]
    if not name and not old:  # words of a person
        return f"«{new}»"
    try:
        field: Any = apps.get_model(label)._meta.get_field(name)
        choices = {str(value): str(text) for value, text in field.flatchoices}
        old, new, name = choices.get(old, old), choices.get(new, new), capfirst(str(field.verbose_name))
    except (
        LookupError,
        ValueError,
        AttributeError,
        FieldDoesNotExist,
    ):  # of the form alone, or gone
        name = name or kind_of(label)
    old, new = (Truncator(YES_NO.get(text, text) or "–").chars(120) for text in (old, new))
    return f"{row} · {name}: {old} → {new}" if row else f"{name}: {old} → {new}"


YES_NO: dict[str, Any] = {"True": _("yes"), "False": _("no")}
