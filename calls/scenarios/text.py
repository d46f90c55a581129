"""Plays a scenario without sound, network or database, as fast as the machine allows."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

from django.utils.translation import gettext

from calls.case import Case, Cut, Ending, OpenTicket
from calls.models import Call
from calls.scenarios.preset import preset
from calls.scenarios.report import Outcome, Report, report, texts_of
from calls.scenarios.scenario import Caller, Company, Line, Scenario
from calls.scenarios.stage import FakeDesk, Stage
from calls.settings import Answer, CallSettings, Target
from calls.understanding import FaqIndex, censor
from tenants.hours import Schedule
from tenants.models import Severity, Tenant
from tickets.services import sentiment_of, status_of

MONDAY = datetime(2026, 11, 16, tzinfo=UTC)
ITEMS = frozenset({"first_name", "last_name", "company", "email"})
OFFICE_HOURS = tuple((day, time(9), time(18)) for day in range(5))


# Vendors that fail on purpose are no news, beside calls whose vendors really do.
_plays: ContextVar[bool] = ContextVar("plays", default=False)
for _name in ("calls.dialogue", "calls.flow.degraded", "calls.flow.support"):
    logging.getLogger(_name).addFilter(lambda _record: not _plays.get())


@contextmanager
def _silently() -> Iterator[None]:
    token = _plays.set(True)
    try:
        yield
    finally:
        _plays.reset(token)


def run_text(scenario: Scenario, settings: CallSettings) -> Report:
    """Play it with a tenant's phrases and settings; nothing is stored, no vendor is asked.

    Takes a fraction of a second; in a thread without a running event loop. A scenario
    about a kind of problem that the tenant does not have is skipped, and the report says so.
    """
    kind = scenario.expect.ticket.get("problem_type")
    if kind and kind not in settings.problems:
        return Report(scenario.name, skipped=gettext("there is no problem type “%s”") % kind)
    try:
        with _silently():
            outcome, _said = asyncio.run(_play(scenario, _furnish(settings, scenario.company)))
        return report(scenario, outcome, settings)
    except TimeoutError:
        return Report(scenario.name, failures=(gettext("the call does not end"),))


def rehearse(scenario: Scenario, settings: CallSettings) -> tuple[list[Line], float]:
    """What the caller would really do, without the lines that there is no occasion for, and the call's seconds."""
    outcome, said = asyncio.run(_play(scenario, _furnish(settings, scenario.company)))
    return said, outcome.seconds


async def _play(scenario: Scenario, settings: CallSettings) -> tuple[Outcome, list[Line]]:
    desk = FakeDesk(
        problems=settings.problems,
        decision=scenario.vendors.llm_problem or None,
        choice=_chosen(scenario, settings),
        sentences=scenario.vendors.llm_sentences,
        free=scenario.company.technician if scenario.company.is_open else scenario.company.on_call,
        now=_moment(settings.schedule, is_open=scenario.company.is_open) or MONDAY,
    )
    # Scenarios tell moments in seconds: other words than the preset's must not move them.
    lasting = texts_of(preset(scenario.language))
    stage = Stage(*scenario.says, settings=settings, desk=desk, vendors=scenario.vendors, lasting=lasting)
    ending = await stage.play(_case(scenario.caller, settings))
    case = stage.case
    outcome = Outcome(
        end=str(ending.reason),
        transfer_to=ending.transfer_to,
        scenes=stage.scribe.scenes,
        turns=stage.scribe.said,
        ticket=_ticket(case, ending, settings),
        seconds=stage.audio.now,
        about_open_ticket=case.is_about_open_ticket,
        is_recorded=settings.record and desk.records,
        unsaid=[f"[{line.after}] {line.text}" if line.after else line.text for line in stage.unsaid],
    )
    return outcome, stage.said


def _furnish(settings: CallSettings, company: Company) -> CallSettings:
    settings = replace(
        settings,
        companies=company.companies,
        max_seconds=company.max_seconds or settings.max_seconds,
        words_answers=company.words_answers,
        record=company.record,
        announces_recording=company.announces_recording,
        asks=ITEMS.difference(company.skipped_items),
        targets=settings.targets or (Target("technician", settings.schedule),),
        after_hours=Tenant.AfterHours.ON_CALL if company.on_call else Tenant.AfterHours.MESSAGE,
    )
    if _moment(settings.schedule, is_open=False) is None:
        settings = replace(settings, schedule=replace(settings.schedule, hours=OFFICE_HOURS))
    if company.answers is not None:
        entries = [([question], Answer(n, text)) for n, (question, text) in enumerate(company.answers.items(), 1)]
        settings = replace(
            settings, answers=tuple(answer for _, answer in entries), faq=FaqIndex(entries, settings.language)
        )
    return settings


def _moment(schedule: Schedule, *, is_open: bool) -> datetime | None:
    """A time of a week at which the company is open, or closed; None: there is none."""
    halves = (MONDAY + timedelta(minutes=30 * number) for number in range(7 * 48))
    return next((at for at in halves if schedule.is_open(at) == is_open), None)


def _chosen(scenario: Scenario, settings: CallSettings) -> Answer | None:
    questions = list(scenario.company.answers or ())
    question = scenario.vendors.llm_answer
    return settings.answers[questions.index(question)] if question in questions else None


def _case(caller: Caller, settings: CallSettings) -> Case:
    """As `calls.services.recognise` leaves it."""
    kind = settings.problems.get(caller.open_ticket)
    case = Case(
        phone_number=caller.number,
        customer_id=1 if caller.first_name else None,
        first_name=caller.first_name,
        last_name=caller.last_name,
        company=caller.company,
        email=caller.email,
        earlier_calls=caller.earlier_calls,
        open_ticket=OpenTicket(1, caller.open_ticket, kind.name if kind else caller.open_ticket)
        if caller.open_ticket
        else None,
        has_returned=caller.nobody_answered,
    )
    if caller.cut is not None:
        known = {**caller.cut.known} | ({} if caller.cut.step is None else {"step": caller.cut.step})
        if caller.cut.by_number:
            name = f"{known.get('first_name', '')} {known.get('last_name', '')}".strip()
            case.cut = Cut(1, caller.cut.scene, known, name)
        else:
            case.recall(known, settings.problems)
            case.resumes_at = caller.cut.scene
    return case


def _ticket(case: Case, ending: Ending, settings: CallSettings) -> Mapping[str, str]:
    """As `tickets.services.open_ticket` leaves it."""
    assert ending.status != Call.Status.IN_PROGRESS  # a call that has ended leaves a ticket, whatever ended it
    problem = case.problem
    return {
        "status": str(status_of(case, ending)),
        "problem_type": problem.code if problem else "",
        "client_name": case.full_name,
        "client_email": case.email,
        "company": case.company,
        "phone_number": case.phone_number,
        "sentiment": str(sentiment_of(case)),
        "severity": problem.severity if problem else str(Severity.MEDIUM),
        "tag": problem.tag if problem else "",
        "description": censor(case.description, settings.censored),
    }
