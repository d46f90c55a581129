"""Who calls, when the number does not tell: asked item by item, each may be refused."""

from __future__ import annotations

from collections.abc import Callable

from calls.case import Case
from calls.dialogue import Dialogue
from calls.flow.answers import ask_yes_or_no
from calls.turns import Patience
from calls.understanding import company, email, first_name, free_company, phone, refuses, spelling

PHONE_KEYS = 10
REFUSED = ""  # an answer all the same: the question is not asked again


async def identification(dialogue: Dialogue, case: Case) -> None:
    """Complete the case; a caller who is known is not asked, nor is what the tenant does not want."""
    if case.customer_id is not None:
        return
    dialogue.enter("identification")
    questions = Questions(dialogue)
    asks = dialogue.settings.asks
    if not case.phone_number:
        case.phone_number = await questions.phone_number()
    if "first_name" in asks:
        case.first_name = await questions.first_name()
    if "last_name" in asks:
        case.last_name = await questions.last_name()
    if "company" in asks:
        case.company = await questions.company()
    if "email" in asks:
        case.email = await questions.email()
    await _confirm_name(dialogue, questions, case)
    await _confirm_company(dialogue, questions, case)


class Questions:
    """One question for each item; "" when the caller keeps it, or it was not understood twice."""

    def __init__(self, dialogue: Dialogue) -> None:
        self._dialogue = dialogue
        self._language = dialogue.settings.language

    async def phone_number(self) -> str:
        return await self._ask(
            "phone", lambda text: phone(text, self._language), Patience.SPELLING, keys=PHONE_KEYS, last="use_keys_phone"
        )

    async def first_name(self) -> str:
        return await self._ask("firstname", lambda text: first_name(text, self._language))

    async def last_name(self) -> str:
        return await self._ask("spelling", lambda text: spelling(text, self._language), Patience.SPELLING)

    async def company(self) -> str:
        known = self._dialogue.settings.companies
        return await self._ask(
            "company", lambda text: company(text, known, self._language) or free_company(text, self._language)
        )

    async def email(self) -> str:
        return await self._ask("email", lambda text: email(text, self._language), Patience.SPELLING)

    async def _ask(
        self,
        item: str,
        understand: Callable[[str], str | None],
        patience: Patience = Patience.NORMAL,
        *,
        keys: int = 0,
        last: str = "",
    ) -> str:
        def answer(text: str) -> str | None:
            return REFUSED if refuses(text, self._language) else understand(text)

        value = await self._dialogue.ask(
            f"ask_{item}", answer, patience=patience, retry=f"retry_{item}", last=last, keys=keys
        )
        if not value:
            await self._dialogue.say("skip_item")
        return value or ""


async def _confirm_name(dialogue: Dialogue, questions: Questions, case: Case) -> None:
    """Ask for the whole name; a «no» leads back to the part of it that is wrong."""
    if not (case.first_name and case.last_name):
        return
    names = {"first_name": case.first_name, "last_name": case.last_name}
    if await ask_yes_or_no(dialogue, "confirm_name", values=names) is not False:
        return
    if await ask_yes_or_no(dialogue, "confirm_first_name", values={"first_name": case.first_name}):
        case.last_name = await questions.last_name()
    else:
        case.first_name = await questions.first_name()


async def _confirm_company(dialogue: Dialogue, questions: Questions, case: Case) -> None:
    if not case.company:
        return
    if await ask_yes_or_no(dialogue, "confirm_company", values={"company": case.company}) is False:
        case.company = await questions.company()
