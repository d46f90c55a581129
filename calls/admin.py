"""Calls: the list, and one call with its player, transcript and cost."""

from __future__ import annotations

from statistics import median
from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.db.models import OuterRef, QuerySet, Subquery, Sum
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter, DropdownFilter, RelatedDropdownFilter
from unfold.decorators import display

from calls import costs, resuming
from calls.models import Call, SpendLimit, Usage
from calls.templatetags.calls import clock, euros, scene_name, seconds, usage_amount, vendor_name
from calls.views import recording, waveform
from tenants.modeladmin import DaysFilter, TenantModelAdmin, TenantStackedInline
from tenants.roles import may
from tickets.models import Ticket

STATUS_COLOURS = {
    Call.Status.IN_PROGRESS: "info",
    Call.Status.COMPLETED: "success",
    Call.Status.TRANSFERRED: "warning",
    Call.Status.DROPPED: "danger",
    Call.Status.FAILED: "danger",
}


def conversation(request: HttpRequest, call: Call) -> dict[str, Any]:
    """What the template of a call's player and transcript, and that of its cost, need."""
    turns = list(call.turns.all())
    waits = [turn.response_seconds for turn in turns if turn.response_seconds is not None]
    context = {
        "call": call,
        "turns": turns,
        "interruptions": sum(turn.was_interrupted for turn in turns),
        "median_wait": median(waits) if waits else None,
        "longest_wait": max(waits, default=None),
        "has_recording": bool(call.recording),
        "costs": costs.of_call(call),
    }
    if call.recording and may(request, "listen", Call):
        context["recording_url"] = reverse("admin:calls_call_recording", args=[call.uuid])
        context["waveform_url"] = reverse("admin:calls_call_waveform", args=[call.uuid])
    return context


@admin.register(Call)
class CallAdmin(TenantModelAdmin):
    when_empty = _("Calls come here while they last. Try your bot, or connect your Asterisk to be called.")
    list_display = ("when", "caller", "shown_status", "problem_type", "shown_scene", "duration", "cost")
    list_display_links = ("when", "caller")
    list_select_related = ("customer", "problem_type")
    list_filter = (
        ("status", ChoicesDropdownFilter),
        ("end_reason", ChoicesDropdownFilter),
        ("problem_type", RelatedDropdownFilter),
        "is_resolved",
        "is_test",
        ("started_at", DaysFilter),
    )
    search_fields = ("phone_number__contains", "customer__first_name", "customer__last_name")
    change_form_template = "admin/calls/call/change_form.html"

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("<uuid:uuid>/recording.wav", view(recording), name="calls_call_recording"),
            path("<uuid:uuid>/waveform.json", view(waveform), name="calls_call_waveform"),
            *super().get_urls(),
        ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Call]:
        spent = Usage.objects.filter(call=OuterRef("pk")).order_by().values("call").annotate(total=Sum("cost_eur"))
        rows: QuerySet[Call] = super().get_queryset(request)
        return rows.annotate(total_cost=Subquery(spent.values("total")))

    @display(description=_("started"), ordering="started_at")
    def when(self, call: Call) -> Any:
        return call.started_at

    @display(description=_("caller"), ordering="phone_number", header=True)
    def caller(self, call: Call) -> tuple[str, str]:
        number = call.phone_number or str(_("number withheld"))
        if call.is_test:
            number = f"{number} · {_('test call')}"
        name = call.customer.full_name if call.customer else ""
        return (name, number) if name else (number, "")

    @display(description=_("status"), ordering="status", label=STATUS_COLOURS)
    def shown_status(self, call: Call) -> tuple[str, str]:
        return call.status, call.get_status_display()

    @display(description=_("scene"), ordering="scene")
    def shown_scene(self, call: Call) -> Any:
        return scene_name(call.scene) or "–"

    @display(description=_("duration"))
    def duration(self, call: Call) -> str:
        return clock(call.duration_seconds)

    @display(description=_("cost"), ordering="total_cost")
    def cost(self, call: Call) -> str:
        return euros(call.total_cost)  # type: ignore[attr-defined]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        call = self.get_object(request, unquote(object_id))
        context = dict(extra_context or {})
        if call is not None and self.has_view_permission(request, call):
            context |= conversation(request, call) | {
                "ticket": Ticket.objects.filter(call=resuming.last_part(call)).first(),
                "status_colour": STATUS_COLOURS[Call.Status(call.status)],
            }
        response: HttpResponse = super().change_view(request, object_id, form_url, context)
        return response


class PriceFilter(DropdownFilter):
    """Usages whose cost is unknown: enter the price, and have the period priced again."""

    title = _("price")
    parameter_name = "price"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("none", _("without a price")), ("known", _("priced"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Usage]) -> QuerySet[Usage]:
        return queryset.filter(cost_eur__isnull=self.value() == "none") if self.value() else queryset


@admin.register(Usage)
class UsageAdmin(TenantModelAdmin):
    list_display = ("created_at", "kind", "vendor", "model", "amount", "latency", "cost", "is_estimated")
    list_filter = (
        PriceFilter,
        ("kind", ChoicesDropdownFilter),
        "provider",
        "is_estimated",
        ("created_at", DaysFilter),
    )
    search_fields = ("provider", "model", "request_id")

    def get_fields(self, request: HttpRequest, obj: Usage | None = None) -> tuple[Any, ...]:
        """A call has a name: its caller's number."""
        counted = (
            ("vendor", "kind", "model"),
            ("amount", "latency", "cost"),
            ("is_estimated", "request_id", "created_at"),
        )
        return (*counted, "call") if may(request, "view", Call) else counted

    def get_readonly_fields(self, request: HttpRequest, obj: Usage | None = None) -> tuple[str, ...]:
        return ("vendor", "amount", "latency", "cost")

    @display(description=_("vendor"), ordering="provider")
    def vendor(self, usage: Usage) -> str:
        return vendor_name(usage.provider)

    @display(description=_("latency"), ordering="latency_seconds")
    def latency(self, usage: Usage) -> str:
        return seconds(usage.latency_seconds)

    @display(description=_("amount"))
    def amount(self, usage: Usage) -> str:
        return usage_amount(usage)

    @display(description=_("cost"), ordering="cost_eur")
    def cost(self, usage: Usage) -> str:
        return euros(usage.cost_eur)


class SpendLimitInline(TenantStackedInline):
    """On the page of the company account."""

    model = SpendLimit
    fields = (("day_eur", "month_eur"), "action")
    max_num = 1
    verbose_name_plural = capfirst(_("what vendors may cost; without an amount there is no limit"))
