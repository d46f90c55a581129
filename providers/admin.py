"""What vendors charge; platform staff only."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import Min, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from calls.pricing import reprice_everyone
from providers.models import ExchangeRate, Price
from tenants.modeladmin import SiteModelAdmin


class Repricing:
    """Rows that costs are made of: when they change, what they priced can be priced again."""

    actions = ("price_again",)

    @admin.action(description=_("Price all usage again from the day on that it is valid"), permissions=["change"])
    def price_again(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        since = queryset.aggregate(first=Min("valid_from"))["first"]
        reprice_everyone(since=since)
        messages.info(request, _("The usage since %s is being priced again.") % f"{since:%d/%m/%Y}")


@admin.register(Price)
class PriceAdmin(Repricing, SiteModelAdmin):
    list_display = ("provider", "model", "unit", "amount", "currency", "valid_from", "source")
    list_filter = ("provider", "unit", "currency")
    search_fields = ("provider", "model")
    date_hierarchy = "valid_from"


@admin.register(ExchangeRate)
class ExchangeRateAdmin(Repricing, SiteModelAdmin):
    list_display = ("currency", "euros", "valid_from")
    list_filter = ("currency",)
