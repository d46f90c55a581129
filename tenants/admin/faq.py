"""Questions about the company, and what callers are told."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter

from calls import trial
from tenants.admin.spoken import SpokenAhead
from tenants.admin.trial import Trial
from tenants.meanwhile import MindsOthers
from tenants.modeladmin import TenantModelAdmin
from tenants.models import FaqEntry
from tenants.scope import current_tenant

QUESTION = Trial(
    url="admin:tenants_faqentry_try",
    label=_("Try a question of a caller"),
    example=_("When are you open on Saturdays?"),
    template="admin/tenants/trial/question.html",
    ask=trial.question,
)


@admin.register(FaqEntry)
class FaqEntryAdmin(SpokenAhead, TenantModelAdmin):
    form = MindsOthers
    list_before_template = "admin/tenants/trial/box.html"
    when_empty = _("Questions that callers ask often: the bot answers them itself, in your words.")
    list_display = ("question", "answer", "language", "is_active")
    list_filter = (("language", ChoicesDropdownFilter), "is_active")
    search_fields = ("question", "other_wordings", "answer")
    ordering_field = "position"
    fieldsets = ((None, {"fields": ("question", "other_wordings", "answer", ("language", "is_active"))}),)

    def get_urls(self) -> list[URLPattern]:
        return [QUESTION.path(self), *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        response: HttpResponse = super().changelist_view(request, {**QUESTION.context(), **(extra_context or {})})
        return response

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        tenant = current_tenant()
        language = {"language": tenant.language} if tenant else {}
        return {**language, **super().get_changeform_initial_data(request)}
