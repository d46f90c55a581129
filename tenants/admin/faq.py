"""Questions about the company, and what callers are told."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from unfold.contrib.filters.admin import ChoicesDropdownFilter

from tenants.admin.spoken import SpokenAhead
from tenants.modeladmin import TenantModelAdmin
from tenants.models import FaqEntry
from tenants.scope import current_tenant


@admin.register(FaqEntry)
class FaqEntryAdmin(SpokenAhead, TenantModelAdmin):
    list_display = ("question", "answer", "language", "is_active")
    list_filter = (("language", ChoicesDropdownFilter), "is_active")
    search_fields = ("question", "other_wordings", "answer")
    ordering_field = "position"
    hide_ordering_field = True
    fieldsets = ((None, {"fields": ("question", "other_wordings", "answer", ("language", "is_active"))}),)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        tenant = current_tenant()
        language = {"language": tenant.language} if tenant else {}
        return {**language, **super().get_changeform_initial_data(request)}
