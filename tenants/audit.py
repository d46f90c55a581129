"""The audit log: who did what to which row, from which address.

`record` is the one way in. Every screen of the admin comes here by itself
(`tenants/modeladmin.py`); what is done elsewhere calls it.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.contrib.auth.models import AnonymousUser, User
from django.db.models import Model
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone

from tenants.fields import EncryptedTextField
from tenants.models import AuditEntry, Tenant
from tenants.scope import acting_for, current_tenant

Action = AuditEntry.Action
Change = dict[str, str]

MASK = "•••"
#: Pages of a screen that record by themselves, or do nothing.
OWN_WORDS = frozenset({"add", "change", "delete", "changelist", "history"})
TEXT_LENGTH = 300
#: Of what the API shows of a row, this is no change that anybody made.
MOVED = frozenset({"id", "created_at", "updated_at", "etag", "expanded"})
#: A player asks for a recording in many parts: that is one listening.
SAME_LISTENING = timedelta(minutes=10)


def record(
    *,
    action: AuditEntry.Action,
    row: Model,
    request: HttpRequest | None = None,
    person: User | AnonymousUser | None = None,
    address: str | None = None,
    detail: str = "",
    changes: Iterable[Change] = (),
) -> AuditEntry | None:
    """Write down that somebody did `action` to `row`; `request` says who and from where.

    `detail` is English and marked with gettext_noop: it is translated for whoever reads it.
    The entry is the company's that the row belongs to, else of the one acted for. What
    concerns no company leaves none, and listening again within ten minutes neither.
    """
    tenant = _owner(row)
    if tenant is None:
        return None
    if request is not None:
        person, address = request.user, address_of(request)
    if action == Action.DELETE and (number := getattr(row, "phone_number", "")):
        # Whoever asks to be erased later is known by it (`tickets.privacy`).
        changes = [*changes, {"field": "phone_number", "old": number, "new": ""}]
    user = person if isinstance(person, User) else None
    entry = AuditEntry(
        tenant=tenant,
        person=user,
        person_name=_name_of(user, request)[:150],
        is_staff=bool(user and user.is_superuser),
        action=action,
        model=row._meta.label_lower,
        object_id=str(row.pk or "")[:64],
        label=_short(str(row) if row.pk else str(row._meta.verbose_name), 200),
        detail=detail[:200],
        changes=list(changes),
        address=address or None,
    )
    if request is not None:
        request._audited = True  # type: ignore[attr-defined]
    with acting_for(tenant):
        if action in (Action.LISTEN, Action.DOWNLOAD) and _was_recorded(entry):
            return None
        entry.save()
    return entry


def record_unsaid(request: HttpRequest, response: HttpResponseBase) -> None:
    """Write down what a page of the admin did or gave out without saying so itself.

    That is a POST that succeeded, or a file that was sent; the page's name is the detail.
    """
    match, done = request.resolver_match, response.status_code < 400 and not hasattr(request, "_audited")
    if not done or match is None or match.namespace != "admin" or not isinstance(request.user, User):
        return
    is_file = response.get("Content-Disposition", "").startswith("attachment")
    # A page in answer to a POST shows what was wrong with it.
    is_page = response.status_code == 200 and response.get("Content-Type", "").startswith("text/html")
    if not is_file and (request.method != "POST" or is_page):
        return
    for model, screen in admin.site._registry.items():
        prefix = f"{model._meta.app_label}_{model._meta.model_name}_"
        page = (match.url_name or "").removeprefix(prefix)
        if page == match.url_name or page in OWN_WORDS:
            continue
        key = next(iter(match.kwargs.values()), None)
        row = screen.get_object(request, str(key)) if key and screen.has_view_permission(request) else None
        action = Action.DOWNLOAD if is_file else Action.DO
        record(action=action, row=row or model(), request=request, detail=page.replace("_", " "))


def address_of(request: HttpRequest) -> str | None:
    """The browser's address: what the last of PROXY_COUNT proxies was told, else who is connected."""
    address = request.META.get("REMOTE_ADDR", "")
    if settings.PROXY_COUNT:
        forwarded = [part.strip() for part in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if part.strip()]
        # Only what our own proxies added is believed; the rest came from the browser.
        address = forwarded[-settings.PROXY_COUNT] if len(forwarded) >= settings.PROXY_COUNT else address
    try:
        return str(ipaddress.ip_address(address))
    except ValueError:
        return None


