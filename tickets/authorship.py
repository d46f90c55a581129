"""Which fields of a ticket still say what the bot wrote: a person's words are never written over."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Final

from tickets.models import Ticket

#: What the call says first, and a language model better, after it.
ASSESSED: Final = ("summary", "tag", "severity", "sentiment")


def signed(ticket: Ticket, values: Mapping[str, str] | None = None) -> dict[str, str]:
    """The ticket's `by_bot` once the bot has written these values; without any, all that it has now."""
    if values is None:
        values = {name: getattr(ticket, name) for name in ASSESSED}
    return {**ticket.by_bot, **{name: _digest(value) for name, value in values.items()}}


def is_by_bot(ticket: Ticket, name: str) -> bool:
    """Whether nobody has changed the field since the bot wrote it."""
    return bool(ticket.by_bot.get(name) == _digest(getattr(ticket, name)))


def _digest(value: str) -> str:
    """Not the text itself: who has it erased means every copy."""
    return hashlib.sha256(str(value).encode()).hexdigest()[:16]
