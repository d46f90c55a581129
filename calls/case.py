"""What is known of the caller and the problem; the conversation fills it in."""

from __future__ import annotations

from dataclasses import dataclass

from calls.models import Call
from calls.settings import Problem


@dataclass(frozen=True, slots=True)
class OpenTicket:
    """A ticket of this caller that is not solved yet."""

    id: int
    problem_code: str
    problem_name: str


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
    open_ticket: OpenTicket | None = None
    is_about_open_ticket: bool = False
    returned_ticket_id: int | None = None  # of this call's first part, when nobody took the hand-over
    problem: Problem | None = None
    description: str = ""
    is_fixed: bool | None = None
    disclosure: str = ""  # the words that told the caller that a machine speaks
    recording_refused: bool = False
    wants_callback: bool = False
    is_angry: bool = False
    wants_human: bool = False
    wants_ticket: bool = False  # of a test call; every other call leaves one

    @property
    def full_name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip() or self.caller_name


@dataclass(frozen=True, slots=True)
class Ending:
    """How a conversation ended, for the call's row and for the dialplan."""

    status: Call.Status
    reason: Call.EndReason
    transfer_to: str = ""  # extension in the dialplan's [transfer] context
    error: str = ""
