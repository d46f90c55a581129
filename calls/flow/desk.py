"""What the script asks of the world outside the conversation."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from datetime import datetime
from typing import Final, Protocol

from calls.case import Case
from calls.settings import Answer, Problem

OFF_TOPIC: Final = "off topic"  # instead of a problem's code


class Desk(Protocol):
    """All of it is bounded to a few seconds and never raises."""

    def now(self) -> datetime:
        """The time of day, aware."""

    async def look_up_caller(self, case: Case) -> None:
        """Complete the case with what is known of its caller."""

    async def go_on(self, case: Case) -> bool:
        """Go on with the call of `case.cut`: `case.resumes_at` says where; False: that cannot be done any more."""

    async def decide_problem(self, description: str, problems: Mapping[str, Problem]) -> str | None:
        """The code of the problem that the words describe, by the language model; or OFF_TOPIC.

        None: it does not know, or did not answer in time.
        """

    async def choose_answer(self, question: str, answers: Sequence[Answer]) -> Answer | None:
        """Which of the company's answers fits a question, by the language model; None: none."""

    def word_answer(self, question: str, answers: Sequence[Answer]) -> AsyncGenerator[str, None]:
        """An answer to a question in other words than the company's, a sentence at a time; none: it has none."""

    async def free_target(self, *, on_call: bool = False, overflow: bool = False) -> str:
        """The extension of a person who can take the call now; "" when nobody can.

        `on_call`: one who is reachable outside the opening hours. `overflow`: one who takes
        the calls that there are too many of.
        """

    def stop_recording(self) -> None:
        """The caller refuses to be recorded: nothing of it is kept."""
