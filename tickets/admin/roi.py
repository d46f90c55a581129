"""What the bot earned, by day."""

from __future__ import annotations

from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from calls.templatetags.calls import clock, euros, percent
from tenants.modeladmin import PeriodFilter, TenantModelAdmin
from tickets.models import RoiDay
from tickets.roi import roi_of


@admin.register(RoiDay)
class RoiDayAdmin(TenantModelAdmin):
    """What the bot earned, by day; docs/roi.md has the formulas."""

    when_empty = _(
        "Each day with calls has a row here: how many the bot resolved, what they cost and what they saved. "
        "Days are counted every quarter of an hour: today's calls come soon."
    )
    counted = _("days")
    list_display = ("day", "calls", "resolution", "cost", "cost_per_call", "savings", "cached", "mean_duration")
    list_filter = (("day", PeriodFilter),)
    list_select_related = ("tenant",)
    date_hierarchy = "day"

    @display(description=_("resolved by the bot"))
    def resolution(self, row: RoiDay) -> str:
        return percent(roi_of(row).resolution_rate)

    @display(description=_("cost"))
    def cost(self, row: RoiDay) -> str:
        return euros(roi_of(row).cost_eur)

    @display(description=_("cost per call"))
    def cost_per_call(self, row: RoiDay) -> str:
        return euros(roi_of(row).cost_per_call_eur)

    @display(description=_("savings"))
    def savings(self, row: RoiDay) -> str:
        return euros(roi_of(row).savings_eur)

    @display(description=_("saved by the phrase store"), ordering="cached_eur")
    def cached(self, row: RoiDay) -> str:
        return euros(row.cached_eur)

    @display(description=_("mean duration"))
    def mean_duration(self, row: RoiDay) -> str:
        seconds = roi_of(row).mean_seconds
        return clock(None if seconds is None else float(seconds))
