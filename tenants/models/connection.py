"""What a self-test of an Asterisk server found."""

from __future__ import annotations

import secrets
from datetime import timedelta

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tenants.models.telephony import AsteriskServer
from tenants.scope import TenantModel

#: Whoever calls in a test call has this name, and a secret after it.
MARK = "voicebot-test-"
LONGEST_TEST = timedelta(minutes=3)  # Celery ends the task sooner


def new_mark() -> str:
    return MARK + secrets.token_hex(8)


class ConnectionTest(TenantModel):
    """One self-test of a server, while it goes on and afterwards.

    `steps` are of the form {"key": "ami", "state": "good", "code": "signed_in", "values": {…}};
    words for people are made of them by `tenants.admin.selftest`.
    """

    class State(models.TextChoices):
        RUNNING = "running", _("in progress")
        DONE = "done", _("done")
        FAILED = "failed", _("broken off")

    server = models.ForeignKey(AsteriskServer, models.CASCADE, related_name="tests", verbose_name=_("Asterisk server"))
    mark = models.CharField(_("caller's name"), max_length=40, default=new_mark, editable=False)
    state = models.CharField(_("status"), max_length=10, choices=State, default=State.RUNNING)
    steps = models.JSONField(_("steps"), default=list, blank=True)
    started_at = models.DateTimeField(_("started"), default=timezone.now)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)

    class Meta:
        verbose_name = _("self-test of an Asterisk server")
        verbose_name_plural = _("self-tests of Asterisk servers")
        ordering = ["-started_at", "-pk"]
        indexes = [models.Index(fields=["tenant", "-started_at"])]

    def __str__(self) -> str:
        return f"{self.server} {self.started_at:%Y-%m-%d %H:%M}"

    @property
    def is_running(self) -> bool:
        """Whether it goes on; one whose process is gone does not for ever."""
        return self.state == self.State.RUNNING and self.started_at > timezone.now() - LONGEST_TEST
