"""The verbs that write tickets."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Sum
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from calls.models import Call
from calls.understanding import censor
from companies.services import Remembered, fitting
from monitoring import metrics
from tenants.models import Keyword, Severity, TransferTarget
from tenants.scope import current_tenant
from tickets.authorship import signed
from tickets.deadlines import Deadlines
from tickets.models import LONGEST_COMMENT, TRANSITIONS, Comment, Ticket

if TYPE_CHECKING:
    from calls.case import Case, Ending

#: What follows from status and severity, and nobody sets.
_FOLLOWS: Final = (
    "due_at",
    "waiting_since",
    "waited",
    "resolved_at",
    "resolved_by_id",
    "reopened_at",
    "merged_into_id",
)
#: What a ticket takes over from one that is merged into it, where it has nothing itself.
_GAPS: Final = (
    *("customer", "company", "phone_number", "client_name", "client_email"),
    *("problem_type", "description", "summary", "tag", "assigned_to", "wants_callback"),
)
_WEIGHT: Final = (Severity.LOW, Severity.MEDIUM, Severity.HIGH)
#: The summary is written by then.
TELL_CALLER_AFTER_SECONDS: Final = 120


def open_ticket(*, call: Call, case: Case, ending: Ending, remembered: Remembered) -> Ticket:
    """Leave the ticket of a call; the caller's transaction holds it.

    A call about a ticket that is open already gets a ticket too, which takes over its
    problem type, and leaves a comment on that one; if it works by now, both are resolved.
    """
    problem, followed = case.problem, followed_ticket(case)
    # Whoever ends a call holds its row: nobody makes another ticket of it meanwhile.
    earlier = Ticket.objects.select_for_update().filter(call=call).first()
    ticket = earlier or Ticket(tenant_id=call.tenant_id, call=call)
    ticket.customer, ticket.company = remembered.customer, remembered.company
    ticket.phone_number = fitting(Ticket, "phone_number", case.phone_number)
    ticket.client_name = fitting(Ticket, "client_name", case.full_name)
    ticket.client_email = fitting(Ticket, "client_email", case.email)
    ticket.problem_type = call.problem_type if problem else followed.problem_type if followed else None
    ticket.description = _censored(case.description)
    ticket.status, ticket.sentiment = status_of(case, ending), sentiment_of(case)
    ticket.severity = problem.severity if problem else followed.severity if followed else Severity.MEDIUM
    ticket.tag = problem.tag if problem else followed.tag if followed else ""
    ticket.wants_callback = case.wants_callback
    _begin(ticket)
    with translation.override(call.language):
        ticket.summary = _summary(ticket, case, ending, followed)
        ticket.by_bot = signed(ticket)
        ticket.save()
        for field, (known, said) in remembered.differences.items():
            _note(
                ticket.pk,
                _("%(field)s: the record says “%(known)s”, the caller said “%(said)s”.")
                % {"field": field, "known": known, "said": said},
            )
        if followed is not None:
            is_news = _note(followed.pk, _("The caller called again about this: ticket #%d.") % ticket.pk)
            if case.is_fixed and followed.status != Ticket.Status.RESOLVED:
                resolve(ticket=followed, actor=None)
            elif is_news and followed.status == Ticket.Status.PENDING:  # whom it waited for has called
                reopen(ticket=followed, actor=None)
    if earlier is None and not call.is_test:
        transaction.on_commit(lambda: _count(ticket), robust=True)
    from tickets.tasks import summarise, tell_caller  # the tasks need these services

    summarise.delay_on_commit(ticket.pk, tenant_id=ticket.tenant_id)
    tenant = current_tenant() or ticket.tenant
    if ticket.client_email and tenant.writes_to_callers and not call.is_test:
        given = {"ticket_id": ticket.pk, "tenant_id": ticket.tenant_id}
        tell_caller.apply_async_on_commit(kwargs=given, countdown=TELL_CALLER_AFTER_SECONDS)
    return ticket


def _note(ticket_id: int, text: str) -> bool:
    """Leave a comment; False when it is there already, from when a call that goes on was given up."""
    return Comment.objects.get_or_create(ticket_id=ticket_id, author=None, text=text)[1]


@transaction.atomic
def missed(*, ticket: Ticket) -> None:
    """The caller hung up before anybody took the call; a person who saw to the ticket meanwhile has it as it is."""
    if ticket.status not in (Ticket.Status.TRANSFERRED, Ticket.Status.FAILED):
        return
    with translation.override(ticket.call.language if ticket.call else None):
        _note(ticket.pk, _("The caller hung up before anybody took the call: call back."))
    update(ticket=ticket, actor=None, status=Ticket.Status.OPEN, wants_callback=True)


@transaction.atomic
def create(*, actor: User | None = None, **values: Any) -> Ticket:
    """A ticket that no call left."""
    return file(ticket=Ticket(**values), actor=actor)


@transaction.atomic
def file(*, ticket: Ticket, actor: User | None) -> Ticket:
    """Store a new ticket, as somebody filled it in; what is left empty of whom it is about is the customer's.

    A person is known by it, in the queue and to whoever erases them, though the customer should go.
    """
    if customer := ticket.customer:
        ticket.company = ticket.company or customer.company
        ticket.phone_number = ticket.phone_number or customer.phone_number
        ticket.client_name = ticket.client_name or fitting(Ticket, "client_name", customer.full_name)
        ticket.client_email = ticket.client_email or customer.email
    ticket.clean()
    _begin(ticket)
    ticket.resolved_by = actor if ticket.status == Ticket.Status.RESOLVED else None
    ticket.save()
    return ticket


@transaction.atomic
def update(*, ticket: Ticket, actor: User | None, **changes: Any) -> Ticket:
    """Change fields of a ticket, with all that follows from a new status or severity.

    Raises ValidationError for a status that the present one does not lead to.
    """
    before = Ticket.objects.select_for_update().get(pk=ticket.pk)
    deadlines = _deadlines(ticket)
    for name in ("status", "severity", *_FOLLOWS):  # whoever has an old copy does not undo what others did
        setattr(ticket, name, getattr(before, name))
    names = {*changes, *_FOLLOWS}
    status = changes.pop("status", before.status)
    for name, value in changes.items():
        setattr(ticket, name, value)
    ticket.clean()
    if status != before.status:
        _move(ticket, Ticket.Status(status), actor, deadlines)
    if (before.severity, before.waited, before.reopened_at) != (ticket.severity, ticket.waited, ticket.reopened_at):
        ticket.due_at = deadlines.of(ticket)
    ticket.save(update_fields=names)
    return ticket


def _move(ticket: Ticket, status: Ticket.Status, actor: User | None, deadlines: Deadlines) -> None:
    now, old = timezone.now(), Ticket.Status(ticket.status)
    if status not in TRANSITIONS[old]:
        raise ValidationError(
            {
                "status": _("A ticket that is “%(old)s” cannot become “%(new)s”.")
                % {"old": old.label, "new": status.label}
            }
        )
    if ticket.merged_into_id is not None:
        raise ValidationError(
            {"status": _("It was merged into ticket #%d: work goes on there.") % ticket.merged_into_id}
        )
    ticket.status = status
    if old == Ticket.Status.PENDING and ticket.waiting_since is not None:
        ticket.waited += deadlines.opening_time(ticket.waiting_since, now)
    ticket.waiting_since = now if status == Ticket.Status.PENDING else None
    if old == Ticket.Status.RESOLVED:
        ticket.resolved_at, ticket.resolved_by = None, None
        ticket.reopened_at, ticket.waited = now, timedelta()
    elif status == Ticket.Status.RESOLVED:
        ticket.resolved_at, ticket.resolved_by = now, actor


def assign(*, ticket: Ticket, assignee: User | None, actor: User | None) -> Ticket:
    """Give the ticket to somebody of the company; None: to nobody. Raises ValidationError for a stranger."""
    if assignee is not None and not assignee.memberships.filter(tenant=ticket.tenant_id).exists():
        raise ValidationError({"assigned_to": _("%s is not of your company.") % assignee})
    return update(ticket=ticket, actor=actor, assigned_to=assignee)


def resolve(*, ticket: Ticket, actor: User | None) -> Ticket:
    """Raises ValidationError when it is resolved already."""
    return _step(ticket, Ticket.Status.RESOLVED, actor)


def reopen(*, ticket: Ticket, actor: User | None) -> Ticket:
    """Back to work: from resolved with a new deadline, from waiting with what was left of the old one."""
    return _step(ticket, Ticket.Status.OPEN, actor)


def wait(*, ticket: Ticket, actor: User | None) -> Ticket:
    """The customer has to answer; until then the deadline stands still."""
    return _step(ticket, Ticket.Status.PENDING, actor)


@transaction.atomic
def _step(ticket: Ticket, status: Ticket.Status, actor: User | None) -> Ticket:
    if Ticket.objects.select_for_update().values_list("status", flat=True).get(pk=ticket.pk) == status:
        raise ValidationError({"status": _("It is “%s” already.") % status.label})
    return update(ticket=ticket, actor=actor, status=status)


@transaction.atomic
def comment(*, ticket: Ticket, author: User | None, text: str) -> Comment:
    """A remark for the colleagues; the customer does not see it. Raises ValidationError for an empty or long one."""
    remark = Comment(ticket=ticket, author=author, text=text.strip())
    remark.full_clean(exclude=["ticket", "author"])
    if len(remark.text) > LONGEST_COMMENT:
        raise ValidationError({"text": _("A comment has at most %d characters.") % LONGEST_COMMENT})
    remark.save()
    return remark


@transaction.atomic
def merge(*, ticket: Ticket, into: Ticket, actor: User | None) -> Ticket:
    """Make two tickets of one matter one: comments move to `into`, whose page shows the calls of both.

    The merged one is resolved and points to `into`, which keeps the stricter severity and
    deadline and fills its gaps. Raises ValidationError where that makes no sense.
    """
    both = Ticket.objects.select_for_update().filter(pk__in=[ticket.pk, into.pk]).order_by("pk")
    rows = {row.pk: row for row in both}
    if len(rows) < 2:
        raise ValidationError(_("A ticket cannot be merged into itself."))
    ticket, into = rows[ticket.pk], rows[into.pk]
    if ticket.merged_into_id is not None or into.merged_into_id is not None:
        raise ValidationError(_("One of them was merged already."))
    if into.status == Ticket.Status.RESOLVED and ticket.status != Ticket.Status.RESOLVED:
        raise ValidationError(_("Ticket #%d is resolved: reopen it first, or merge the other way round.") % into.pk)
    Comment.objects.filter(ticket=ticket).update(ticket=into)
    Ticket.objects.filter(merged_into=ticket).update(merged_into=into, updated_at=timezone.now())
    told = _("Ticket #%(number)d was merged into this one. %(summary)s") % {
        "number": ticket.pk,
        "summary": ticket.summary or ticket.description,
    }
    Comment.objects.create(ticket=into, author=actor, text=told[:LONGEST_COMMENT])
    Comment.objects.create(ticket=ticket, author=actor, text=_("Merged into ticket #%d.") % into.pk)
    changes: dict[str, Any] = {name: getattr(ticket, name) for name in _GAPS if not getattr(into, name)}
    if _WEIGHT.index(ticket.severity) > _WEIGHT.index(into.severity):
        changes["severity"] = ticket.severity
    if ticket.sentiment == Ticket.Sentiment.NEGATIVE:
        changes["sentiment"] = ticket.sentiment
    update(ticket=into, actor=actor, **changes)
    dues = [due for due in (ticket.due_at, into.due_at) if due is not None]
    if ticket.status != Ticket.Status.RESOLVED and dues and min(dues) != into.due_at:
        into.due_at = min(dues)
        into.save(update_fields=["due_at"])
    if ticket.status != Ticket.Status.RESOLVED:
        resolve(ticket=ticket, actor=actor)
    ticket.merged_into = into
    ticket.save(update_fields=["merged_into"])
    return into


def _censored(text: str) -> str:
    """As agents read what a caller said."""
    words = Keyword.objects.filter(kind=Keyword.Kind.CENSORED).values_list("text", "replacement") if text else ()
    return censor(text, dict(words))


def _begin(ticket: Ticket) -> None:
    """A ticket that is new: when it is due, or that it was resolved at once."""
    is_resolved = ticket.status == Ticket.Status.RESOLVED
    ticket.resolved_at = timezone.now() if is_resolved else None
    ticket.due_at = None if is_resolved else _deadlines(ticket).of(ticket)


def _deadlines(ticket: Ticket) -> Deadlines:
    return Deadlines(current_tenant() or ticket.tenant)


def _count(ticket: Ticket) -> None:
    metrics.tickets_created.labels(ticket.severity, metrics.tags(ticket.tag or metrics.UNKNOWN)).inc()
    if ticket.sentiment != Ticket.Sentiment.NEUTRAL:  # else the summary tells, with all that was said
        metrics.client_sentiment.labels(ticket.sentiment).inc()


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
    return Ticket.Status.RESOLVED if case.is_fixed or case.needs_nothing else Ticket.Status.OPEN


def sentiment_of(case: Case) -> Ticket.Sentiment:
    if case.is_angry:
        return Ticket.Sentiment.NEGATIVE
    return Ticket.Sentiment.POSITIVE if case.is_fixed else Ticket.Sentiment.NEUTRAL


def _summary(ticket: Ticket, case: Case, ending: Ending, followed: Ticket | None) -> str:
    """What is certain, in sentences; the language model may write a better one later."""
    sentences = []
    if followed is not None:
        sentences.append(_("The caller called again about ticket #%d.") % followed.pk)
    before = ticket.call.resumes if ticket.call else None
    if before is not None and before.status in (Call.Status.TRANSFERRED, Call.Status.FAILED):
        sentences.append(_("Nobody took the call when it was handed over."))
    elif before is not None:
        sentences.append(_("The call was cut off on our side, and went on."))
    if case.problem is not None:
        sentences.append(_("Problem: %s.") % case.problem.name)
    if ticket.description:
        sentences.append(_("The caller said: “%s”.") % ticket.description.rstrip(" ."))
    if case.is_fixed is True and case.step is None:
        sentences.append(_("It works without a remedy."))
    elif case.is_fixed is True:
        sentences.append(_("The proposed remedy solved it."))
    elif case.is_fixed is False:
        sentences.append(_("The proposed remedy did not help."))
    elif case.needs_nothing:
        sentences.append(_("The caller said goodbye, and needs nothing."))
    if case.is_angry:
        sentences.append(_("The caller was angry."))
    if ending.reason == Call.EndReason.BUSY:
        sentences.append(_("All lines were busy."))
    if case.wants_callback:
        sentences.append(
            _("The caller is to be called back.")
            if case.phone_number
            else _("The caller is to be called back, but left no number.")
        )
    if ending.transfer_to:
        sentences.append(_("The call was handed over to %s.") % _name_of(ending.transfer_to))
    elif ending.reason == Call.EndReason.HANGUP and not (case.is_fixed or case.needs_nothing):
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
        # Outside, what waits for the customer is open.
        "status": Ticket.Status.OPEN if ticket.status == Ticket.Status.PENDING else ticket.status,
        "sentiment": ticket.sentiment,
        "summary": ticket.summary,
        "duration_seconds": round(call.duration_seconds or 0, 1) if call else 0,
        "tag": ticket.tag,
        "severity": ticket.severity,
        "call_date": created.date().isoformat(),
        "call_time": created.time().isoformat("seconds"),
        "cost_eur": float((cost or Decimal(0)).quantize(Decimal("0.000001"))),
    }
