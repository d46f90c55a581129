"""What is told beside an answer, or before any question, of who calls: «Isabelle Petit, P E T I T, de chez Globex»."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial

from calls.case import Case
from calls.dialogue import Dialogue
from calls.settings import CallSettings
from calls.understanding import (
    company,
    email,
    first_name,
    free_company,
    last_name_corrected,
    spelling,
    tells_address,
    tells_employer,
    trading_name,
)
from calls.understanding.names import is_first_name
from calls.understanding.text import compact, words

# After which of our questions an item is told too early; "" is before any.
_BEFORE_LAST_NAME = ("", "ask_firstname", "retry_firstname")
_BEFORE_COMPANY = (*_BEFORE_LAST_NAME, "ask_spelling", "retry_spelling")
_BEFORE_EMAIL = (*_BEFORE_COMPANY, "ask_company", "retry_company")
_BEHIND_LAST_NAME = ("ask_company", "retry_company", "ask_email", "retry_email")
_PAUSE = re.compile(r"[,.;](?=\s)")


async def keep_early_answers(dialogue: Dialogue, case: Case, text: str) -> None:
    """Keep what answers a later question, where it is surely understood: that question is left out then."""
    readings = dict(_readings(dialogue.asked, case, dialogue.settings))
    if not readings or case.customer_id is not None:
        return

    def read(text: str) -> dict[str, str | None]:
        return {item: reading(text) for item, reading in readings.items()}

    for item, value in (await dialogue.make_sense(read, text)).items():
        if value:
            setattr(case, item, value)


def _readings(asked: str, case: Case, settings: CallSettings) -> Iterator[tuple[str, Callable[[str], str | None]]]:
    """How each item is read that may be told too early, or be corrected too late."""
    asks, language = settings.asks, settings.language
    if "last_name" in asks and not case.last_name and asked in _BEFORE_LAST_NAME:
        yield "last_name", partial(early_last_name, language=language)
    if case.last_name and asked in _BEHIND_LAST_NAME:
        yield "last_name", partial(last_name_corrected, noted=case.last_name, language=language)
    if "company" in asks and not case.company and asked in _BEFORE_COMPANY:
        yield "company", partial(early_company, settings=settings)
    if "email" in asks and not case.email and asked in _BEFORE_EMAIL:
        yield "email", partial(early_email, language=language)


def early_last_name(text: str, language: str) -> str:
    """The last name, where it was said and then spelled, behind a first one; "" where it was not."""
    first, last = first_name(text, language), spelling(text, language)
    is_said = last is not None and compact(last) in map(compact, words(text, language))
    return last if first and last and is_said and compact(last) != compact(first) else ""


def early_company(text: str, settings: CallSettings) -> str:
    """The company, where it is a known one, does what it is called by, or is told to be the caller's."""
    language = settings.language
    text = _before_address(text, language)
    person = first_name(text, language)
    others = text.replace(person, "", 1) if person and is_first_name(compact(person), language) else text
    if known := company(others, settings.companies, language):
        return known
    if trade := trading_name(text, language):
        return free_company(trade, language) or ""
    return (free_company(text, language) or "") if tells_employer(text, language) else ""


def early_email(text: str, language: str) -> str | None:
    """The e-mail address, where it is surely one."""
    return email(text, language) if tells_address(text, language) else None


def _before_address(text: str, language: str) -> str:
    """«De chez Globex, delphine arobase globex point com» without the address, which names companies, too."""
    if not tells_address(text, language):
        return text
    starts = [pause.start() for pause in _PAUSE.finditer(text) if tells_address(text[pause.start() :], language)]
    return text[: starts[-1]] if starts else ""
