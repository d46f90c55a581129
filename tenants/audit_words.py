"""Entries of the audit log as people read them."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.utils.text import Truncator, capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from tenants.models import AuditEntry

YES_NO: dict[str, Any] = {"True": _("yes"), "False": _("no")}


#: Pages whose name is all that was written down (`audit.record_unsaid`).
PAGES: dict[str, Any] = {
    "export": _("Downloaded the whole list"),
    "refused": _("Downloaded the refused rows"),
    "give out": _("Downloaded all that is known of the customer"),
    "import": _("Imported a file"),
    "preset": _("Took over a problem type of the preset"),
    "resend": _("Sent it again"),
    "restore": _("Took back an earlier text"),
    "speak": _("Had phrases spoken"),
    "start": _("Started it by hand"),
    "test": _("Sent a test"),
}


def lines_of(entry: AuditEntry) -> list[str]:
    """What was done, and each change of a field, as a line."""
    lines = [described(entry.model, change) for change in entry.changes]
    return [str(PAGES.get(entry.detail) or gettext(entry.detail)), *lines] if entry.detail else lines


def kind_of(label: str) -> str:
    """The name that people give to a kind of object; a kind that is gone keeps its code name."""
    try:
        return capfirst(str(apps.get_model(label)._meta.verbose_name))
    except (LookupError, ValueError):
        return label


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
    line = gettext("%(field)s: %(text)s") % {"field": name, "text": f"{old} → {new}"}
    return f"{row} · {line}" if row else line
