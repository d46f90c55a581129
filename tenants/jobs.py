"""Which jobs there are, and a row of each run: every task comes here by itself (`voicebot_site/celery.py`).

A task may be given to a second worker when the first one died. Its row, found by the task's
identifier, says whether anything is left to do.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from inspect import Parameter, signature
from typing import Any, Final

from celery import current_app
from celery.exceptions import Retry, SoftTimeLimitExceeded
from celery.schedules import crontab
from django.conf import settings
from django.db.models import Count, OuterRef, Subquery
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext

from tenants.models import JobRun, Tenant

logger = logging.getLogger(__name__)

#: Rows kept of each job, company account and state: the last good runs do not push out the last failures.
KEPT: Final = 20
RESULT_LENGTH: Final = 200
ERROR_LENGTH: Final = 1000
LOST: Final = "the worker died, or was stopped for taking too long"


class Incomplete(str):
    """The result of a task that leaves something undone: it has failed, for people to see."""


def begin(
    *, name: str, task_id: str, tenant_id: int | None, args: Sequence[Any], kwargs: Mapping[str, Any]
) -> JobRun | None:
    """The row of a task that begins, or begins again; None when it was done already."""
    given = [*map(str, args), *(f"{key}={value}" for key, value in sorted(kwargs.items()))]
    values = {"name": name, "tenant_id": tenant_id, "arguments": ", ".join(given)[:RESULT_LENGTH]}
    run, is_new = JobRun.objects.get_or_create(task_id=task_id, defaults=values)
    if is_new:
        _give_up_lost(run)
        return run
    if run.state == JobRun.State.DONE:
        logger.warning("%s %s was done already", name, task_id)
        return None
    run.state, run.attempts, run.started_at, run.finished_at = JobRun.State.RUNNING, run.attempts + 1, _now(), None
    run.save()
    return run


def end(run: JobRun, *, result: object = None, error: BaseException | None = None) -> None:
    """Write down how it went; of older rows the last ones are kept."""
    run.finished_at = _now()
    run.result, run.error = "", ""
    if isinstance(result, Incomplete):
        run.state, run.error = JobRun.State.FAILED, result[:ERROR_LENGTH]
    elif error is None:
        run.state, run.result = JobRun.State.DONE, "" if result is None else str(result)[:RESULT_LENGTH]
    else:
        run.state = JobRun.State.WAITING if isinstance(error, Retry) else JobRun.State.FAILED
        run.error = _told(error)[:ERROR_LENGTH]
    run.save()
    alike = JobRun.objects.filter(name=run.name, tenant=run.tenant_id, state=run.state)
    old = list(alike.values_list("pk", flat=True)[KEPT : 2 * KEPT])
    if old:
        JobRun.objects.filter(pk__in=old).delete()


def _told(error: BaseException) -> str:
    cause = error.exc if isinstance(error, Retry) and isinstance(error.exc, BaseException) else error
    if isinstance(cause, SoftTimeLimitExceeded):
        return "it took too long and was stopped"
    return f"{type(cause).__name__}: {cause}"


def _give_up_lost(run: JobRun) -> None:
    """Rows of workers that died, of tasks that nobody was given again."""
    limit = _now() - timedelta(seconds=settings.CELERY_BROKER_TRANSPORT_OPTIONS["visibility_timeout"])
    lost = JobRun.objects.filter(name=run.name, tenant=run.tenant_id, state=JobRun.State.RUNNING, started_at__lt=limit)
    lost.update(state=JobRun.State.FAILED, finished_at=_now(), error=LOST)


def _now() -> datetime:
    return timezone.now()


# --- Looking, and starting by hand ----------------------------------------------


@dataclass(frozen=True, slots=True)
class Job:
    """A task of ours, and how it went lately."""

    name: str
    label: str
    schedule: str  # "" when something else starts it
    is_of_tenants: bool
    can_be_started: bool  # it needs to be told nothing
    last: JobRun | None
    failed: int  # rows of failures at hand

    @property
    def duration(self) -> str:
        return duration(self.last) if self.last else "–"


def jobs(*, tenant: Tenant | None) -> Iterator[Job]:
    """Every job, with its runs for a tenant, or with all of them."""
    runs = JobRun.objects.filter(tenant=tenant) if tenant else JobRun.objects.all()
    newest = runs.filter(name=OuterRef("name")).order_by("-started_at", "-pk").values("pk")[:1]
    names = runs.order_by().values("name").distinct().annotate(newest=Subquery(newest))
    last = {run.name: run for run in JobRun.objects.filter(pk__in=names.values("newest")).select_related("tenant")}
    failures = runs.filter(state=JobRun.State.FAILED).order_by().values("name").annotate(count=Count("pk"))
    failed = {row["name"]: row["count"] for row in failures}
    schedules = {entry["task"]: _schedule(entry["schedule"]) for entry in settings.CELERY_BEAT_SCHEDULE.values()}
    for name, task in sorted(ours().items(), key=lambda item: str(item[1].label)):
        if tenant and not task.is_of_tenants:
            continue
        yield Job(
            name,
            str(task.label),
            schedules.get(name, ""),
            task.is_of_tenants,
            can_be_started(task),
            last.get(name),
            failed.get(name, 0),
        )


def duration(run: JobRun) -> str:
    return "–" if run.seconds is None else f"{number_format(run.seconds, 1 if run.seconds < 10 else 0)} s"


def start(*, name: str, tenant: Tenant | None) -> int:
    """Queue a job, for one tenant or for each that is active; how many tasks. Raises LookupError."""
    task = ours().get(name)
    if task is None or not can_be_started(task):
        raise LookupError(name)
    if not task.is_of_tenants:
        task.delay()
        return 1
    tenants = [tenant] if tenant else list(Tenant.objects.filter(is_active=True))
    for each in tenants:
        task.delay(tenant_id=each.pk)
    return len(tenants)


def ours() -> dict[str, Any]:
    """Every task of this product, by name."""
    current_app.loader.import_default_modules()
    return {name: task for name, task in current_app.tasks.items() if not name.startswith(("celery.", "tests."))}


def label_of(name: str) -> str:
    """What people call a job; one that is gone keeps its name."""
    task = ours().get(name)
    return str(task.label) if task else name


def can_be_started(task: Any) -> bool:
    """Whether it needs no argument but the tenant."""
    return all(
        parameter.default is not Parameter.empty or parameter.kind in (Parameter.VAR_POSITIONAL, Parameter.VAR_KEYWORD)
        for parameter in signature(task.run).parameters.values()
    )


def _schedule(schedule: float | crontab) -> str:
    if not isinstance(schedule, crontab):
        return gettext("every %d s") % schedule
    if len(schedule.hour) == 1:
        return gettext("every day at %02d:%02d UTC") % (*schedule.hour, *schedule.minute)
    return gettext("every %d minutes") % (60 // len(schedule.minute))
