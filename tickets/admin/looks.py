"""How a ticket's state is shown."""

from __future__ import annotations

from typing import Final

from django.utils import timezone
from django.utils.timesince import timesince, timeuntil
from django.utils.translation import gettext as _

from tickets.models import TO_WORK_ON, Ticket

STATUS_COLOURS: Final = {
    Ticket.Status.OPEN: "info",
    Ticket.Status.TRANSFERRED: "warning",
    Ticket.Status.PENDING: "",
    Ticket.Status.RESOLVED: "success",
    Ticket.Status.FAILED: "danger",
}
SENTIMENT_COLOURS: Final = {
    Ticket.Sentiment.POSITIVE: "success",
    Ticket.Sentiment.NEUTRAL: "",
    Ticket.Sentiment.NEGATIVE: "danger",
}
DUE_COLOURS: Final = {"late": "danger", "soon": "warning", "later": ""}
SOON_SECONDS: Final = 3600


def due(ticket: Ticket) -> tuple[str, str] | None:
    """(key of DUE_COLOURS, text); None for a ticket that is not to be worked on, or never due."""
    if ticket.due_at is None or ticket.status not in TO_WORK_ON:
        return None
    left = (ticket.due_at - timezone.now()).total_seconds()
    if abs(left) < 60:
        return "late" if left < 0 else "soon", _("due now")
    if left < 0:
        return "late", _("%s late") % timesince(ticket.due_at, depth=1)
    return "soon" if left < SOON_SECONDS else "later", _("in %s") % timeuntil(ticket.due_at, depth=1)
