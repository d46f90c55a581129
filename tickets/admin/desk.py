"""What is done with one ticket beside its form, and what is shown around it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django.contrib import messages
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from calls import resuming
from calls.models import Call
from tenants import audit
from tickets import services
from tickets.admin.looks import DUE_COLOURS, STATUS_COLOURS, due
from tickets.models import TRANSITIONS, Comment, Ticket

if TYPE_CHECKING:
    from tickets.admin.tickets import TicketAdmin

SHOWN: Final = 8  # of the customer's other tickets, and of the calls
SUGGESTED: Final = 8
STATUS_VERBS: Final = {"resolve": services.resolve, "wait": services.wait, "reopen": services.reopen}
#: In the history and the audit log.
DONE: Final = {
    "comment": gettext_noop("Comment"),
    "assign": gettext_noop("Assign to me"),
    "resolve": gettext_noop("Resolve"),
    "wait": gettext_noop("Wait for the customer"),
    "reopen": gettext_noop("Reopen"),
}


def around(ticket: Ticket) -> dict[str, Any]:
    """Comments, what may be done, the customer's history: a fixed number of queries."""
    shown_due = due(ticket)
    others = _of_the_same_customer(ticket).exclude(pk=ticket.pk).order_by("-created_at")[: SHOWN + 1]
    cut = [part.pk for part in resuming.parts(ticket.call)] if ticket.call else []
    calls = Call.objects.filter(Q(pk__in=cut) | Q(ticket__merged_into=ticket)).select_related("ticket")
    return {
        "ticket": ticket,
        "status_colour": STATUS_COLOURS[Ticket.Status(ticket.status)],
        "due": shown_due and (DUE_COLOURS[shown_due[0]], shown_due[1]),
        "next_statuses": () if ticket.merged_into_id else TRANSITIONS[ticket.status],
        "comments": ticket.comments.select_related("author"),
        "calls": list(calls.order_by("-started_at")[:SHOWN]),
        "history": [(other, STATUS_COLOURS[Ticket.Status(other.status)]) for other in others],
        "history_most": SHOWN,
    }


def act(screen: TicketAdmin, request: HttpRequest, object_id: str) -> HttpResponse:
    """POST `verb` (assign, resolve, wait, reopen, comment), for a comment `text` and perhaps `then` (a verb)."""
    ticket, user = screen.row_for(request, object_id), request.user
    assert isinstance(user, User)
    try:
        for name in (request.POST.get("verb"), request.POST.get("then")):
            if name == "comment":
                services.comment(ticket=ticket, author=user, text=request.POST.get("text", ""))
            elif name == "assign":
                services.assign(ticket=ticket, assignee=user, actor=user)
            elif name in STATUS_VERBS:
                STATUS_VERBS[name](ticket=ticket, actor=user)
            else:
                continue
            log(screen, request, ticket, name)
    except ValidationError as error:
        for text in error.messages:
            messages.error(request, text)
    return redirect("admin:tickets_ticket_change", ticket.pk)


def log(screen: TicketAdmin, request: HttpRequest, ticket: Ticket, verb: str) -> None:
    """Into the history and the audit log."""
    screen.log_change(request, ticket, DONE[verb])
    audit.record(action=audit.Action.DO, row=ticket, request=request, detail=DONE[verb])


def merge(screen: TicketAdmin, request: HttpRequest, object_id: str) -> HttpResponse:
    """Choose the ticket that remains, see what moves, and POST `into` with `confirmed`."""
    ticket, user = screen.row_for(request, object_id), request.user
    assert isinstance(user, User)
    written = request.POST.get("into", request.GET.get("into", "")).strip().removeprefix("#")
    into = Ticket.objects.filter(pk=written).exclude(pk=ticket.pk).first() if written.isdecimal() else None
    error = ""
    if written and into is None:
        error = _("There is no other ticket #%s.") % written
    elif request.method == "POST" and into is not None and "confirmed" in request.POST:
        try:
            services.merge(ticket=ticket, into=into, actor=user)
        except ValidationError as refusal:
            error = " ".join(refusal.messages)
        else:
            screen.log_change(request, ticket, f"Merge into #{into.pk}")
            audit.record(action=audit.Action.DO, row=ticket, request=request, detail=gettext_noop("Merge"))
            messages.success(request, _("Ticket #%(one)d was merged into this one.") % {"one": ticket.pk})
            return redirect("admin:tickets_ticket_change", into.pk)
    suggested = _of_the_same_customer(ticket).filter(merged_into=None).exclude(pk=ticket.pk).order_by("-created_at")
    context = {
        **screen.admin_site.each_context(request),
        "title": _("Merge ticket #%d") % ticket.pk,
        "opts": screen.opts,
        "ticket": ticket,
        "into": into,
        "written": written,
        "error": error,
        "comments": Comment.objects.filter(ticket=ticket).count(),
        "suggested": [
            (other, STATUS_COLOURS[Ticket.Status(other.status)])
            for other in suggested.order_by("-created_at")[:SUGGESTED]
        ],
    }
    return TemplateResponse(request, "admin/tickets/ticket/merge.html", context)


def _of_the_same_customer(ticket: Ticket) -> Any:
    """Tickets of who has this one: known by record, else by number."""
    if ticket.customer_id is not None:
        return Ticket.objects.filter(customer=ticket.customer_id)
    if not ticket.phone_number:
        return Ticket.objects.none()
    # Compared in the database: what is at hand may be masked.
    number = Ticket.objects.filter(pk=ticket.pk).values("phone_number")[:1]
    return Ticket.objects.filter(phone_number=number)
