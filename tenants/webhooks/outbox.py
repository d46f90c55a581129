"""What happened is written down in the transaction in which it happens."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Self

from django.apps import apps
from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from django.db.models import SET_NULL, Model
from django.db.models.signals import pre_delete
from django.utils import timezone

from tenants.models.webhooks import WebhookEndpoint, WebhookMessage
from tenants.scope import is_owned
from tenants.sync import SyncedModel, is_of_account


class Published(SyncedModel):
    """A row whose changes are told to the company's webhooks, whoever makes them with `save()`.

    Without an endpoint that costs one indexed query for each `one_event_each`. `update()` and `bulk_create()` tell
    nothing: a verb that uses them calls `save()` on what the world should know.
    """

    class Meta(SyncedModel.Meta):
        abstract = True

    def events_since(self, before: Self | None) -> list[str]:
        """Values of WebhookEvent that the change from `before` (None: it is new) to this is."""
        raise NotImplementedError

    def as_data(self) -> dict[str, Any]:
        """The row as the API shows it."""
        raise NotImplementedError

    @contextmanager
    def changing(self) -> Iterator[None]:
        """What is done in here changes the row, or what is shown with it."""
        if not endpoints(self.tenant_id):
            yield
            return
        with transaction.atomic(), one_event_each() as changes:
            key = (type(self), self.pk)
            before = changes.before[key] if key in changes.before else _stored(type(self), self.pk)
            yield
            changes.before.setdefault((type(self), self.pk), before)

    def save(self, *args: Any, **kwargs: Any) -> None:
        with self.changing():
            super().save(*args, **kwargs)


def referring(row: Model) -> Iterator[tuple[Published, str]]:
    """The rows that show `row`, each with the field, and do without it; none where nobody is told of them."""
    if not endpoints(getattr(row, "tenant_id", None)):
        return
    for relation in _shown_by(type(row)):
        for each in relation.related_model.objects.filter(**{relation.field.name: row}):
            yield each, relation.field.name


def _shown_by(model: type[Model]) -> list[Any]:
    return [
        relation
        for relation in model._meta.related_objects
        if issubclass(relation.related_model, Published)
        and relation.on_delete is SET_NULL
        and relation.field.editable  # others are not shown
    ]


def let_go(sender: type[Model], instance: Model, origin: Any, **_kwargs: Any) -> None:
    """Before a row is deleted, take it from those that show it, by `save()`: Django's `update()` tells nobody."""
    if is_of_account(origin):
        return
    with transaction.atomic(), one_event_each():
        for row, name in referring(instance):
            setattr(row, name, None)
            row.save(update_fields=[name])


def watch() -> None:
    """Have deletions told by the rows that showed what is gone."""
    for model in filter(is_owned, apps.get_models()):
        if _shown_by(model):
            pre_delete.connect(let_go, sender=model, dispatch_uid=f"let go {model._meta.label}")


# A row and what it showed, by its model and key; None: it was not there.
_Shown = tuple[Published, dict[str, Any]]


@dataclass(slots=True)
class _Changes:
    """Of one block."""

    before: dict[tuple[type[Published], Any], _Shown | None] = field(default_factory=dict)
    endpoints: dict[int, list[WebhookEndpoint]] = field(default_factory=dict)  # by tenant, asked for once


_changes: ContextVar[_Changes | None] = ContextVar("changes", default=None)


@contextmanager
def one_event_each() -> Iterator[_Changes]:
    """Several changes of a row in here, which is inside one transaction, are told as one, at the end.

    If an exception leaves the block nothing is told, as nothing has happened.
    """
    if (outer := _changes.get()) is not None:
        yield outer
        return
    changes = _Changes()
    token = _changes.set(changes)
    try:
        yield changes
        shown = [(before, _stored(model, key)) for (model, key), before in changes.before.items()]
        _send(message for before, after in shown if after is not None for message in _messages(before, after))
    finally:
        _changes.reset(token)


def _stored(model: type[Published], key: Any) -> _Shown | None:
    """As the database has it, locked: of two changes at once each sees what the other has made."""
    found = model.objects.select_for_update().filter(pk=key).first() if key else None
    return None if found is None else (found, found.as_data())


def tell(changes: Iterable[tuple[Published | None, Published]]) -> None:
    """Of rows that were written in bulk, as they were (None: they are new) and as they are."""
    with one_event_each():  # in which endpoints are asked for once
        _send(
            message
            for before, row in changes
            if endpoints(row.tenant_id)
            for message in _messages((before, before.as_data()) if before else None, (row, row.as_data()))
        )


def _messages(before: _Shown | None, after: _Shown) -> list[WebhookMessage]:
    row, data = after
    if before is not None and _lasting(before[1]) == _lasting(data):
        return []
    subject = f"{row._meta.model_name}:{row.pk}"
    found = []
    for event in row.events_since(before[0] if before else None):
        wanting = [endpoint for endpoint in endpoints(row.tenant_id) if event in endpoint.events]
        found += _written(event, subject, data, wanting)
    return found


def _lasting(data: dict[str, Any]) -> dict[str, Any]:
    """Without what every `save()` moves."""
    return {key: value for key, value in data.items() if key not in ("updated_at", "etag")}


def endpoints(tenant_id: int | None) -> list[WebhookEndpoint]:
    """Those of a tenant that are told anything."""
    if not tenant_id:
        return []
    known = changes.endpoints if (changes := _changes.get()) is not None else {}
    if tenant_id not in known:
        known[tenant_id] = list(WebhookEndpoint.objects.filter(tenant_id=tenant_id, is_active=True))
    return known[tenant_id]


def put(event: str, *, subject: str, data: dict[str, Any], to: Iterable[WebhookEndpoint]) -> list[WebhookMessage]:
    """Write an event down for endpoints; in the caller's transaction, delivered after it."""
    return _send(_written(event, subject, data, to))


def _written(event: str, subject: str, data: dict[str, Any], to: Iterable[WebhookEndpoint]) -> list[WebhookMessage]:
    now = timezone.now()
    content = {"type": event, "timestamp": now.isoformat(), "data": data}
    body = json.dumps(content, cls=DjangoJSONEncoder, ensure_ascii=False, separators=(",", ":"))
    return [
        WebhookMessage(
            tenant_id=endpoint.tenant_id, endpoint=endpoint, event=event, subject=subject, body=body, created_at=now
        )
        for endpoint in to
    ]


def _send(messages: Iterable[WebhookMessage]) -> list[WebhookMessage]:
    from tenants.tasks import deliver_webhooks  # the task delivers what is put here

    stored: list[WebhookMessage] = WebhookMessage.objects.bulk_create(messages)
    for tenant_id in {message.tenant_id for message in stored}:
        deliver_webhooks.delay_on_commit(tenant_id=tenant_id)  # what is not started waits for the sweep
    return stored
