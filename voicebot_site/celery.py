"""The Celery application, and the task that runs for one tenant."""

import os
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from celery import Celery, Task
from django.db import close_old_connections

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "voicebot_site.settings")

app = Celery("voicebot")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

# Embedded there is no worker: one thread takes its place, so that a call never
# waits for a summary. Tests set it to None and have their tasks at once.
embedded_worker: ThreadPoolExecutor | None = ThreadPoolExecutor(1, thread_name_prefix="celery")


class TenantTask(Task):
    """A task that acts for one tenant; `tenant_id` is always its keyword argument.

    Give ids, never rows; start it with `delay_on_commit(tenant_id=…, …)`.
    """

    def __call__(self, *args: Any, tenant_id: int, **kwargs: Any) -> Any:
        from tenants.models import Tenant
        from tenants.scope import acting_for

        with acting_for(Tenant.objects.get(pk=tenant_id)):
            return super().__call__(*args, **kwargs)


def _apply_async(task: Task, *args: Any, **options: Any) -> Any:
    """Embedded: hand the task to the thread instead of running it in the caller."""
    if app.conf.task_always_eager and embedded_worker is not None:

        def run() -> None:
            close_old_connections()
            try:
                Task.apply_async(task, *args, **options)
            finally:
                close_old_connections()

        return embedded_worker.submit(run)
    return Task.apply_async(task, *args, **options)


TenantTask.apply_async = _apply_async
