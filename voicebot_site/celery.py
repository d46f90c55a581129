"""The Celery application, and the task that runs for one tenant."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from celery import Celery
from celery.contrib.django.task import DjangoTask
from django.db import close_old_connections

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "voicebot_site.settings")

app = Celery("voicebot")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

# Embedded there is no worker: one thread takes its place, so that a call never
# waits for a summary. Tests set it to None and have their tasks at once.
embedded_worker: ThreadPoolExecutor | None = ThreadPoolExecutor(1, thread_name_prefix="celery")


class TenantTask(DjangoTask):
    """A task that acts for one tenant; `tenant_id` is always its keyword argument.

    Give ids, never rows; start it with `delay_on_commit(tenant_id=…, …)`.
    """

    typing = False  # Celery would hold `tenant_id` against the function's own arguments

    def __call__(self, *args: Any, tenant_id: int, **kwargs: Any) -> Any:
        from tenants.models import Tenant
        from tenants.scope import acting_for

        with acting_for(Tenant.objects.get(pk=tenant_id)):
            return super().__call__(*args, **kwargs)

    def apply_async(self, args: Any = None, kwargs: dict[str, Any] | None = None, **options: Any) -> Any:
        """Raises TypeError without `tenant_id`. Embedded: hand it to the thread instead of running it here."""
        if "tenant_id" not in (kwargs or {}):
            raise TypeError(f"{self.name}: tenant_id is missing")
        start = partial(super().apply_async, args, kwargs, **options)
        if app.conf.task_always_eager and embedded_worker is not None:
            return embedded_worker.submit(_with_fresh_connections, start)
        return start()


def _with_fresh_connections(start: Callable[[], object]) -> None:
    close_old_connections()
    try:
        start()
    finally:
        close_old_connections()
