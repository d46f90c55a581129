"""Who calls, when the number does not tell: asked one by one, each may be refused."""

from __future__ import annotations

from collections.abc import Callable

from calls.case import Case
from calls.dialogue import Dialogue, Patience
from calls.flow.answers import KEYS, yes_or_no
from calls.understanding import company, email, first_name, free_company, phone, refuses, spelling

PHONE_KEYS = 10
REFUSED = ""  # an answer all the same: the question is not asked again


async def identification(dialogue: Dialogue, case: Case) -> None:
    """Complete the case; a caller who is known is not asked."""
    if case.customer_id is not None:
        return
    dialogue.enter("identification")
    language, companies = dialogue.settings.language, dialogue.settings.companies

    if not case.phone_number:
        case.phone_number = await _ask(
            dialogue, "phone", lambda text: phone(text, language), Patience.SPELLING, keys=PHONE_KEYS
        )
    case.first_name = await _ask(dialogue, "firstname", lambda text: first_name(text, language))
    case.last_name = await _ask(dialogue, "spelling", lambda text: spelling(text, language), Patience.SPELLING)
    case.company = await _ask(
        dialogue, "company", lambda text: company(text, companies, language) or free_company(text, language)
    )
    case.email = await _ask(dialogue, "email", lambda text: email(text, language), Patience.SPELLING)
    await _confirm_name(dialogue, case)
    await _confirm_company(dialogue, case)


async def _ask(
    dialogue: Dialogue,
    item: str,
    understand: Callable[[str], str | None],
    patience: Patience = Patience.NORMAL,
    keys: int = 0,
) -> str:
    """One item, or "" when the caller keeps it or it was not understood twice."""
    language = dialogue.settings.language

    def answer(text: str) -> str | None:
        return REFUSED if refuses(text, language) else understand(text)

    value = await dialogue.ask(f"ask_{item}", answer, patience=patience, retry=f"retry_{item}", keys=keys)
    if not value:
        await dialogue.say("skip_item")
    return value or ""


async def _confirm_name(dialogue: Dialogue, case: Case) -> None:
    if not (case.first_name and case.last_name):
        return
    if await _is_right(dialogue, "confirm_name", first_name=case.first_name, last_name=case.last_name) is False:
        language = dialogue.settings.language
        case.first_name = await _ask(dialogue, "firstname", lambda text: first_name(text, language))
        case.last_name = await _ask(dialogue, "spelling", lambda text: spelling(text, language), Patience.SPELLING)


async def _confirm_company(dialogue: Dialogue, case: Case) -> None:
    if not case.company:
        return
    if await _is_right(dialogue, "confirm_company", company=case.company) is False:
        language, companies = dialogue.settings.language, dialogue.settings.companies
        case.company = await _ask(
            dialogue, "company", lambda text: company(text, companies, language) or free_company(text, language)
        )


async def _is_right(dialogue: Dialogue, key: str, **values: str) -> bool | None:
    return await dialogue.ask(
        key,
        yes_or_no(dialogue.settings.language),
        patience=Patience.SHORT,
        retry="retry_yes_no",
        meaning=KEYS,
        values=values,
    )
