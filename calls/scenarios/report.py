"""What came of a conversation, held against what was expected."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from calls.scenarios.scenario import Scenario


class SaidOrTurn(Protocol):
    """`calls.scribe.Said`, and the row that it becomes."""

    @property
    def speaker(self) -> str: ...
    @property
    def text(self) -> str: ...
    @property
    def phrase(self) -> str: ...
    @property
    def started_at(self) -> float: ...
    @property
    def was_interrupted(self) -> bool: ...
    @property
    def response_seconds(self) -> float | None: ...


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a conversation, by text or by telephone."""

    end: str
    transfer_to: str
    scenes: Sequence[str]
    turns: Sequence[SaidOrTurn]
    ticket: Mapping[str, str]  # what is missing cannot be told
    seconds: float
    about_open_ticket: bool
    is_recorded: bool | None = None  # None: this cannot be told
    unsaid: Sequence[str] = ()  # lines that the caller had no occasion to say
    measures_time: bool = True  # a busy machine does not count


@dataclass(frozen=True, slots=True)
class Report:
    """`failures` are sentences; `skipped` says why it was not played."""

    name: str
    failures: tuple[str, ...] = ()
    seconds: float = 0.0  # of the call
    transcript: tuple[str, ...] = ()
    unsaid: tuple[str, ...] = ()
    skipped: str = ""

    @property
    def passed(self) -> bool:
        return not self.failures and not self.skipped

    @property
    def failed(self) -> bool:
        return bool(self.failures)


def report(scenario: Scenario, outcome: Outcome) -> Report:
    """Every expectation that was not met, and what was said."""
    return Report(
        name=scenario.name,
        failures=tuple(_failures(scenario, outcome)),
        seconds=round(outcome.seconds, 1),
        transcript=tuple(
            f"{turn.started_at:6.1f}  {turn.phrase or turn.speaker:32}  {turn.text}"
            + (" [interrupted]" if turn.was_interrupted else "")
            for turn in outcome.turns
        ),
        unsaid=tuple(outcome.unsaid),
    )


def _failures(scenario: Scenario, outcome: Outcome) -> Iterable[str]:
    expect = scenario.expect
    if outcome.end != expect.end:
        yield f"it ended with {outcome.end!r}, not with {expect.end!r}"
    if expect.transfer_to and outcome.transfer_to != expect.transfer_to:
        yield f"it was handed over to {outcome.transfer_to!r}, not to {expect.transfer_to!r}"
    for field, value in expect.ticket.items():
        if field in outcome.ticket and outcome.ticket[field] != value:
            yield f"the ticket's {field} is {outcome.ticket[field]!r}, not {value!r}"
    if expect.about_open_ticket not in (None, outcome.about_open_ticket):
        yield f"about the open ticket: {outcome.about_open_ticket}"
    if None not in (expect.is_recorded, outcome.is_recorded) and expect.is_recorded != outcome.is_recorded:
        yield f"recorded: {outcome.is_recorded}"

    if missing := _missing(expect.scenes, outcome.scenes):
        yield f"no scene {missing!r} in its place among {', '.join(outcome.scenes)}"
    elif outcome.scenes[-1] != expect.scenes[-1]:
        yield f"it ended in the scene {outcome.scenes[-1]!r}, not in {expect.scenes[-1]!r}"

    bot = [turn for turn in outcome.turns if turn.phrase]
    keys = [turn.phrase for turn in bot]
    if missing := _missing(expect.heard, keys):
        yield f"the bot did not say {missing!r} in its place, but {', '.join(keys)}"
    for key in expect.not_heard:
        if key in keys:
            yield f"the bot said {key!r}"
    spoken = " ".join(turn.text for turn in bot)
    for words in expect.words:
        if words not in spoken:
            yield f"the bot did not say «{words}»"
    interrupted = [turn.phrase for turn in bot if turn.was_interrupted]
    if expect.interrupted is not None and interrupted != list(expect.interrupted):
        yield f"interrupted: {', '.join(interrupted) or 'nothing'}"

    if outcome.measures_time:
        for key, longest in expect.response_seconds.items():
            times = [turn.response_seconds for turn in bot if turn.phrase == key and turn.response_seconds is not None]
            if not times:
                yield f"{key!r} answers nothing, so no time can be told"
            elif max(times) > longest:
                yield f"{key!r} came after {max(times):.2f} s, not within {longest:.2f} s"


def _missing(expected: Sequence[str], found: Iterable[str]) -> str:
    """The first entry that does not come after those before it."""
    rest = iter(found)
    return next((entry for entry in expected if entry not in rest), "")
