"""Every task leaves a row of its run; what was done already is not done again."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from celery import shared_task
from django.conf import settings
from django.utils import timezone

from tenants import jobs
from tenants.models import JobRun
from tenants.scope import EVERYONE, acting_for
from tests.cast import Cast
from voicebot_site.celery import Job, TenantTask, app

counted: list[str] = []


@shared_task(name="tests.count", label="Count")
def count(word: str) -> str:
    counted.append(word)
    return f"{len(counted)} counted"


@shared_task(base=TenantTask, name="tests.break_down")
def break_down() -> None:
    raise ValueError("nothing is well")


@shared_task(base=TenantTask, name="tests.try_again", bind=True, max_retries=2)
def try_again(task: TenantTask) -> str:
    if task.request.retries < 2:
        raise task.retry(kwargs={**task.request.kwargs}, countdown=0, exc=ValueError("not yet"))
    return "at last"


@pytest.fixture(autouse=True)
def _counted() -> None:
    counted.clear()


def only_run() -> JobRun:
    with acting_for(EVERYONE):
        return JobRun.objects.select_related("tenant").get()


def test_a_run_is_written_down(db: None) -> None:
    count.delay("one")
    run = only_run()
    assert (run.name, run.tenant, run.arguments, run.state) == ("tests.count", None, "one", JobRun.State.DONE)
    assert (run.result, run.error, run.attempts) == ("1 counted", "", 1)
    assert run.seconds is not None


def test_a_failure_is_written_down_with_its_tenant(cast: Cast) -> None:
    with pytest.raises(ValueError, match="well"):
        break_down.delay(tenant_id=cast.bravo.tenant.pk)
    run = only_run()
    assert (run.tenant, run.state, run.error) == (cast.bravo.tenant, "failed", "ValueError: nothing is well")


def test_a_task_that_is_tried_again_is_one_row(cast: Cast) -> None:
    app.conf.task_eager_propagates = False  # a task that retries would raise that
    try:
        try_again.delay(tenant_id=cast.alpha.tenant.pk)
    finally:
        app.conf.task_eager_propagates = True
    run = only_run()
    assert (run.attempts, run.state, run.result) == (3, "done", "at last")


def test_what_was_done_is_not_done_again(db: None) -> None:
    """As when a worker dies between its work and telling the broker so."""
    for _ in range(2):
        count.apply_async(args=["once"], task_id="the-same")
    assert counted == ["once"]
    assert only_run().attempts == 1


def test_what_a_dead_worker_began_is_begun_again(db: None) -> None:
    assert jobs.begin(name="tests.count", task_id="the-same", tenant_id=None, args=["x"], kwargs={}) is not None
    count.apply_async(args=["x"], task_id="the-same")
    run = only_run()
    assert (counted, run.attempts, run.state) == (["x"], 2, "done")


def test_a_run_whose_worker_died_for_good_is_a_failure(db: None) -> None:
    lost = JobRun.objects.create(name="tests.count", task_id="lost", started_at=timezone.now() - timedelta(hours=1))
    count.delay("next")
    lost.refresh_from_db()
    assert (lost.state, lost.error) == ("failed", jobs.LOST)


def test_old_rows_go_but_failures_outlive_what_went_well(db: None) -> None:
    failed = JobRun.objects.create(name="tests.count", task_id="failed", state=JobRun.State.FAILED)
    for number in range(jobs.KEPT + 5):
        count.delay(str(number))
    assert JobRun.objects.filter(state=JobRun.State.DONE).count() == jobs.KEPT
    assert JobRun.objects.filter(pk=failed.pk).exists()


# --- What every job must have ---------------------------------------------------

OURS = jobs.ours()


@pytest.mark.parametrize("name", sorted(OURS))
def test_a_job_is_seen_and_bounded(name: str) -> None:
    task: Any = OURS[name]
    assert isinstance(task, Job)
    assert str(task.label), "give shared_task a label: the staff read it"
    soft = task.soft_time_limit or settings.CELERY_TASK_SOFT_TIME_LIMIT
    hard = task.time_limit or settings.CELERY_TASK_TIME_LIMIT
    longest = settings.CELERY_BROKER_TRANSPORT_OPTIONS["visibility_timeout"]
    assert soft < hard < longest, "what takes longer is given to a second worker"
    assert getattr(task, "retry_backoff_max", 0) < longest


def test_each_job_is_in_the_operator_s_table() -> None:
    table = (settings.BASE_DIR / "docs" / "operations.md").read_text()
    assert [name for name in OURS if f"`{name}`" not in table] == []


def test_a_job_is_started_for_one_tenant_or_for_all(cast: Cast) -> None:
    assert jobs.start(name="tickets.count_roi", tenant=cast.alpha.tenant) == 1
    assert jobs.start(name="tickets.count_roi", tenant=None) == 2
    assert jobs.start(name="calls.close_abandoned", tenant=None) == 1
    for name in ("tickets.summarise", "calls.reprice", "providers.forget_voice", "nothing", "celery.backend_cleanup"):
        with pytest.raises(LookupError):
            jobs.start(name=name, tenant=None)


def test_the_overview_tells_of_each_job(cast: Cast) -> None:
    jobs.start(name="tickets.count_roi", tenant=cast.alpha.tenant)
    with acting_for(EVERYONE):
        found = {job.name: job for job in jobs.jobs(tenant=None)}
    assert found.keys() == OURS.keys()
    assert "10" in found["calls.close_abandoned"].schedule
    assert found["tickets.count_roi"].last is not None
    assert found["providers.refresh_phrases"].last is None
    of_bravo = {job.name: job for job in jobs.jobs(tenant=cast.bravo.tenant)}
    assert of_bravo["tickets.count_roi"].last is None
    assert "calls.close_abandoned" not in of_bravo
