"""What the tasks did that nobody watches."""

from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tenants.models.accounts import Tenant


class JobRun(models.Model):
    """One task from its start to its end, whichever workers that took. Written by `tenants.jobs` alone."""

    class State(models.TextChoices):
        RUNNING = "running", _("in progress")
        WAITING = "waiting", _("will be tried again")
        DONE = "done", _("done")
        FAILED = "failed", _("failed")

    task_id = models.CharField(_("identifier"), max_length=64, unique=True)
    name = models.CharField(_("job"), max_length=80)
    tenant = models.ForeignKey(Tenant, models.CASCADE, null=True, related_name="+", verbose_name=_("company account"))
    arguments = models.CharField(_("arguments"), max_length=200, blank=True)
    state = models.CharField(_("status"), max_length=10, choices=State, default=State.RUNNING)
    attempts = models.PositiveIntegerField(_("attempts"), default=1)
    started_at = models.DateTimeField(_("started"), default=timezone.now)
    finished_at = models.DateTimeField(_("finished"), null=True)
    result = models.CharField(_("result"), max_length=200, blank=True)
    error = models.TextField(_("error"), blank=True)

    class Meta:
        verbose_name = _("background job")
        verbose_name_plural = _("background jobs")
        ordering = ["-started_at", "-pk"]
        indexes = [
            models.Index(fields=["name", "tenant", "state", "-started_at"]),
            models.Index(fields=["-started_at"]),
        ]

    def __str__(self) -> str:
        from tenants.jobs import label_of  # it writes these rows

        return label_of(self.name)

    @property
    def outcome(self) -> str:
        """The first line of its error, or its result."""
        return self.error.partition("\n")[0] or self.result or "–"

    @property
    def seconds(self) -> float | None:
        """How long its last attempt took; None while it goes on."""
        return (self.finished_at - self.started_at).total_seconds() if self.finished_at else None
