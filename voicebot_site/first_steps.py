"""The first steps of a company: what is left until callers reach its bot. Each knows by itself whether it is done."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from calls.models import Call
from tenants.models import AsteriskServer, PhraseChange, Tenant
from tenants.roles import may
from tenants.scope import current_tenant
from tenants.services import close_first_steps, phrases_reviewed


@dataclass(frozen=True, slots=True)
class Step:
    key: str
    title: str | Promise
    text: str | Promise
    link: str
    button: str | Promise
    is_done: bool


def steps_of(tenant: Tenant) -> list[Step]:
    """All five, in order; in the tenant's scope."""
    servers = list(AsteriskServer.objects.order_by("pk")[:50])
    arrived = Call.objects.filter(server__isnull=False)
    is_connected = any(server.announced_at for server in servers) or arrived.exists()
    is_live = (
        tenant.is_active and any(server.is_active for server in servers) and arrived.filter(is_test=False).exists()
    )
    return [
        Step(
            "connect",
            _("Connect your Asterisk"),
            _("Name it, hand the dialplan to your telephony engineer, and run the self-test. Done once it has called."),
            reverse("admin:tenants_asteriskserver_change", args=[servers[0].pk])
            if servers
            else reverse("admin:tenants_asteriskserver_add"),
            _("Open the server") if servers else _("Connect an Asterisk"),
            is_connected,
        ),
        Step(
            "voice",
            _("Choose the voice"),
            _("Listen to a phrase. Another voice is set in the settings. Done once you have heard the chosen one."),
            reverse("admin:tenants_phrase_changelist"),
            _("Listen to the phrases"),
            tenant.heard_voice is not None and tenant.heard_voice == tenant.voice,
        ),
        Step(
            "phrases",
            _("Review the phrases"),
            _("Read what the bot says, and put it into your words. Done once you publish some, or keep them all."),
            reverse("admin:tenants_phrase_changelist"),
            _("Read the phrases"),
            tenant.phrases_reviewed_at is not None or PhraseChange.objects.exists(),
        ),
        Step(
            "test",
            _("Make a test call"),
            _("Talk to your bot in the browser, or by telephone. Done after the first call."),
            reverse("admin:try"),
            _("Try your bot"),
            Call.objects.filter(ended_at__isnull=False).exists(),
        ),
        Step(
            "live",
            _("Go live"),
            _("Send the number of your support to the bot. Done once a customer's call has come."),
            reverse("admin:live"),
            _("Watch the calls"),
            is_live,
        ),
    ]


def may_set_up(request: HttpRequest) -> bool:
    """Whether the person sets up the company acted for."""
    return current_tenant() is not None and may(request, "change", Tenant)


def progress(request: HttpRequest) -> dict[str, object] | None:
    """What the dashboard shows of them; None: nothing, as they are closed or not for this person."""
    tenant = current_tenant()
    if tenant is None or tenant.first_steps_closed_at is not None or not may_set_up(request):
        return None
    steps = steps_of(tenant)
    done = sum(step.is_done for step in steps)
    following = next((step for step in steps if not step.is_done), None)
    return {"steps": steps, "done": done, "total": len(steps), "next": following, "is_complete": following is None}


@require_http_methods(["GET", "HEAD", "POST"])
def first_steps(request: HttpRequest) -> HttpResponse:
    """The checklist. POST `done`: "phrases" (they are kept as they are) or "all" (close the checklist)."""
    tenant = current_tenant()
    if tenant is None or not may_set_up(request):
        raise PermissionDenied
    steps = steps_of(tenant)
    if request.method == "POST":
        if request.POST.get("done") == "phrases":
            phrases_reviewed(tenant=tenant)
        elif request.POST.get("done") == "all" and all(step.is_done for step in steps):
            close_first_steps(tenant=tenant)
            return redirect("admin:index")
        return redirect("admin:first_steps")
    done = sum(step.is_done for step in steps)
    return TemplateResponse(
        request,
        "admin/first_steps.html",
        {
            **admin.site.each_context(request),
            "title": _("First steps"),
            "steps": steps,
            "done": done,
            "total": len(steps),
            "following": next((step.key for step in steps if not step.is_done), ""),
            "is_closed": tenant.first_steps_closed_at is not None,
        },
    )
