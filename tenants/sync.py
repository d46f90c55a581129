"""Rows that other systems keep a copy of: when each was changed last, and which are gone."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, ClassVar, Final

from django.apps import apps
from django.db import models
from django.db.models.signals import post_delete
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tenants.scope import TenantModel

#: How long a deletion can be asked for; who was away for longer copies everything anew.
TOMBSTONES_KEPT: Final = timedelta(days=90)


class SyncedModel(TenantModel):
    """An owned row whose every change moves `updated_at`, and whose deletion leaves a Tombstone.

    Each needs an index that begins with "tenant", "updated_at".
    """

    synced_as: ClassVar[str]  # the resource of the API: "customers"

    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        if (names := kwargs.get("update_fields")) is not None:
            kwargs["update_fields"] = {*names, "updated_at"}
        super().save(*args, **kwargs)


class Tombstone(TenantModel):
    """A synced row that was deleted."""

    resource = models.CharField(_("kind"), max_length=20)
    object_id = models.CharField(_("identifier"), max_length=36)
    external_id = models.CharField(_("identifier elsewhere"), max_length=100, blank=True)
    deleted_at = models.DateTimeField(_("deleted"), default=timezone.now)

    class Meta:
        verbose_name = _("deletion")
        verbose_name_plural = _("deletions")
        ordering = ["deleted_at", "pk"]
        indexes = [models.Index(fields=["tenant", "deleted_at"])]

    def __str__(self) -> str:
        return f"{self.resource} {self.object_id}"


def is_of_account(origin: Any) -> bool:
    """Whether what is deleted goes with its account: then nobody is left to tell."""
    return bool(getattr(origin, "model", type(origin))._meta.label == "tenants.Tenant")


def bury(sender: type[SyncedModel], instance: SyncedModel, origin: Any, **_kwargs: Any) -> None:
    """Leave a tombstone for a row that is being deleted, by itself, in bulk, or with what it hangs on."""
    if is_of_account(origin):
        return
    Tombstone.objects.create(
        tenant_id=instance.tenant_id,
        resource=sender.synced_as,
        object_id=str(getattr(instance, "uuid", instance.pk)),
        external_id=getattr(instance, "external_id", ""),
    )


def synced() -> dict[str, type[SyncedModel]]:
    """The synced models by their resource."""
    return {model.synced_as: model for model in apps.get_models() if issubclass(model, SyncedModel)}


def watch() -> None:
    """Have the synced models leave tombstones."""
    for model in synced().values():
        post_delete.connect(bury, sender=model, dispatch_uid=f"bury {model._meta.label}")
