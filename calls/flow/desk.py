"""What the script asks of the world outside the conversation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from calls.case import Case
from calls.settings import Problem


class Desk(Protocol):
    async def look_up_caller(self, case: Case) -> None:
        """Complete the case with what is known of its caller. Bounded to 2 s, never raises."""

    async def decide_problem(self, description: str, problems: Mapping[str, Problem]) -> str | None:
        """The code of the problem that the words describe, by the language model.

        None: it does not know, or did not answer in time. Never raises.
        """
