"""The Celery application, what every task is, and what a worker tells of itself."""

import logging
import os
import sys
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from celery import Celery, signals
from celery.contrib.django.task import DjangoTask
from django.conf import settings
from django.core.cache import cache
from django.db import close_old_connections, transaction
from django.utils import translation

from monitoring import serving
from voicebot_site.outgoing import outgoing
from voicebot_site.threads import stand_back

logger = logging.getLogger(__name__)

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "voicebot_site.settings")

# A worker's processes are forks, and one of them serves the sums. No signal comes this early:
# whatever counts must be imported after it.
if Path(sys.argv[0]).name == "celery" and "worker" in sys.argv:
    serving.prepare()


#: Tasks that may take longer (seconds) wait in settings.BULK_QUEUE, where nobody who is in a hurry waits.
LONGEST_PROMPT: Final = 180
#: One that was given out so long ago (seconds) and was not begun may be lost.
LONGEST_WAIT: Final = 60


class Job(DjangoTask):
    """Every task: each run leaves a row (`tenants.jobs`), and what was done already is not done again.

    It may be given out twice, when a worker dies: begin with what is left to do. Limits are
    settings.CELERY_TASK_*_LIMIT where it has none of its own.
    """

    #: What the staff read of it; give it to `shared_task`.
    label: Any = ""
    is_of_tenants = False
    #: Whether many may be given out at once: they wait where what takes long waits.
    comes_in_masses = False

    def waits_in(self) -> str:
        """The name of its queue."""
        longest = self.time_limit or settings.CELERY_TASK_TIME_LIMIT
        is_bulk = self.comes_in_masses or longest > LONGEST_PROMPT
        return settings.BULK_QUEUE if is_bulk else settings.CELERY_TASK_DEFAULT_QUEUE

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._run(None, args, kwargs)

    def _run(self, tenant_id: int | None, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        from tenants import jobs

        task_id = self.request.id or str(uuid.uuid4())  # called as a function it has none
        run = jobs.begin(name=self.name, task_id=task_id, tenant_id=tenant_id, args=args, kwargs=kwargs)
        if run is None:
            return None
        try:
            # Not super(): outside a worker that would hide the request, and with it the retries.
            with translation.override(settings.LANGUAGE_CODE):  # else that of whoever started it here
                result = self.run(*args, **kwargs)
        except BaseException as error:
            jobs.end(run, error=error)
            raise
        jobs.end(run, result=result)
        return result

    def delay_on_commit(self, *args: Any, **kwargs: Any) -> None:
        self.apply_async_on_commit(args, kwargs)

    def apply_async_on_commit(self, args: Any = None, kwargs: dict[str, Any] | None = None, **options: Any) -> None:
        """Start it once the transaction is committed, without waiting for the broker.

        The change stands even where the task cannot be started, which is logged.
        """
        options.setdefault("task_id", str(uuid.uuid4()))  # whose answer was lost is given out again, and done once

        def give() -> None:
            self.apply_async(args, kwargs, **options)

        def start() -> None:
            # A worker's process may end with its task: it gives out what follows before.
            if app.conf.task_always_eager or app.current_worker_task is not None:
                give()
            else:
                outgoing.put(f"{self.name} {args or ()} {kwargs or {}}", give)

        transaction.on_commit(start, robust=True)


app = Celery("voicebot", task_cls=Job)
app.config_from_object("django.conf:settings", namespace="CELERY")


def route(name: str, *_args: Any, task: Job | None = None, **_kwargs: Any) -> dict[str, str]:
    return {"queue": (task or app.tasks[name]).waits_in()}


app.conf.task_routes = (route,)
app.autodiscover_tasks()

# Embedded there is no worker: one thread takes its place, so that a call never
# waits for a summary. Tests set it to None and have their tasks at once.
embedded_worker: ThreadPoolExecutor | None = ThreadPoolExecutor(1, thread_name_prefix="celery", initializer=stand_back)


def get_ready() -> None:
    """Import now what giving out the first task would import: the tasks, and what speaks to the broker."""
    app.autodiscover_tasks(force=True)
    app.connection_for_write().get_transport_cls()  # it connects when it is used
    for name in ("celery.app.events", "celery.app.routes", "celery.app.trace", "celery.backends.base", "celery.events"):
        import_module(name)


class TenantTask(Job):
    """A task that acts for one tenant; `tenant_id` is always its keyword argument.

    Give ids, never rows; start it with `delay_on_commit(tenant_id=…, …)`.
    """

    typing = False  # Celery would hold `tenant_id` against the function's own arguments
    is_of_tenants = True
    #: Whether one that waits is as good as many: while one of a tenant waits, no other is given out.
    waits_once = False

    def __call__(self, *args: Any, tenant_id: int, **kwargs: Any) -> Any:
        from tenants.models import Tenant
        from tenants.scope import acting_for

        if self.waits_once:
            self._waits_no_more(tenant_id)  # what comes from now on is another one's
        with acting_for(Tenant.objects.get(pk=tenant_id)):
            return self._run(tenant_id, args, kwargs)

    def apply_async(self, args: Any = None, kwargs: dict[str, Any] | None = None, **options: Any) -> Any:
        """Raises TypeError without `tenant_id`. Embedded: hand it to the thread instead of running it here."""
        if kwargs is None or "tenant_id" not in kwargs:
            raise TypeError(f"{self.name}: tenant_id is missing")
        if self.waits_once and self._waits_already(kwargs["tenant_id"]):
            return None
        start = partial(super().apply_async, args, kwargs, **options)
        if app.conf.task_always_eager and embedded_worker is not None:
            return embedded_worker.submit(_with_fresh_connections, start)
        try:
            return start()
        except Exception:
            if self.waits_once:
                self._waits_no_more(kwargs["tenant_id"])
            raise

    def _waits_already(self, tenant_id: int) -> bool:
        import redis  # not above: it imports OpenTelemetry where that is installed, traced or not

        try:
            return not cache.add(self.waiting(tenant_id), True, LONGEST_WAIT)
        except redis.RedisError:
            return False  # the broker has its own word about that

    def _waits_no_more(self, tenant_id: int) -> None:
        import redis

        with suppress(redis.RedisError):  # what the broker says is not to be hidden
            cache.delete(self.waiting(tenant_id))

    def waiting(self, tenant_id: int) -> str:
        """The key in the cache of one that waits."""
        return f"waiting:{self.name}:{tenant_id}"


def _with_fresh_connections(start: Callable[[], object]) -> None:
    close_old_connections()
    try:
        start()
    finally:
        close_old_connections()


# --- What a worker tells --------------------------------------------------------


@signals.setup_logging.connect
def _keep_our_logging(**_: Any) -> None:
    """Celery would put its own handlers in place of those of the settings."""


@signals.worker_ready.connect
def _serve_metrics(**_: Any) -> None:
    try:
        serving.serve(settings.METRICS_HOST, settings.TASKS_METRICS_PORT)
    except (OSError, OverflowError) as error:  # costs the metrics, and no task
        logger.error("no metrics on %s port %d: %s", settings.METRICS_HOST, settings.TASKS_METRICS_PORT, error)


@signals.task_prerun.connect
def _begin(task: Any, **_: Any) -> None:
    task.request.began = time.monotonic()


@signals.task_postrun.connect
def _count(task: Any, state: str | None = None, **_: Any) -> None:
    from monitoring import metrics

    metrics.tasks.labels(task.name, (state or "unknown").lower()).inc()
    if (began := getattr(task.request, "began", None)) is not None:
        metrics.task_seconds.labels(task.name).observe(time.monotonic() - began)
