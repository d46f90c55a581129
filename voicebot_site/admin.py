"""The one admin site: companies and platform staff share its screens."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import update_wrapper
from typing import Any, cast
from urllib.parse import urlsplit

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST
from unfold.dataclasses import SearchResult
from unfold.sites import UnfoldAdminSite

from calls import pages
from tenants import services
from tenants.middleware import ACTING_KEY, tenants_of
from tenants.models import Tenant
from tenants.scope import EVERYONE
from tenants.views import account, signing_in
from voicebot_site import first_steps

#: What the search finds besides pages with which icon, and how many rows of each.
SEARCHED = {
    "tickets.ticket": "confirmation_number",
    "calls.call": "call",
    "companies.customer": "person",
    "companies.company": "apartment",
}
FOUND_PER_MODEL = 8
SWITCHER_SIZE = 15
SHORTEST_REASON = 5
LONGEST_REASON = 300


@dataclass(frozen=True, slots=True)
class Choice:
    """A line of the tenant switcher; `value` is what its button posts."""

    title: str
    value: str
    is_current: bool


class VoicebotAdminSite(UnfoldAdminSite):
    """Unfold's site, for people of one tenant at a time."""

    empty_value_display = "–"

    def has_permission(self, request: HttpRequest) -> bool:
        user = request.user
        return bool(user.is_active and getattr(user, "is_staff", False) and getattr(request, "tenant", None))

    def admin_view(self, view: Callable[..., Any], cacheable: bool = False) -> Callable[..., Any]:
        """Whoever sends a form after their session ended gets back to its page: the address may take no GET."""
        inner = super().admin_view(view, cacheable)

        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            if request.method != "POST" or self.has_permission(request) or request.path == reverse("admin:logout"):
                return inner(request, *args, **kwargs)
            messages.warning(request, _("Your session is over, and nothing was saved. Sign in to go on."))
            return redirect_to_login(_page_of(request), reverse("admin:login"))

        return update_wrapper(guarded, view)

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        context: dict[str, Any] = super().each_context(request)
        if self.has_permission(request):
            context["acting_tenant"] = request.tenant if isinstance(request.tenant, Tenant) else None  # type: ignore[attr-defined]
            context["site_dropdown"] = switcher(request)
            if request.user.is_superuser and context["acting_tenant"]:
                acting = request.session[ACTING_KEY]
                context["acting_until"] = datetime.fromtimestamp(acting["until"], UTC)
                context["acting_reason"] = acting["reason"]
        return context

    def extra_urls(self) -> list[URLPattern]:
        inside, outside = self._with_context(self.admin_view), self._with_context(lambda view: view)
        return [
            path("tenant/", self.admin_view(require_POST(self.switch_tenant)), name="switch_tenant"),
            path("live/", self.admin_view(pages.live), name="live"),
            path("try/", self.admin_view(pages.test_call), name="try"),
            path("first-steps/", self.admin_view(first_steps.first_steps), name="first_steps"),
            path("second-step/", outside(signing_in.second_step), name="second_step"),
            path("security/", inside(account.security), name="security"),
            path("security/set-up/", outside(account.set_up), name="security_set_up"),
            path("rights/", inside(account.rights), name="rights"),
            path("invitation/<str:token>/", outside(account.invitation), name="invitation"),
            path("password/", self._page(signing_in.ForgottenView), name="admin_password_reset"),
            path("password/<uidb64>/<token>/", self._page(signing_in.NewPasswordView), name="password_reset_confirm"),
        ]

    def _with_context(self, guard: Callable[..., Any]) -> Callable[..., Any]:
        """Views get what every page of the site shows as keyword arguments."""

        def wrap(view: Callable[..., HttpResponse]) -> Any:
            def inner(request: HttpRequest, **kwargs: Any) -> HttpResponse:
                return view(request, **kwargs, **self.each_context(request))

            return guard(update_wrapper(inner, view))

        return wrap

    def _page(self, view: type[Any]) -> Any:
        def inner(request: HttpRequest, **kwargs: Any) -> HttpResponse:
            response: HttpResponse = view.as_view(extra_context=self.each_context(request))(request, **kwargs)
            return response

        return inner

    def app_index(
        self, request: HttpRequest, app_label: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """How the code is divided is nobody's way to a page."""
        return redirect("admin:index")

    def password_change_done(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        messages.success(request, _("Your password is changed."))
        return redirect("admin:security")

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        if request.method == "GET" and self.has_permission(request):
            return redirect("admin:index")
        context = {
            **self.each_context(request),
            "title": _("Sign in"),
            "subtitle": None,
            "app_path": request.get_full_path(),
            "username": request.user.get_username(),
            **(extra_context or {}),
        }
        return cast(HttpResponse, signing_in.SignInView.as_view(extra_context=context)(request))

    def switch_tenant(self, request: HttpRequest) -> HttpResponse:
        """Act for another tenant: POST `tenant` (its key; empty: staff leave all tenants) and `next`.

        Staff give a `reason` as well, and are asked for it.
        """
        choice, reason = request.POST.get("tenant", ""), request.POST.get("reason", "").strip()
        tenant = get_object_or_404(tenants_of(request.user), pk=choice) if choice.isdecimal() else None
        target = request.POST.get("next", "")
        if tenant and request.user.is_superuser and len(reason) < SHORTEST_REASON:
            context = {"title": _("Act for %(company)s") % {"company": tenant}, "tenant": tenant, "next": target}
            context |= {"reason": reason, "is_too_short": "reason" in request.POST, **self.each_context(request)}
            return TemplateResponse(request, "admin/account/act_for.html", context)
        services.switch_tenant(request=request, tenant=tenant, reason=reason[:LONGEST_REASON])
        if url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure()):
            return redirect(target)
        return redirect("admin:index")

    def search(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Pages, tickets, calls and customers that a word leads to.

        Unfold's own keeps results for a person and a word, whatever tenant is acted for.
        """
        began = time.perf_counter()
        term = request.GET.get("s", "").strip()
        if not term:
            return HttpResponse()
        apps = self.get_app_list(request)
        results = self._search_apps([{**app, "models": list(app["models"])} for app in apps], term.lower())
        extended = "extended" in request.GET
        if extended:
            results += self._search_rows(request, apps, term)
        pages = Paginator(results, per_page=max(1, len(results)))
        return TemplateResponse(
            request,
            "unfold/helpers/command_results.html" if extended else "unfold/helpers/search_results.html",
            {
                "page_obj": pages,
                "results": pages.page(1),
                "page_counter": 0,
                "execution_time": time.perf_counter() - began,
                "command_show_history": False,
            },
            headers={"HX-Trigger": "search"},
        )

    def _search_rows(self, request: HttpRequest, apps: list[dict[str, Any]], term: str) -> list[SearchResult]:
        found = []
        seen = {entry["model"]._meta.label_lower: entry["model"] for app in apps for entry in app["models"]}
        for label, icon in SEARCHED.items():
            if (model := seen.get(label)) is None:
                continue
            screen = self._registry[model]
            rows, _duplicates = screen.get_search_results(request, screen.get_queryset(request), term)
            for row in rows[:FOUND_PER_MODEL]:
                found.append(
                    SearchResult(
                        title=str(row),
                        description=capfirst(str(model._meta.verbose_name)),
                        link=reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_change", args=[row.pk]),
                        icon=icon,
                    )
                )
        return found


def _page_of(request: HttpRequest) -> str:
    """The page whose form was sent, as the browser tells it."""
    page = request.headers.get("Referer", "")
    if not url_has_allowed_host_and_scheme(page, {request.get_host()}, require_https=request.is_secure()):
        return reverse("admin:index")
    return urlsplit(page)._replace(scheme="", netloc="").geturl()


def switcher(request: HttpRequest) -> list[Choice]:
    """The tenants to switch to; empty when there is no choice."""
    tenant = request.tenant  # type: ignore[attr-defined]
    mine = list(tenants_of(request.user).order_by("name")[:SWITCHER_SIZE])
    choices = [Choice(row.name, str(row.pk), row == tenant) for row in mine]
    if request.user.is_superuser:
        return [Choice(_("All companies"), "", tenant is EVERYONE), *choices]
    return choices if len(choices) > 1 else []


# --- Callbacks that settings.UNFOLD names ------------------------------------


def acting_for_label(request: HttpRequest) -> list[str] | None:
    """[text, colour] of the label in the header: whom one acts for, on every page."""
    tenant = getattr(request, "tenant", None)
    if isinstance(tenant, Tenant):
        return [tenant.name, "warning" if request.user.is_superuser else "info"]
    return [_("All companies"), "danger"] if tenant is EVERYONE else None


def acting_for_name(request: HttpRequest) -> str | None:
    label = acting_for_label(request)
    return label[0] if label else None
