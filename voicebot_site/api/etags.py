"""No update is lost: whoever changes a row says which state of it they have read."""

from __future__ import annotations

from django.utils.http import parse_etags
from rest_framework.request import Request

from tenants.sync import SyncedModel
from voicebot_site.api.problems import PreconditionFailed, PreconditionRequired


def etag_of(row: SyncedModel) -> str:
    """The state that a row is in, in quotes, whichever of its fields are asked for."""
    return f'"{row.pk}-{int(row.updated_at.timestamp() * 1_000_000):x}"'


def require_match(request: Request, row: SyncedModel) -> None:
    """Raise PreconditionRequired without If-Match, PreconditionFailed when it names another state."""
    header = request.headers.get("If-Match")
    if not header:
        raise PreconditionRequired
    if header.strip() != "*" and etag_of(row) not in parse_etags(header):
        raise PreconditionFailed