def changes_of(form: forms.BaseForm, formsets: Iterable[Any] | None, *, add: bool) -> list[Change]:
    """What a saved form and its inlines changed; secrets are told to have changed, never what they are."""
    changes = _of_form(form, is_new=add)
    for formset in formsets or ():
        new, changed = set(map(id, formset.new_objects)), {id(row) for row, _fields in formset.changed_objects}
        for inline in formset.forms:
            if id(inline.instance) in new | changed:
                kind, name = inline.instance._meta.label_lower, _short(str(inline.instance), 100)
                for change in _of_form(inline, is_new=id(inline.instance) in new):
                    changes.append({**change, "model": kind, "row": name})
        for row in formset.deleted_objects:
            changes.append({"field": "", "old": _short(str(row)), "new": "", "model": row._meta.label_lower, "row": ""})
    return changes


def forget_old() -> int:
    """Delete the entries of the tenant acted for that are older than AUDIT_DAYS; how many there were."""
    limit = timezone.now() - timedelta(days=settings.AUDIT_DAYS)
    return AuditEntry.objects.filter(at__lt=limit).delete()[0]


def _name_of(user: User | None, request: HttpRequest | None) -> str:
    """Who it was: a person, or the key that another system shows."""
    if user is not None:
        return user.get_full_name() or user.get_username()
    key = getattr(request, "api_key", None)
    return f"API: {key.name}" if key else "–"


def changes_between(before: dict[str, Any], after: dict[str, Any]) -> list[Change]:
    """What differs of a row, as the API shows it, but for what every writing moves."""
    names = [name for name in after if name not in MOVED and before.get(name) != after[name]]
    return [{"field": name, "old": _plain(before.get(name)), "new": _plain(after[name])} for name in names]


def _plain(value: Any) -> str:
    return "" if value is None else _short(str(value))


def _owner(row: Model) -> Tenant | None:
    if isinstance(row, Tenant):
        return row
    owner = getattr(row, "tenant", None)
    return owner if isinstance(owner, Tenant) else current_tenant()


def _was_recorded(entry: AuditEntry) -> bool:
    return AuditEntry.objects.filter(
        person=entry.person,
        action=entry.action,
        model=entry.model,
        object_id=entry.object_id,
        at__gte=timezone.now() - SAME_LISTENING,
    ).exists()


def _of_form(form: Any, *, is_new: bool) -> list[Change]:
    changes = []
    for name in form.changed_data:
        if (field := form.fields.get(name)) is None:
            continue
        new = _shown(form, name, field, form.cleaned_data.get(name))
        old = "" if is_new else _shown(form, name, field, form.get_initial_for_field(field, name))
        changes.append({"field": name, "old": old, "new": new})
    return changes


def _shown(form: Any, name: str, field: forms.Field, value: Any) -> str:
    """A value of a field as people read it."""
    if _is_secret(form, name, field):
        return MASK
    if value is None or value == "":
        return ""
    if isinstance(field, forms.ModelMultipleChoiceField):
        return _short(", ".join(str(row) for row in value))
    if isinstance(field, forms.ModelChoiceField):
        row = value if isinstance(value, Model) else field.queryset.filter(pk=value).first()  # type: ignore[union-attr]
        return _short(str(row or value))
    if isinstance(value, list | tuple):
        return _short(", ".join(map(str, value)))
    return _short(str(value))


def _is_secret(form: Any, name: str, field: forms.Field) -> bool:
    columns = (
        {column.name: column for column in form._meta.model._meta.concrete_fields} if hasattr(form, "_meta") else {}
    )
    return (
        isinstance(columns.get(name), EncryptedTextField)
        or isinstance(field.widget, forms.PasswordInput)
        or "password" in name
    )


def _short(text: str, length: int = TEXT_LENGTH) -> str:
    return text if len(text) <= length else text[: length - 1] + "…"
