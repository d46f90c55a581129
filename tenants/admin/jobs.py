"""Background jobs: when each ran last, how that went, and a button to start it. For platform staff."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST
from unfold.contrib.filters.admin import ChoicesDropdownFilter, DropdownFilter, RelatedDropdownFilter
from unfold.decorators import display

from tenants import jobs
from tenants.modeladmin import DaysFilter, SiteModelAdmin
from tenants.models import JobRun
from tenants.scope import current_tenant

STATE_COLOURS = {
    JobRun.State.RUNNING: "info",
    JobRun.State.WAITING: "warning",
    JobRun.State.DONE: "success",
    JobRun.State.FAILED: "danger",
}


class JobFilter(DropdownFilter):
    """The jobs that there are."""

    title = gettext_lazy("job")
    parameter_name = "name"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return sorted(((name, str(task.label)) for name, task in jobs.ours().items()), key=lambda choice: choice[1])

    def queryset(self, request: HttpRequest, queryset: QuerySet[JobRun]) -> QuerySet[JobRun]:
        return queryset.filter(name=self.value()) if self.value() else queryset


@admin.register(JobRun)
class JobRunAdmin(SiteModelAdmin):
    list_display = ("label", "shown_state", "tenant", "arguments", "started_at", "duration", "attempts", "outcome")
    list_select_related = ("tenant",)
    list_filter = (
        JobFilter,
        ("state", ChoicesDropdownFilter),
        ("tenant", RelatedDropdownFilter),
        ("started_at", DaysFilter),
    )
    search_fields = ("name", "arguments", "error", "task_id")
    show_full_result_count = False
    list_before_template = "admin/tenants/jobrun/jobs.html"
    fieldsets = (
        (None, {"fields": (("label", "state"), ("tenant", "arguments"), ("result", "error"))}),
        (None, {"fields": (("started_at", "finished_at"), ("duration", "attempts"), "task_id")}),
    )
    readonly_fields = ("label", "duration")

    def get_queryset(self, request: HttpRequest) -> QuerySet[JobRun]:
        rows: QuerySet[JobRun] = super().get_queryset(request)
        tenant = current_tenant()
        return rows.filter(tenant=tenant) if tenant else rows

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(require_POST(self.start_view))
        return [path("start/", view, name="tenants_jobrun_start"), *super().get_urls()]

    def start_view(self, request: HttpRequest) -> HttpResponse:
        """POST `name`: queue the job, for the company acted for or for all of them."""
        if not request.user.is_superuser:
            raise PermissionDenied
        try:
            count = jobs.start(name=request.POST.get("name", ""), tenant=current_tenant())
        except LookupError:
            raise Http404 from None
        except OSError:
            messages.error(request, _("The queue cannot be reached: nothing was started. Check Redis."))
        else:
            text = ngettext("%d task was queued: it shows below.", "%d tasks were queued: they show below.", count)
            messages.success(request, text % count)
        return redirect("admin:tenants_jobrun_changelist")

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        context = dict(extra_context or {})
        if self.has_view_permission(request):
            context["jobs"] = [
                (job, STATE_COLOURS[JobRun.State(job.last.state)] if job.last else "")
                for job in jobs.jobs(tenant=current_tenant())
            ]
        response: HttpResponse = super().changelist_view(request, context)
        return response

    @display(description=gettext_lazy("job"), ordering="name")
    def label(self, run: JobRun) -> str:
        return jobs.label_of(run.name)

    @display(description=gettext_lazy("status"), ordering="state", label=STATE_COLOURS)
    def shown_state(self, run: JobRun) -> tuple[str, str]:
        return run.state, run.get_state_display()

    @display(description=gettext_lazy("duration"))
    def duration(self, run: JobRun) -> str:
        return jobs.duration(run)

    @display(description=gettext_lazy("result"))
    def outcome(self, run: JobRun) -> str:
        return run.outcome
