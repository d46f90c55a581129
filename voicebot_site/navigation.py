"""The sidebar: what the person may see, in the order of a working day."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from tenants.roles import may

#: Groups of (model, icon); a page is there when its rows may be seen.
GROUPS: list[tuple[str | Promise, list[tuple[str, str]]]] = [
    (_("Today"), [("calls.call", "call"), ("tickets.ticket", "confirmation_number")]),
    (_("Customers"), [("companies.customer", "person"), ("companies.company", "apartment")]),
    (
        _("Bot"),
        [
            ("tenants.phrase", "chat"),
            ("tenants.pronunciation", "record_voice_over"),
            ("tenants.clonedvoice", "graphic_eq"),
            ("tenants.faqentry", "quiz"),
            ("tenants.problemtype", "troubleshoot"),
            ("tenants.keyword", "key_visualizer"),
            ("tenants.transfertarget", "phone_forwarded"),
            ("tenants.vendorchoice", "alt_route"),
            ("tenants.vendorkey", "vpn_key"),
        ],
    ),
    (_("Telephony"), [("tenants.asteriskserver", "dns")]),
    (
        _("Platform"),
        [
            ("tenants.tenant", "domain"),
            ("tenants.membership", "badge"),
            ("auth.user", "group"),
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
    for title, pages in GROUPS:
        items = []
        for label, icon in pages:
            model = models[label]
            if may(request, "view", model):
                name = f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist"
                items.append(
                    {"title": capfirst(str(model._meta.verbose_name_plural)), "icon": icon, "link": reverse(name)}
                )
        groups.append({"title": title, "items": items, "separator": bool(groups)})
    groups[0]["items"].insert(0, {"title": _("Dashboard"), "icon": "dashboard", "link": reverse("admin:index")})
    if not request.user.is_superuser:  # a company has one account, which is no matter of the platform
        groups[-1]["title"] = _("Company account")
        for item in groups[-1]["items"]:
            item["title"] = _("Settings")
    return groups
