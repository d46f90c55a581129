"""What a scenario is made of. The fields are the keys of its TOML file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from calls.scenarios.script import Step
from tenants.presets import problem_types


@dataclass(frozen=True, slots=True)
class Line:
    """Something that the caller does; only if the bot has said the phrase `after`, when there is one."""

    step: Step
    after: str = ""
    text: str = ""  # as it stands in the file


@dataclass(frozen=True, slots=True)
class Cut:
    """A call of the same caller that was cut off on our side."""

    scene: str
    by_number: bool = False  # it is called again, from the same number; else the dialplan tries again
    known: Mapping[str, str] = field(default_factory=dict)  # as calls.case.Case.known
    step: int | None = None  # of the remedy, from 0


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls. Whoever has a first name is a customer."""

    number: str  # of this scenario alone, international; "" is withheld
    first_name: str = ""
    last_name: str = ""
    company: str = ""
    email: str = ""
    earlier_calls: int = 0
    open_ticket: str = ""  # the code of its problem
    nobody_answered: bool = False  # this call was handed over, and comes back
    cut: Cut | None = None


@dataclass(frozen=True, slots=True)
class Company:
    """What the tenant's settings are replaced by, so that it is known what must come; None stays the tenant's.

    Its phrases, keywords, kinds of problem and hours are always its own.
    """

    companies: tuple[str, ...] = ("CARvertical", "Vetodok", "RCF Elec", "Globex")
    technician: str = "technician"  # the extension of whoever is free; "" is nobody
    on_call: str = ""  # the extension of whoever is reachable outside the opening hours
    is_open: bool = True
    answers: Mapping[str, str] | None = None  # question -> answer
    words_answers: bool = False
    record: bool = False
    announces_recording: bool = False
    skipped_items: tuple[str, ...] = ()
    max_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Vendors:
    """What the vendors do; all are well by default."""

    llm_is_away: bool = False
    llm_problem: str = ""  # the code that the language model decides on, or «off topic»; "" is that it does not know
    llm_answer: str = ""  # the question of the company's answers that it chooses
    llm_sentences: tuple[str, ...] = ()  # that it answers in its own words
    hears_until: float | None = None  # seconds of the call; from then on speech-to-text is gone
    speaks_until: float | None = None  # from then on only what is cached is spoken
    is_cached: bool = True


@dataclass(frozen=True, slots=True)
class Expected:
    """What must come of it. Lists are met when their entries come in this order, others between them."""

    end: str  # a Call.EndReason
    scenes: tuple[str, ...]  # the last one is where the call ends
    ticket: Mapping[str, str] = field(default_factory=dict)  # as tickets.services.as_dict; "" is empty
    heard: tuple[str, ...] = ()  # keys of phrases that the bot says
    not_heard: tuple[str, ...] = ()
    whole: tuple[str, ...] = ()  # keys of phrases that the bot says to their end, as the company has written them
    values: Mapping[str, str] = field(default_factory=dict)  # that it says, where the company's phrases have them
    words: tuple[str, ...] = ()  # pieces of what it says that the scenario itself brings
    interrupted: tuple[str, ...] | None = None  # exactly the phrases that were cut short
    transfer_to: str = ""
    is_recorded: bool | None = None
    about_open_ticket: bool | None = None
    response_seconds: Mapping[str, float] = field(default_factory=dict)  # phrase -> the longest wait for it


@dataclass(frozen=True, slots=True)
class Scenario:
    name: str
    language: str
    about: str
    caller: Caller
    says: tuple[Line, ...]
    expect: Expected
    company: Company = Company()
    vendors: Vendors = Vendors()

    @property
    def audio_obstacle(self) -> str:
        """Why it can be played in text only; "" when a real line will do."""
        if self.caller.nobody_answered or self.caller.cut:
            return "it begins where another call ended"
        if self.vendors != Vendors():
            return "the vendors misbehave"
        if self.company != Company():
            return "the company is not an ordinary one"
        if any(line.after and getattr(line.step, "interrupt_after", None) is not None for line in self.says):
            return "a certain phrase is interrupted"
        if self.caller.open_ticket and self.caller.open_ticket not in {
            kind.code for kind in problem_types(self.language)
        }:
            return "the open ticket is of a kind that no company has"
        return ""
