"""What goes wrong, the words that name it, what helps, and who helps when nothing does."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RelatedDropdownFilter
from unfold.decorators import display

from tenants.admin.hours import TargetHoursInline
from tenants.admin.spoken import SpokenAhead
from tenants.modeladmin import TenantModelAdmin, TenantTabularInline, count_of
from tenants.models import Keyword, ProblemType, RemedyStep, Severity, TransferTarget

SEVERITY_COLOURS = {Severity.HIGH: "danger", Severity.MEDIUM: "warning", Severity.LOW: ""}


class RemedyStepInline(TenantTabularInline):
    model = RemedyStep
    fields = ("text", "wait_seconds", "can_be_interrupted", "position")
    ordering_field = "position"
    hide_ordering_field = True


@admin.register(ProblemType)
class ProblemTypeAdmin(SpokenAhead, TenantModelAdmin):
    list_display = ("name", "code", "tag", "shown_severity", "steps")
    search_fields = ("name", "code", "tag")
    ordering_field = "position"
    hide_ordering_field = True
    inlines = (RemedyStepInline,)
    fieldsets = ((None, {"fields": (("name", "code"), ("tag", "severity"), "cuts_fixed_line")}),)

    def get_prepopulated_fields(self, request: HttpRequest, obj: Any = None) -> dict[str, Any]:
        return {} if obj else {"code": ("name",)}

    def get_queryset(self, request: HttpRequest) -> QuerySet[ProblemType]:
        rows: QuerySet[ProblemType] = super().get_queryset(request)
        return rows.annotate(step_count=count_of(RemedyStep, "problem_type"))

    @display(
        description=_("severity"),
        ordering="severity",
        label={Severity.HIGH: "danger", Severity.MEDIUM: "warning", Severity.LOW: None},
    )
    def shown_severity(self, problem: ProblemType) -> tuple[str, str]:
        return problem.severity, problem.get_severity_display()

    @display(description=_("remedy steps"), ordering="step_count")
    def steps(self, problem: ProblemType) -> int:
        count: int = problem.step_count  # type: ignore[attr-defined]
        return count


@admin.register(Keyword)
class KeywordAdmin(TenantModelAdmin):
    list_display = ("text", "kind", "problem_type", "boost", "replacement")
    list_select_related = ("problem_type",)
    list_filter = (("kind", ChoicesDropdownFilter), ("problem_type", RelatedDropdownFilter), "boost")
    search_fields = ("text", "replacement")
    fieldsets = ((None, {"fields": (("text", "kind"), ("problem_type", "replacement"), "boost")}),)


@admin.register(TransferTarget)
class TransferTargetAdmin(TenantModelAdmin):
    list_display = ("name", "extension", "is_active", "is_on_call")
    list_filter = ("is_active", "is_on_call")
    search_fields = ("name", "extension")
    ordering_field = "position"
    hide_ordering_field = True
    inlines = (TargetHoursInline,)
    fieldsets = (
        (None, {"fields": (("name", "extension"), ("is_active", "is_on_call"))}),
        (_("Limit"), {"fields": (("max_transfers", "per_minutes"),)}),
    )
