"""The verbs that write tickets."""

from __future__ import annotations

from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import Sum
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from calls.models import Call
from calls.understanding import censor
from companies.services import Remembered, fitting
from tenants.models import Keyword, Severity, TransferTarget
from tickets.models import Comment, Ticket

if TYPE_CHECKING:
    from calls.case import Case, Ending


def open_ticket(*, call: Call, case: Case, ending: Ending, remembered: Remembered) -> Ticket:
    """Leave the ticket of a call; the caller's transaction holds it.

    A call about a ticket that is open already gets a ticket too, which takes over its
    problem type, and leaves a comment on that one.
    """
    censored = dict(Keyword.objects.filter(kind=Keyword.Kind.CENSORED).values_list("text", "replacement"))
    problem = case.problem
    followed = followed_ticket(case)
    kind = problem.id if problem else followed.problem_type_id if followed else None
    values = {
        "customer": remembered.customer,
        "company": remembered.company,
        "phone_number": fitting(Ticket, "phone_number", case.phone_number),
        "client_name": fitting(Ticket, "client_name", case.full_name),
        "client_email": fitting(Ticket, "client_email", case.email),
        "problem_type_id": kind,
        "description": censor(case.description, censored),
        "status": status_of(case, ending),
        "sentiment": sentiment_of(case),
        "severity": problem.severity if problem else followed.severity if followed else Severity.MEDIUM,
        "tag": problem.tag if problem else followed.tag if followed else "",
    }
    ticket = Ticket.objects.update_or_create(call=call, defaults=values)[0]
    with translation.override(call.language):
        ticket.summary = _summary(ticket, case, ending, followed)
        ticket.save(update_fields=["summary", "updated_at"])
        for field, (known, said) in remembered.differences.items():
            Comment.objects.create(
                ticket=ticket,
                text=_("%(field)s: the record says “%(known)s”, the caller said “%(said)s”.")
                % {"field": field, "known": known, "said": said},
            )
        if followed is not None:
            Comment.objects.create(
                ticket=followed, text=_("The caller called again about this: ticket #%d.") % ticket.pk
            )
        if case.returned_ticket_id is not None:
            Comment.objects.create(
                ticket_id=case.returned_ticket_id, text=_("Nobody took the call: call back, ticket #%d.") % ticket.pk
            )
    from tickets.tasks import summarise  # the task needs these services

    # Robust: a broker that is away costs the better summary, not the ticket.
    transaction.on_commit(partial(summarise.delay, ticket.pk, tenant_id=ticket.tenant_id), robust=True)
    return ticket


def followed_ticket(case: Case) -> Ticket | None:
    """The open ticket that the caller called again about."""
    if not case.is_about_open_ticket or case.open_ticket is None:
        return None
    return Ticket.objects.select_related("problem_type").filter(pk=case.open_ticket.id).first()


def status_of(case: Case, ending: Ending) -> Ticket.Status:
    if ending.status in (Call.Status.FAILED, Call.Status.DROPPED):
        return Ticket.Status.FAILED
    if ending.status == Call.Status.TRANSFERRED:
        return Ticket.Status.TRANSFERRED
    return Ticket.Status.RESOLVED if case.is_fixed else Ticket.Status.OPEN


def sentiment_of(case: Case) -> Ticket.Sentiment:
    if case.is_angry:
        return Ticket.Sentiment.NEGATIVE
    return Ticket.Sentiment.POSITIVE if case.is_fixed else Ticket.Sentiment.NEUTRAL


def _summary(ticket: Ticket, case: Case, ending: Ending, followed: Ticket | None) -> str:
    """What is certain, in sentences; the language model may write a better one later."""
    sentences = []
    if followed is not None:
        sentences.append(_("The caller called again about ticket #%d.") % followed.pk)
    if case.problem is not None:
        sentences.append(_("Problem: %s.") % case.problem.name)
    if ticket.description:
        sentences.append(_("The caller said: “%s”.") % ticket.description.rstrip(" ."))
    if case.is_fixed is True:
        sentences.append(_("The proposed remedy solved it."))
    elif case.is_fixed is False:
        sentences.append(_("The proposed remedy did not help."))
    if case.is_angry:
        sentences.append(_("The caller was angry."))
    if case.wants_callback:
        sentences.append(_("The caller is to be called back."))
    if ending.transfer_to:
        sentences.append(_("The call was handed over to %s.") % _name_of(ending.transfer_to))
    elif ending.reason == Call.EndReason.HANGUP and not case.is_fixed:
        sentences.append(_("The caller hung up before the end."))
    elif ending.status in (Call.Status.FAILED, Call.Status.DROPPED):
        sentences.append(_("The call ended through an error on our side."))
    return " ".join(sentences) or _("The caller said nothing that was understood.")


def _name_of(extension: str) -> str:
    """Whom people know behind an extension of the dialplan."""
    target = TransferTarget.objects.filter(extension=extension).first()
    return target.name if target else extension


def as_dict(ticket: Ticket) -> dict[str, Any]:
    """A ticket for machines: plain JSON values; dates and times in the tenant's time zone."""
    call = ticket.call
    created = timezone.localtime(call.started_at if call else ticket.created_at)
    cost = call.usages.aggregate(total=Sum("cost_eur"))["total"] if call else None
    return {
        "call_uuid": str(call.uuid) if call else None,
        "phone_number": ticket.phone_number,
        "client_name": ticket.client_name,
        "client_email": ticket.client_email,
        "company": ticket.company.name if ticket.company else "",
        "problem_type": ticket.problem_type.code if ticket.problem_type else "",
        "status": ticket.status,
        "sentiment": ticket.sentiment,
        "summary": ticket.summary,
        "duration_seconds": round(call.duration_seconds or 0, 1) if call else 0,
        "tag": ticket.tag,
        "severity": ticket.severity,
        "call_date": created.date().isoformat(),
        "call_time": created.time().isoformat("seconds"),
        "cost_eur": float((cost or Decimal(0)).quantize(Decimal("0.000001"))),
    }
