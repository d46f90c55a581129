"""Duplicates: who may be one, and what moves before two are made one."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.text import capfirst
from django.utils.translation import gettext, gettext_noop

from companies import duplicates
from companies.models import Customer
from tenants import audit
from tenants.scope import current_tenant


class Duplicates:
    """Screens on which two rows can be made one."""

    def get_urls(self) -> list[URLPattern]:
        screen: Any = self
        name = f"companies_{screen.opts.model_name}_duplicates"
        view = screen.admin_site.admin_view(self.duplicates_view)
        return [path("duplicates/", view, name=name), *super().get_urls()]  # type: ignore[misc]

    def _may_merge(self, request: HttpRequest) -> bool:
        """One of two is deleted by it."""
        screen: Any = self
        may_write = screen.has_change_permission(request) and screen.has_delete_permission(request)
        return current_tenant() is not None and bool(may_write)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        context = {**(extra_context or {}), "may_merge": self._may_merge(request)}
        response: HttpResponse = super().changelist_view(request, context)  # type: ignore[misc]
        return response

    def duplicates_view(self, request: HttpRequest) -> HttpResponse:
        """GET: who may be one; with `one` and `into`: what moves. POST both: make them one."""
        screen: Any = self
        if not self._may_merge(request):
            raise PermissionDenied
        given = request.POST if request.method == "POST" else request.GET
        one, into = _row(screen, given.get("one")), _row(screen, given.get("into"))
        list_url = f"admin:companies_{screen.opts.model_name}_changelist"
        error = ""
        if request.method == "POST" and one and into:
            name = str(one)
            try:
                duplicates.merge(row=one, into=into)
            except ValidationError as refusal:
                error = " ".join(refusal.messages)
            else:
                audit.record(action=audit.Action.DELETE, row=one, request=request, detail=gettext_noop("Merge"))
                audit.record(action=audit.Action.DO, row=into, request=request, detail=gettext_noop("Merge"))
                screen.log_change(request, into, f"Merge #{one.pk}")
                messages.success(request, gettext("%(one)s is now part of %(into)s.") % {"one": name, "into": into})
                return redirect(f"admin:companies_{screen.opts.model_name}_duplicates")
        elif "one" in given and (one is None or into is None or one == into):
            error = gettext("Choose two different ones that are still there.")
        chosen = one is not None and into is not None and one != into and not error
        context = {
            **screen.admin_site.each_context(request),
            "title": gettext("Duplicates"),
            "opts": screen.opts,
            "list_url": list_url,
            "change_url": f"admin:companies_{screen.opts.model_name}_change",
            "error": error,
            "is_customer": screen.model is Customer,
        }
        if chosen:
            context |= {"one": one, "into": into, "moving": duplicates.moving(one), "fields": _fields(one, into)}
        else:
            find = duplicates.groups_of_customers if screen.model is Customer else duplicates.groups_of_companies
            context["groups"] = find()
        return TemplateResponse(request, "admin/companies/duplicates.html", context)


def _row(screen: Any, key: str | None) -> Any:
    return screen.model._default_manager.filter(pk=key).first() if key and key.isdecimal() else None


def _fields(one: Any, into: Any) -> list[tuple[str, str, str, str]]:
    """Each field by its name: of both, and what remains."""
    names = ("phone_number", "first_name", "last_name", "email", "company") if isinstance(one, Customer) else ("name",)
    found = []
    for name in (*names, "external_id"):
        theirs, ours = str(getattr(one, name) or ""), str(getattr(into, name) or "")
        label = capfirst(str(type(one)._meta.get_field(name).verbose_name))
        found.append((label, theirs, ours, ours or theirs))
    return found
