"""What is known of the caller and the problem; the conversation fills it in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from calls.models import Call
from calls.settings import Problem
from calls.understanding.text import fold

#: What outlasts the worker, for who closes the call or goes on with it. All else is in the records, or of one call.
_KNOWN: Final = (
    *("phone_number", "first_name", "last_name", "company", "email", "description", "step", "is_fixed"),
    *("is_about_open_ticket", "recording_refused", "wants_callback", "is_angry", "wants_human", "needs_nothing"),
    *("disclosure", "number_refused", "is_another"),
)

#: In the order in which a call goes through them.
_SCENES: Final = ("opening", "greeting", "identification", "diagnosis", "remedy", "verification", "handover", "closing")

LONGEST_DESCRIPTION: Final = 2000  # characters


@dataclass(frozen=True, slots=True)
class OpenTicket:
    """A ticket of this caller that is not solved yet."""

    id: int
    problem_code: str
    problem_name: str


@dataclass(frozen=True, slots=True)
class Cut:
    """A call that was cut off on our side: this one may go on with it."""

    call_id: int
    scene: str  # in which the caller was
    known: Mapping[str, Any]  # as Case.known told it
    name: str = ""
    has_ended: bool = False  # by the script, or the caller: only its row was not closed


@dataclass(slots=True)
class Case:
    """Facts for the ticket. Empty strings: not known."""

    phone_number: str = ""  # E.164
    caller_name: str = ""  # as the PBX displays it
    customer_id: int | None = None
    first_name: str = ""
    last_name: str = ""
    company: str = ""
    email: str = ""
    earlier_calls: int = 0
    is_another: bool = False  # than whom we know by this number
    open_ticket: OpenTicket | None = None
    is_about_open_ticket: bool = False
    has_returned: bool = False  # from a hand-over that nobody took
    cut: Cut | None = None  # of this number: perhaps this caller's
    resumes_at: str | None = None  # the scene of the call that this one goes on with; "" is before the first
    problem: Problem | None = None
    further: tuple[Problem, ...] = ()  # what fails besides, for when this one is solved
    step: int | None = None  # of the remedy, from 0, that the caller is at; None: none yet
    description: str = ""
    is_fixed: bool | None = None
    disclosure: str = ""  # the words that told the caller that a machine speaks
    recording_refused: bool = False
    number_refused: bool = False  # that of his telephone
    wants_callback: bool = False
    is_angry: bool = False
    wants_human: bool = False
    needs_nothing: bool = False  # the wrong number, say; nobody has to see to it
    wants_ticket: bool = False  # of a test call; every other call leaves one

    @property
    def full_name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip() or _of_somebody(self.caller_name)

    def is_past(self, scene: str) -> bool:
        """Whether the call that this one goes on with was cut off in a later scene."""
        return self.resumes_at in _SCENES[_SCENES.index(scene) + 1 :]

    def describe(self, words: str) -> None:
        """Add to the description what is not in it."""
        if words not in self.description:
            self.description = f"{self.description} {words}".strip()[:LONGEST_DESCRIPTION]

    def known(self) -> dict[str, Any]:
        """What must outlast the worker, as plain values; what is not known is left out."""
        found = {name: value for name, nothing in _NOTHING if (value := getattr(self, name)) != nothing}
        if self.problem:
            found["problem"] = self.problem.code
        if self.further:
            found["further"] = [problem.code for problem in self.further]
        return found

    def recall(self, known: Mapping[str, Any], problems: Mapping[str, Problem]) -> None:
        """Take over what `known` told of the same caller."""
        if known.get("is_another"):
            self.is_somebody_else()
        for name in _KNOWN:
            if name in known:
                setattr(self, name, known[name])
        self.problem = problems.get(known.get("problem", ""), self.problem)
        self.further = tuple(problems[code] for code in known.get("further", ()) if code in problems)

    def is_somebody_else(self) -> None:
        """Whom the records, or a call of before, know by this number is not who calls now."""
        self.cut = self.customer_id = self.open_ticket = None
        self.first_name = self.last_name = self.company = self.email = ""
        self.earlier_calls = 0
        self.is_another = True


#: What telephone networks write instead of a name, and what they put around it.
_NOBODY: Final = (
    *("anonymous", "anonyme", "unknown", "inconnu", "inconnue", "private", "prive", "privee", "withheld", "hidden"),
    *("restricted", "restreint", "unavailable", "indisponible", "masque", "masquee", "cache", "cachee", "secret"),
)
_AROUND: Final = ("number", "numero", "no", "caller", "appelant", "call", "appel", "name", "nom", "id", "user")


def _of_somebody(displayed: str) -> str:
    """The name that a PBX displays; "" for a number, and for what says that there is none."""
    words = set(re.findall(r"[^\W\d_]+", fold(displayed)))
    return displayed if words.difference(_NOBODY, _AROUND) else ""


_NOTHING: Final = [(name, getattr(Case(), name)) for name in _KNOWN]


@dataclass(frozen=True, slots=True)
class Ending:
    """How a conversation ended, for the call's row and for the dialplan."""

    status: Call.Status
    reason: Call.EndReason
    transfer_to: str = ""  # extension in the dialplan's [transfer] context
    error: str = ""
