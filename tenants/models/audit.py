"""Who did what in a company's account."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from tenants.scope import TenantModel


class AuditEntry(TenantModel):
    """One thing that a person did. Written by `tenants.audit.record`, never changed."""

    class Action(models.TextChoices):
        ADD = "add", _("added")
        CHANGE = "change", pgettext_lazy("audit", "changed")
        DELETE = "delete", _("deleted")
        DO = "do", _("action")
        LISTEN = "listen", _("listened")
        DOWNLOAD = "download", _("downloaded")
        ACCESS = "access", _("access")

    at = models.DateTimeField(_("when"), auto_now_add=True)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("person"),
    )
    # Who it was stays known when the person is gone.
    person_name = models.CharField(_("person"), max_length=150)
    is_staff = models.BooleanField(_("platform staff"), default=False)
    action = models.CharField(_("action"), max_length=10, choices=Action)
    model = models.CharField(_("kind of object"), max_length=100)  # "tickets.ticket"
    object_id = models.CharField(_("object's number"), max_length=64, blank=True)
    label = models.CharField(_("object"), max_length=200)
    detail = models.CharField(_("detail"), max_length=200, blank=True)  # English; translated when shown
    # [{"field": "status", "old": "open", "new": "resolved"}]; of an inline's row with "row": its label.
    changes = models.JSONField(_("changes"), default=list, blank=True)
    address = models.GenericIPAddressField(_("address"), null=True)

    class Meta:
        verbose_name = _("audit entry")
        verbose_name_plural = _("audit log")
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["tenant", "-id"], name="audit_newest"),
            models.Index(fields=["tenant", "at"], name="audit_by_date"),
            models.Index(fields=["tenant", "person", "-id"], name="audit_by_person"),
            models.Index(fields=["tenant", "model", "object_id", "-id"], name="audit_by_object"),
        ]

    def __str__(self) -> str:
        return f"{self.person_name} – {self.label}"
