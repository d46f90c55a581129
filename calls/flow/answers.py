"""Understanding, in the shape that `Dialogue.ask` takes: a value, or None."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TypeVar

from calls.dialogue import Dialogue
from calls.turns import Patience
from calls.understanding import Answer, farewell, fixed, is_question, refuses, yes_no

Value = TypeVar("Value")

_RETRY = "retry_yes_no"
_KEYS = {"1": True, "2": False}  # yes and no on the telephone
# «Non, c'est …»: what is right comes after it.
_NO = {
    "fr": re.compile(r"\W*(?:(?:euh|ah|mais|non|nan)\b\W*)+", re.IGNORECASE),
    "en": re.compile(r"\W*(?:(?:um|uh|oh|no|nope)\b\W*)+", re.IGNORECASE),
}


def _decided(answer: Answer) -> bool | None:
    return None if answer is Answer.UNCLEAR else answer is Answer.YES


async def ask_yes_or_no(
    dialogue: Dialogue,
    key: str,
    *,
    values: Mapping[str, str] | None = None,
    judge: Callable[[str, str], Answer] = yes_no,
) -> bool | None:
    """A question that is answered by yes or no, in words or by a key; None: it was not, three times."""
    return await _ask(dialogue, key, lambda text: _decided(judge(text, dialogue.settings.language)), values)


async def ask_yes_or_no_unless(
    dialogue: Dialogue,
    key: str,
    other: Callable[[str], Value | None],
    judge: Callable[[str, str], Answer] = yes_no,
    *,
    values: Mapping[str, str] | None = None,
    retry: str = _RETRY,
) -> Value | bool | None:
    """As `ask_yes_or_no`, or with `fixed` as `ask_whether_it_works`; but what `other` finds in it is the answer."""
    language = dialogue.settings.language

    def understand(text: str) -> Value | bool | None:
        found = other(text)
        return _decided(judge(text, language)) if found is None else found

    return await _ask(dialogue, key, understand, values, retry)


async def ask_whether_it_works(dialogue: Dialogue, key: str) -> bool | None:
    """«Does it work now?»"""
    return await _ask(dialogue, key, lambda text: _decided(fixed(text, dialogue.settings.language)))


async def ask_whether_to_end(dialogue: Dialogue) -> bool | None:
    """«Would you like to end the call?»; a goodbye is a yes."""
    return await ask_yes_or_no_unless(
        dialogue, "ask_end", lambda text: True if farewell(text, dialogue.settings.language) else None
    )


async def ask_whether_right(
    dialogue: Dialogue,
    key: str,
    correction: Callable[[str], Value | None],
    values: Mapping[str, str],
    *,
    told_again: Callable[[str], Value | None] = lambda text: None,
    told_instead: Callable[[str], Value | None] = lambda text: None,
    judge: Callable[[str, str], Answer] = yes_no,
) -> Value | bool | None:
    """As `ask_yes_or_no`; but what `correction` finds in «non, c'est …», or instead of a yes, is the answer.

    So is what `told_again` finds beside a yes, and `told_instead` in all that is none.
    """
    language = dialogue.settings.language

    def understand(text: str) -> Value | bool | None:
        agreed = _decided(judge(text, language))
        if agreed:
            right = told_again(text)
            return agreed if right is None else right
        if refuses(text, language) or is_question(text, language):
            return agreed
        if (right := told_instead(text)) is not None:
            return right
        rest = _NO[language].sub("", text, count=1) if _NO[language].match(text) else text
        if agreed is None:
            rest = rest[:1].lower() + rest[1:]  # the capital of «peut-être» makes no name of it
        # «ce n'est pas ça», «c'est une erreur» deny and tell nothing.
        denies_again = yes_no(rest, language) is Answer.NO
        right = correction(rest) if rest and not denies_again else None
        return agreed if right is None else right

    return await _ask(dialogue, key, understand, values)


async def _ask(
    dialogue: Dialogue,
    key: str,
    understand: Callable[[str], Value | bool | None],
    values: Mapping[str, str] | None = None,
    retry: str = _RETRY,
) -> Value | bool | None:
    return await dialogue.ask(
        key,
        understand,
        patience=Patience.SHORT,
        retry=retry,
        last="use_keys_yes_no",
        meaning=_KEYS,
        values=values,
    )
