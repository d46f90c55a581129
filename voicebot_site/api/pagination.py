"""Pages in the order of the last change: a row that changes meanwhile comes again, none is left out."""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import OperationalError, connection, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.utils.urls import replace_query_param

from voicebot_site.api.problems import Busy
from voicebot_site.api.queries import in_reach

#: How far hosts' clocks differ from the database's, and how long before its transaction a time may be taken: SQLite's
#: writers wait for the lock for 20 s.
MARGIN: Final = timedelta(seconds=30)


def settled() -> datetime:
    """A time before which nothing comes to light any more: a change has its time when it is made, and is seen later.

    Raises Busy where that cannot be told.
    """
    now = timezone.now()
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            # Who waits for a lock may have taken the time of a change already.
            cursor.execute(
                "SELECT min(xact_start) FROM pg_stat_activity WHERE datname = current_database()"
                " AND pid <> pg_backend_pid() AND (backend_xid IS NOT NULL OR wait_event_type = 'Lock')"
            )
            (oldest,) = cursor.fetchone()
        return min(now, oldest or now) - MARGIN
    try:
        with transaction.atomic(savepoint=False):  # SQLite has one writer: no other transaction is open in here
            return timezone.now() - MARGIN
    except OperationalError:
        raise Busy from None


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a page begins: after the row `key`, last changed `at`. `synced_until` is the first page's."""

    at: datetime
    key: int
    synced_until: datetime

    def encode(self) -> str:
        parts = [self.at.isoformat(), self.key, self.synced_until.isoformat()]
        return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode().rstrip("=")

    @classmethod
    def decode(cls, text: str) -> Cursor:
        try:
            at, key, until = json.loads(base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True))
            cursor = cls(datetime.fromisoformat(at), int(key), datetime.fromisoformat(until))
            times = (cursor.at, cursor.synced_until)
            if not all(time.tzinfo and in_reach(time.date()) for time in times) or not 0 <= cursor.key < 2**63:
                raise ValueError
        except (ValueError, TypeError, binascii.Error, OverflowError):
            raise ValidationError({"cursor": _("Take it from `next` of the page before, unchanged.")}) from None
        return cursor


def page(rows: QuerySet[Any], *, request: Request, limit: int, cursor: str = "", by: str = "updated_at") -> Page:
    """At most `limit` of `rows`, ordered by their time `by` and key, from `cursor` on."""
    begins = Cursor.decode(cursor) if cursor else None
    until = begins.synced_until if begins else settled()
    if begins:
        rows = rows.filter(Q(**{f"{by}__gt": begins.at}) | Q(**{by: begins.at, "pk__gt": begins.key}))
        rows = rows.filter(**{f"{by}__gte": begins.at})  # as such an index is used for it
    found = list(rows.order_by(by, "pk")[: limit + 1])
    following = None
    if len(found) > limit:
        found.pop()
        following = replace_query_param(
            request.build_absolute_uri(), "cursor", Cursor(getattr(found[-1], by), found[-1].pk, until).encode()
        )
    return Page(found, following, until)


@dataclass(frozen=True, slots=True)
class Page:
    rows: list[Any]
    next: str | None
    synced_until: datetime

    def answer(self, results: list[Any]) -> dict[str, Any]:
        return {"results": results, "next": self.next, "synced_until": self.synced_until}
