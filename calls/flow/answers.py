"""Understanding, in the shape that `Dialogue.ask` takes: a value, or None."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from calls.dialogue import Dialogue
from calls.turns import Patience
from calls.understanding import Answer, fixed, yes_no

_KEYS = {"1": True, "2": False}  # yes and no on the telephone


def _decided(answer: Answer) -> bool | None:
    return None if answer is Answer.UNCLEAR else answer is Answer.YES


async def ask_yes_or_no(dialogue: Dialogue, key: str, *, values: Mapping[str, str] | None = None) -> bool | None:
    """A question that is answered by yes or no, in words or by a key; None: it was not, three times."""
    return await _ask(dialogue, key, lambda text: _decided(yes_no(text, dialogue.settings.language)), values)


async def ask_whether_it_works(dialogue: Dialogue, key: str) -> bool | None:
    """«Does it work now?»"""
    return await _ask(dialogue, key, lambda text: _decided(fixed(text, dialogue.settings.language)), None)


async def _ask(
    dialogue: Dialogue, key: str, understand: Callable[[str], bool | None], values: Mapping[str, str] | None
) -> bool | None:
    return await dialogue.ask(
        key,
        understand,
        patience=Patience.SHORT,
        retry="retry_yes_no",
        last="use_keys_yes_no",
        meaning=_KEYS,
        values=values,
    )
