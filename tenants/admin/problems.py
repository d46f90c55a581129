"""What goes wrong, the words that name it, what helps, and who helps when nothing does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RelatedDropdownFilter
from unfold.decorators import display
from unfold.widgets import UnfoldAdminSelectWidget

from calls import trial
from calls.transfers import taken_lately
from providers.services import phrases_changed
from tenants import presets, services
from tenants.admin.hours import TargetHoursInline
from tenants.admin.spoken import SpokenAhead
from tenants.admin.trial import Trial
from tenants.hours import Schedule
from tenants.modeladmin import TenantModelAdmin, TenantTabularInline, count_of
from tenants.models import Keyword, ProblemType, RemedyStep, Severity, TransferTarget
from tenants.presets import PresetProblem
from tenants.scope import current_tenant

SEVERITY_COLOURS = {Severity.HIGH: "danger", Severity.MEDIUM: "warning", Severity.LOW: ""}


class RemedyStepInline(TenantTabularInline):
    model = RemedyStep
    fields = ("text", "wait_seconds", "can_be_interrupted", "position")
    ordering_field = "position"


@admin.register(ProblemType)
class ProblemTypeAdmin(SpokenAhead, TenantModelAdmin):
    when_empty = _(
        "What callers may have trouble with, and the steps that the bot tries with them before it writes a ticket."
    )
    help_texts = {
        "code": _(
            "What the API and files call it: letters, figures and hyphens. It stays as it is once it is saved, for "
            "other systems know the tickets by it."
        ),
        "tag": _("Every ticket of this problem bears it, for your CRM to sort by."),
        "severity": _("Of its tickets: it decides when they are due."),
    }
    list_display = ("name", "code", "tag", "shown_severity", "steps")
    search_fields = ("name", "code", "tag")
    list_before_template = "admin/tenants/problemtype/presets.html"
    ordering_field = "position"
    inlines = (RemedyStepInline,)
    fieldsets = ((None, {"fields": (("name", "code"), ("tag", "severity"), "cuts_fixed_line")}),)

    def get_urls(self) -> list[URLPattern]:
        view: Callable[..., HttpResponse] = self.admin_site.admin_view(require_POST(self.preset_view))
        return [path("preset/", view, name="tenants_problemtype_preset"), *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        context = {"presets": self._not_taken_over(request), **(extra_context or {})}
        response: HttpResponse = super().changelist_view(request, context)
        return response

    def _not_taken_over(self, request: HttpRequest) -> list[PresetProblem]:
        tenant = current_tenant()
        if tenant is None or not self.has_add_permission(request):
            return []
        taken = set(ProblemType.objects.values_list("code", flat=True))
        return [preset for preset in presets.problem_types(tenant.language) if preset.code not in taken]

    def preset_view(self, request: HttpRequest) -> HttpResponse:
        """Take a kind of problem over from the preset: POST `code`."""
        if not self.has_add_permission(request) or (tenant := current_tenant()) is None:
            raise PermissionDenied
        chosen = {preset.code: preset for preset in self._not_taken_over(request)}.get(request.POST.get("code", ""))
        if chosen is None:
            raise Http404
        problem = services.add_preset_problem(preset=chosen)
        self.log_addition(request, problem, [{"added": {}}])
        phrases_changed(tenant=tenant)
        messages.success(request, gettext("%s was added, with its keywords and its remedy.") % problem.name)
        return redirect("admin:tenants_problemtype_change", problem.pk)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """Whoever keeps a copy would not learn of a new code: no ticket changes with it."""
        return ("code",) if obj else ()

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


SENTENCE = Trial(
    url="admin:tenants_keyword_try",
    label=_("Try a sentence of a caller"),
    example=_("My router blinks since this morning, and nobody calls me back!"),
    template="admin/tenants/trial/sentence.html",
    ask=trial.sentence,
)


BOOSTS = [
    (0, _("0 – as any other word")),
    (1, _("1 – a little")),
    (2, _("2 – rather")),
    (3, _("3 – much")),
    (4, _("4 – as much as can be")),
]


class KeywordForm(forms.ModelForm):  # type: ignore[type-arg]
    """Which fields matter depends on the use; the others are hidden, and emptied."""

    boost = forms.TypedChoiceField(
        label=capfirst(_("boost")),
        choices=BOOSTS,
        coerce=int,
        initial=0,
        widget=UnfoldAdminSelectWidget(),
        help_text=_("How much speech recognition favours it over words that sound alike."),
    )

    class Meta:
        model = Keyword
        fields = ("kind", "text", "problem_type", "replacement", "boost")

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        kind = data.get("kind")
        if kind != Keyword.Kind.PROBLEM:
            data["problem_type"] = None
        if kind != Keyword.Kind.CENSORED:
            data["replacement"] = ""
        if kind == Keyword.Kind.HEARING and data.get("boost") == 0:
            self.add_error("boost", _("A word that only helps recognition needs a boost of 1 to 4."))
        return data


@admin.register(Keyword)
class KeywordAdmin(TenantModelAdmin):
    form = KeywordForm
    change_form_template = "admin/tenants/keyword/change_form.html"
    list_before_template = "admin/tenants/trial/box.html"
    when_empty = _("Words that tell the bot what a caller means: a problem, anger, a yes or a no.")
    help_texts = {
        "text": _("As callers say it; several words count as they stand."),
        "problem_type": _("The one that the word names."),
        "replacement": _("What the transcript shows instead."),
    }
    list_display = ("text", "kind", "problem_type", "boost", "replacement")
    list_select_related = ("problem_type",)
    list_filter = (("kind", ChoicesDropdownFilter), ("problem_type", RelatedDropdownFilter), "boost")
    search_fields = ("text", "replacement")
    fieldsets = ((None, {"fields": (("text", "kind"), "problem_type", "replacement", "boost")}),)

    def get_urls(self) -> list[URLPattern]:
        return [SENTENCE.path(self), *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        response: HttpResponse = super().changelist_view(request, {**SENTENCE.context(), **(extra_context or {})})
        return response


@admin.register(TransferTarget)
class TransferTargetAdmin(TenantModelAdmin):
    when_empty = _("Without a target the bot can transfer nobody: add the extension of a person or of a team.")
    help_texts = {
        "extension": _("Where your dialplan's [transfer] context sends such a call, such as 200 or technician.")
    }
    list_display = ("name", "extension", "free_now", "share", "is_active", "is_on_call")
    list_filter = ("is_active", "is_on_call")
    search_fields = ("name", "extension")
    ordering_field = "position"
    inlines = (TargetHoursInline,)
    fieldsets = (
        (None, {"fields": (("name", "extension"), ("is_active", "is_on_call"), "takes_overflow")}),
        (
            _("Limit"),
            {
                "fields": (("max_transfers", "per_minutes"),),
                "description": _(
                    "So that one person is not called all the time: 3 within 60 minutes means that after three "
                    "calls handed over during the last hour, the next target is tried. 0: no limit."
                ),
            },
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[TransferTarget]:
        rows: QuerySet[TransferTarget] = super().get_queryset(request)
        return rows.prefetch_related("hours")

    @display(description=_("free now"), label={"yes": "success", "no": "warning", "closed": "warning", "off": None})
    def free_now(self, target: TransferTarget) -> tuple[str, str]:
        """As a call would ask, but for the company's own hours."""
        if not target.is_active:
            return "off", gettext("switched off")
        if not _schedule(target).is_open(timezone.now()):
            return "closed", gettext("outside its hours")
        if target.max_transfers and self._taken(target) >= target.max_transfers:
            return "no", gettext("has taken its share")
        return "yes", gettext("free")

    @display(description=_("handed over lately"))
    def share(self, target: TransferTarget) -> str:
        if not target.max_transfers:
            return gettext("no limit")
        words = {"taken": self._taken(target), "most": target.max_transfers, "minutes": target.per_minutes}
        return gettext("%(taken)d of %(most)d within %(minutes)d minutes") % words

    def _taken(self, target: TransferTarget) -> int:
        """Asked once for a row, and only of those with a limit."""
        if not hasattr(target, "_taken"):
            target._taken = taken_lately(target.extension, target.per_minutes)  # type: ignore[attr-defined]
        taken: int = target._taken  # type: ignore[attr-defined]
        return taken


def _schedule(target: TransferTarget) -> Schedule:
    tenant = current_tenant() or target.tenant
    spans = tuple((span.weekday, span.opens, span.closes) for span in target.hours.all())
    return Schedule(time_zone=tenant.time_zone, hours=spans)
