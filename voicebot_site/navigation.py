"""The sidebar: what the person may see, in the order of a working day."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from calls.models import Call
from tenants.models import Tenant
from tenants.roles import may
from tenants.scope import current_tenant

#: Groups of (title, whether it stands open, (model, icon) of its pages); a page is there when its rows may be seen.
GROUPS: list[tuple[str | Promise, bool, list[tuple[str, str]]]] = [
    (_("Today"), True, [("calls.call", "call"), ("tickets.ticket", "confirmation_number")]),
    (_("Customers"), True, [("companies.customer", "person"), ("companies.company", "apartment")]),
    (
        _("Bot"),
        True,
        [
            ("tenants.phrase", "chat"),
            ("tenants.faqentry", "quiz"),
            ("tenants.problemtype", "troubleshoot"),
            ("tenants.openinghours", "schedule"),
            ("tenants.transfertarget", "phone_forwarded"),
        ],
    ),
    (
        _("Listening and voice"),
        False,
        [
            ("tenants.keyword", "key_visualizer"),
            ("tenants.pronunciation", "record_voice_over"),
            ("tenants.clonedvoice", "graphic_eq"),
        ],
    ),
    (
        _("Telephony and vendors"),
        False,
        [
            ("tenants.asteriskserver", "dns"),
            ("tenants.vendorchoice", "alt_route"),
            ("tenants.vendorkey", "vpn_key"),
        ],
    ),
    (
        _("Other software"),
        False,
        [("tenants.apikey", "key"), ("tenants.webhookendpoint", "webhook"), ("tenants.webhookmessage", "outbox")],
    ),
    (
        _("Company account"),
        False,
        [
            ("tenants.tenant", "domain"),
            ("tickets.roiday", "savings"),
            ("tenants.membership", "badge"),
            ("tenants.invitation", "forward_to_inbox"),
            ("tenants.auditentry", "history"),
        ],
    ),
    (
        _("Platform"),
        True,
        [
            ("auth.user", "group"),
            ("tenants.jobrun", "sync"),
            ("calls.usage", "data_usage"),
            ("providers.price", "sell"),
            ("providers.exchangerate", "currency_exchange"),
        ],
    ),
]


def sidebar(request: HttpRequest) -> list[dict[str, Any]]:
    """Unfold's groups of links."""
    models = {model._meta.label_lower: model for model in admin.site._registry}
    groups: list[dict[str, Any]] = []
    for title, is_open, pages in GROUPS:
        items = []
        for label, icon in pages:
            model = models[label]
            if may(request, "view", model):
                name = f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist"
                text = str(model._meta.verbose_name_plural)
                if model is Tenant and not request.user.is_superuser:
                    text = gettext("Settings")
                items.append({"title": capfirst(text), "icon": icon, "link": reverse(name)})
        groups.append({"title": title, "items": items, "collapsible": not is_open})
    if may(request, "view", Call):
        groups[0]["items"].insert(0, {"title": _("Live"), "icon": "sensors", "link": reverse("admin:live")})
    if may(request, "try", Call):
        link = {"title": _("Try your bot"), "icon": "play_circle", "link": reverse("admin:try")}
        next(group for group in groups if group["title"] == _("Bot"))["items"].insert(0, link)
    tenant = current_tenant()
    if tenant is not None and tenant.first_steps_closed_at is None and may(request, "change", Tenant):
        groups[0]["items"].insert(
            0, {"title": _("First steps"), "icon": "checklist", "link": reverse("admin:first_steps")}
        )
    groups[0]["items"].insert(0, {"title": _("Dashboard"), "icon": "dashboard", "link": reverse("admin:index")})
    return [group for group in groups if group["items"]]


def account_links(request: HttpRequest) -> list[dict[str, Any]]:
    """The menu behind one's name."""
    links = [{"title": gettext("Sign-in and security"), "link": reverse("admin:security")}]
    if getattr(request, "tenant", None):
        links.append({"title": gettext("Who may do what"), "link": reverse("admin:rights")})
    return links
