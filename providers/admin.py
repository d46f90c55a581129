"""What vendors charge; platform staff only."""

from django.contrib import admin

from providers.models import ExchangeRate, Price
from tenants.modeladmin import SiteModelAdmin


@admin.register(Price)
class PriceAdmin(SiteModelAdmin):
    list_display = ("provider", "model", "unit", "amount", "currency", "valid_from", "source")
    list_filter = ("provider", "unit", "currency")
    search_fields = ("provider", "model")
    date_hierarchy = "valid_from"


@admin.register(ExchangeRate)
class ExchangeRateAdmin(SiteModelAdmin):
    list_display = ("currency", "euros", "valid_from")
    list_filter = ("currency",)
