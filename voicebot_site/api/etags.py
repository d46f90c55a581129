"""No update is lost: whoever changes a row says which state of it they have read."""

from __future__ import annotations

import re
from typing import Final

from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from tenants.sync import SyncedModel
from voicebot_site.api.problems import PreconditionFailed, PreconditionRequired

_TAG: Final = re.compile(r'(?:W/)?("[\x21\x23-\x7e]*")')
_TAGS: Final = re.compile(rf"\s*{_TAG.pattern}(?:\s*,\s*{_TAG.pattern})*\s*")


def etag_of(row: SyncedModel) -> str:
    """The state that a row is in, in quotes, whichever of its fields are asked for."""
    return f'"{row.pk}-{int(row.updated_at.timestamp() * 1_000_000):x}"'


def require_match(request: Request, row: SyncedModel) -> None:
    """Raise PreconditionRequired without If-Match, PreconditionFailed when it names another state."""
    header = request.headers.get("If-Match")
    if not header:
        raise PreconditionRequired
    if not _names(header, row):
        raise PreconditionFailed


def is_known(request: Request, row: SyncedModel) -> bool:
    """Whether the client says by If-None-Match that it has the row in the state that it is in."""
    header = request.headers.get("If-None-Match")
    try:
        return bool(header) and _names(str(header), row)
    except ValidationError:  # it may be left out, so it does no harm
        return False


def _names(header: str, row: SyncedModel) -> bool:
    """Whether one of the header's etags is the row's. Raises ValidationError for what is none.

    A weak one is too: a proxy that compresses makes it so, and a state is a state in whatever bytes it is sent.
    """
    if header.strip() == "*":
        return True
    if not _TAGS.fullmatch(header):
        raise ValidationError({"If-Match": _("Write the etag as it was answered, in quotes.")})
    return etag_of(row) in _TAG.findall(header)
