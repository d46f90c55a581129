"""What the bot says is spoken ahead of the calls that need it."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest

from providers.services import phrases_changed
from tenants.scope import TenantModel


class SpokenAhead:
    """A screen of rows with texts for callers: each change has what is missing spoken."""

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)  # type: ignore[misc]
        if form.has_changed() or any(formset.has_changed() for formset in formsets):
            phrases_changed(tenant=form.instance.tenant)

    def delete_model(self, request: HttpRequest, obj: TenantModel) -> None:
        """Without the own text, the preset's is spoken."""
        super().delete_model(request, obj)  # type: ignore[misc]
        phrases_changed(tenant=obj.tenant)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        tenants = {row.tenant for row in queryset.select_related("tenant")}
        super().delete_queryset(request, queryset)  # type: ignore[misc]
        for tenant in tenants:
            phrases_changed(tenant=tenant)
