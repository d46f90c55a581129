"""What came of a conversation, held against what was expected."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from django.utils.translation import gettext

from calls.models import Call, Turn
from calls.scenarios.scenario import Scenario
from calls.settings import CallSettings
from calls.templatetags.calls import scene_name
from tenants.presets import names
from tickets.models import Ticket

_VALUE = re.compile(r"\{\w+\}")


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


def report(scenario: Scenario, outcome: Outcome, settings: CallSettings) -> Report:
    """Every expectation that was not met, and what was said, in the language of whoever reads.

    `settings`: those that it was played with, whose phrases are what must be heard.
    """
    return Report(
        name=scenario.name,
        failures=tuple(_failures(scenario, outcome, texts_of(settings))),
        seconds=round(outcome.seconds, 1),
        transcript=tuple(_line(turn) for turn in outcome.turns),
        unsaid=tuple(outcome.unsaid),
    )


def texts_of(settings: CallSettings) -> dict[str, str]:
    """What the company has the bot say, by key: phrases and steps of remedies."""
    steps = [step.phrase for problem in settings.problems.values() for step in problem.steps]
    return {phrase.key: phrase.text for phrase in [*settings.phrases.values(), *steps]}


def _line(turn: SaidOrTurn) -> str:
    who = str(Turn.Speaker(turn.speaker).label)
    who = f"{who} · {names.name_of(turn.phrase)}" if turn.phrase else who
    cut = f" [{gettext('interrupted')}]" if turn.was_interrupted else ""
    return f"{turn.started_at:6.1f}  {who:40}  {turn.text}{cut}"


def _failures(scenario: Scenario, outcome: Outcome, texts: Mapping[str, str]) -> Iterable[str]:
    yield from _wrong_ends(scenario, outcome)
    expect = scenario.expect
    if missing := _missing(expect.scenes, outcome.scenes):
        yield gettext("the scene “%(missing)s” is not in its place among: %(scenes)s") % {
            "missing": scene_name(missing),
            "scenes": ", ".join(str(scene_name(scene)) for scene in outcome.scenes),
        }
    elif outcome.scenes[-1] != expect.scenes[-1]:
        yield gettext("it ended in the scene “%(found)s”, not in “%(expected)s”") % {
            "found": scene_name(outcome.scenes[-1]),
            "expected": scene_name(expect.scenes[-1]),
        }

    bot = [turn for turn in outcome.turns if turn.phrase]
    keys = [turn.phrase for turn in bot]
    if missing := _missing(expect.heard, keys):
        yield gettext("the bot did not say “%(missing)s” in its place, but: %(said)s") % {
            "missing": _named(missing),
            "said": ", ".join(map(_named, keys)),
        }
    for key in expect.not_heard:
        if key in keys:
            yield gettext("the bot said “%s”") % _named(key)
    yield from _wrong_words(scenario, bot, texts)
    interrupted = [turn.phrase for turn in bot if turn.was_interrupted]
    if expect.interrupted is not None and interrupted != list(expect.interrupted):
        yield gettext("interrupted: %s") % (", ".join(map(_named, interrupted)) or gettext("nothing"))

    if outcome.measures_time:
        for key, longest in expect.response_seconds.items():
            times = [turn.response_seconds for turn in bot if turn.phrase == key and turn.response_seconds is not None]
            if not times:
                yield gettext("“%s” answers nothing, so no time can be told") % _named(key)
            elif max(times) > longest:
                yield gettext("“%(phrase)s” came after %(found).2f s, not within %(expected).2f s") % {
                    "phrase": _named(key),
                    "found": max(times),
                    "expected": longest,
                }


def _wrong_ends(scenario: Scenario, outcome: Outcome) -> Iterable[str]:
    """How it ended, and what it left."""
    expect = scenario.expect
    if outcome.end != expect.end:
        ends = dict(Call.EndReason.choices)
        yield gettext("it ended with “%(found)s”, not with “%(expected)s”") % {
            "found": ends.get(outcome.end, outcome.end),
            "expected": ends[expect.end],
        }
    if expect.transfer_to and outcome.transfer_to != expect.transfer_to:
        yield gettext("it was handed over to “%(found)s”, not to “%(expected)s”") % {
            "found": outcome.transfer_to,
            "expected": expect.transfer_to,
        }
    for name, value in expect.ticket.items():
        if name in outcome.ticket and outcome.ticket[name] != value:
            field = Ticket._meta.get_field(name)
            words = dict(getattr(field, "flatchoices", ()))
            yield gettext("the ticket has “%(found)s” as its %(field)s, not “%(expected)s”") % {
                "found": words.get(outcome.ticket[name], outcome.ticket[name]),
                "field": getattr(field, "verbose_name", name),
                "expected": words.get(value, value),
            }
    if expect.about_open_ticket not in (None, outcome.about_open_ticket):
        yield (
            gettext("it was about the open ticket")
            if outcome.about_open_ticket
            else gettext("it was not about the open ticket")
        )
    if None not in (expect.is_recorded, outcome.is_recorded) and expect.is_recorded != outcome.is_recorded:
        yield gettext("it was recorded") if outcome.is_recorded else gettext("it was not recorded")


def _wrong_words(scenario: Scenario, bot: Sequence[SaidOrTurn], texts: Mapping[str, str]) -> Iterable[str]:
    """What was said, by the company's own texts: they may be in other words than the preset's."""
    expect = scenario.expect
    for key in expect.whole:
        if not any(turn.phrase == key and _is_whole(turn.text, texts.get(key, "")) for turn in bot):
            yield gettext("the bot did not say all of “%s”") % _named(key)
    for name, value in expect.values.items():
        said = [turn.text for turn in bot if f"{{{name}}}" in texts.get(turn.phrase, "")]
        if said and not any(value in text for text in said):
            yield gettext("the bot did not say “%s”") % value
    spoken = " ".join(turn.text for turn in bot)
    for words in expect.words:
        if words not in spoken:
            yield gettext("the bot did not say “%s”") % words


def _is_whole(said: str, text: str) -> bool:
    """Whether it is the text to its end, whatever its values are."""
    pattern = ".*".join(map(re.escape, _VALUE.split(text.strip())))
    return re.fullmatch(pattern, said, re.DOTALL) is not None


def _named(key: str) -> str:
    name = names.name_of(key)
    return name if name == key else f"{name} ({key})"


def _missing(expected: Sequence[str], found: Iterable[str]) -> str:
    """The first entry that does not come after those before it."""
    rest = iter(found)
    return next((entry for entry in expected if entry not in rest), "")
