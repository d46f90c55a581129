"""Who calls, when the number does not tell: asked item by item, each may be refused."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from functools import partial

from calls.case import Case
from calls.dialogue import Dialogue
from calls.dictation import Dictation
from calls.fates import CallerLeaves, CallerWantsCallback, CallerWantsHuman
from calls.flow.answers import ask_whether_right, ask_yes_or_no
from calls.flow.callback import note_callback
from calls.flow.closing import ANYWAY
from calls.turns import Patience
from calls.understanding import (
    agrees_to_name,
    asks_to_wait,
    company,
    email,
    first_name,
    free_company,
    is_complaint,
    last_name_again,
    last_name_corrected,
    name_instead,
    only_asks_to_wait,
    phone,
    prefers_call,
    problem,
    refuses,
    spelling,
    tells_address,
    tells_home,
    tells_hour,
    tells_role,
    told_instead,
)
from calls.understanding.address_of_names import Names, address_of_names
from calls.understanding.company_instead import (
    agrees_to_company,
    names_another_beside_yes,
    names_instead,
    tells_left,
    told_of_company,
    told_today,
)
from calls.understanding.names import is_first_name
from calls.understanding.phone import most_digits
from calls.understanding.text import fold

PHONE_KEYS = {"fr": 10, "en": 11}  # of the longest national numbers; fewer end with a pause
USE_KEYS = "use_keys_phone"
WHERE = "ask_callback_phone"
FEWEST_DIGITS = 5  # in a row, of what may be a number; «ten thirty» is an hour
REFUSED = ""  # an answer all the same: the question is not asked again
SENTENCE_WORDS = 5  # no name of a company, if they complain of a problem


async def identification(dialogue: Dialogue, case: Case) -> None:
    """Complete the case; a caller who is known is not asked, nor is what the tenant does not want."""
    if case.customer_id is not None:
        return
    dialogue.enter("identification")
    questions = Questions(dialogue, case)
    asks = dialogue.settings.asks
    if not case.phone_number:
        case.phone_number = await questions.phone_number()
    if "first_name" in asks and not case.first_name:
        case.first_name = await questions.first_name()
    if "last_name" in asks and not case.last_name:
        case.last_name = await questions.last_name()
    if "company" in asks and not case.company:
        case.company = await questions.company()
    if "email" in asks and not case.email:
        case.email = await questions.email()
    await _confirm_name(dialogue, questions, case)
    await _confirm_company(dialogue, questions, case)
    await questions.write_address_again()


async def ask_where_to_call_back(dialogue: Dialogue, case: Case, question: str = WHERE) -> None:
    """On the way out, if we have no number and it was not refused.

    Raises CallerLeaves: who says goodbye instead is not to be called.
    """
    if not case.phone_number and not case.number_refused:
        try:
            with contextlib.suppress(*ANYWAY):
                case.phone_number = await Questions(dialogue, case).number_to_call_back(question)
        except CallerLeaves:
            case.wants_callback = False
            raise


class Questions:
    """One question for each item; "" when the caller keeps it, or it was not understood twice."""

    def __init__(self, dialogue: Dialogue, case: Case) -> None:
        self._dialogue = dialogue
        self._case = case
        self._language = dialogue.settings.language
        self._told_with_number = ""
        # Addresses that were made of names, with what was said.
        self._made_of_names: dict[str, str] = {}

    async def phone_number(self) -> str:
        return await self._or_skip(await self._number("ask_phone", "retry_phone", last=USE_KEYS))

    async def number_to_call_back(self, question: str) -> str:
        """Where nothing else is asked any more: `question` once, then for keys.

        Who asks to be called back tomorrow instead is asked again, and the ticket has it.
        """
        try:
            number = await self._number(question, USE_KEYS) or ""
        except CallerWantsCallback as wish:
            await note_callback(self._dialogue, self._case, str(wish))
            number = self._case.phone_number or await self._number(question, USE_KEYS) or ""
        if tells_hour(self._told_with_number, self._language):
            self._case.describe(self._told_with_number)
        return number

    async def _number(self, question: str, retry: str, *, last: str = "") -> str | None:
        keep = partial(setattr, self._case, "phone_number")
        keys = PHONE_KEYS[self._language]
        with self._dialogue.answering(CallerWantsCallback, where=self._tells_digits):
            number = await self._answer(question, retry, self._number_in, keep, last=last, keys=keys)
        self._case.number_refused = number == REFUSED
        return number

    def _number_in(self, text: str) -> str | None:
        if number := phone(text, self._language):
            self._told_with_number = text  # «demain matin, au zéro six …»
        return number

    def _tells_digits(self, text: str) -> bool:
        """«Vous pouvez me rappeler au zéro six …»."""
        return most_digits(text, self._language) >= FEWEST_DIGITS

    async def first_name(self) -> str:
        return await self._ask("firstname", self._person)

    def _person(self, text: str) -> str | None:
        name = first_name(text, self._language)
        if name is None or is_first_name(fold(name), self._language):
            return name
        is_client = company(text, self._dialogue.settings.companies, self._language) is not None
        return None if is_client else name  # «Vetodok»: who calls is still to be asked

    async def last_name(self) -> str:
        keep = partial(setattr, self._case, "last_name")
        return await self._ask("spelling", self._surname, keep)

    def _surname(self, text: str) -> str | None:
        name = spelling(text, self._language)
        is_first = name is not None and fold(name) == fold(self._case.first_name)
        # «Emma, E M M A» has the question again; who says so twice is called so twice.
        return None if is_first and self._dialogue.asked != "retry_spelling" else name

    async def company(self) -> str:
        is_role = partial(tells_role, language=self._language)  # «secrétaire» asks for nobody here
        likely, answering = self._dialogue.settings.likely_companies, self._dialogue.answering
        with self._dialogue.expecting(likely), answering(CallerWantsHuman, where=is_role):
            return await self._ask("company", self._employer)

    def _employer(self, text: str) -> str | None:
        if last_name_corrected(text, self._case.last_name, self._language):
            return None  # heard by `keep_early_answers`
        name = self.named_company(text)
        known = self._dialogue.settings.companies
        if name in known:
            return name
        if tells_role(text, self._language):
            return None
        return REFUSED if tells_home(text, self._language) else name

    def named_company(self, text: str) -> str | None:
        settings = self._dialogue.settings
        text = told_today(text, self._language)
        if known := company(text, settings.companies, self._language):
            return known
        if sum(f" {name.lower()}" in f" {text.lower()}" for name in settings.companies) > 1:
            return None  # «on est deux, Globex et Vetodok»
        if tells_address(text, self._language):
            return None
        if only_asks_to_wait(text, self._language):
            return None  # «deux secondes, c'est marqué sur un papier»
        names_problem = len(text.split()) >= SENTENCE_WORDS and problem(text, settings.problem_index, self._language)
        if names_problem and is_complaint(text, self._language):
            return None  # «j'appelle parce que ma box ne marche plus»
        return free_company(text, self._language)

    async def email(self) -> str:
        keep = partial(setattr, self._case, "email")
        prefers = partial(prefers_call, language=self._language)
        with self._dialogue.answering(CallerWantsCallback, where=prefers):
            return await self._ask("email", self._address, keep)

    def _address(self, text: str) -> str | None:
        address = email(text, self._language) or self._address_of_names(text)
        return REFUSED if address is None and prefers_call(text, self._language) else address

    def _address_of_names(self, text: str) -> str | None:
        case = self._case
        address = address_of_names(text, Names(case.first_name, case.last_name, case.company), self._language)
        if address:
            self._made_of_names[address] = text
        return address

    async def write_address_again(self) -> None:
        """A name that was corrected is corrected in the address that was made of it, too."""
        if text := self._made_of_names.get(self._case.email):
            address: str | None = await self._dialogue.make_sense(self._address_of_names, text)
            self._case.email = address or ""

    async def _ask(
        self, item: str, understand: Callable[[str], str | None], keep: Callable[[str], None] | None = None
    ) -> str:
        return await self._or_skip(await self._answer(f"ask_{item}", f"retry_{item}", understand, keep))

    async def _or_skip(self, value: str | None) -> str:
        if not value:
            await self._dialogue.say("skip_item")
        return value or ""

    async def _answer(
        self,
        question: str,
        retry: str,
        understand: Callable[[str], str | None],
        keep: Callable[[str], None] | None,
        *,
        last: str = "",
        keys: int = 0,
    ) -> str | None:
        """None: it was not understood. `keep`: it is dictated, and more of it may come while we say the next thing."""

        def answer(text: str) -> str | None:
            value = understand(text)
            if value is None and not asks_to_wait(text, self._language) and refuses(text, self._language):
                return REFUSED  # «…point fr, mais je la regarde pas souvent» was given all the same
            return value

        return await self._dialogue.ask(
            question,
            answer,
            patience=Patience.SPELLING if keep else Patience.NORMAL,
            retry=retry,
            last=last,
            keys=keys,
            dictation=Dictation(keep, partial(told_instead, language=self._language)) if keep else None,
        )


class _Names(Mapping[str, str]):
    """The name as it is when it is said: the last one may have more letters by then."""

    def __init__(self, case: Case) -> None:
        self._case = case

    def __getitem__(self, field: str) -> str:
        value: str = getattr(self._case, field)
        return value

    def __iter__(self) -> Iterator[str]:
        return iter(("first_name", "last_name"))

    def __len__(self) -> int:
        return 2


async def _confirm_name(dialogue: Dialogue, questions: Questions, case: Case) -> None:
    """Ask for the whole name; a «no» leads back to the part of it that is wrong, unless it says what is right."""
    if not (case.first_name and case.last_name):
        return
    language = dialogue.settings.language

    def instead(text: str) -> tuple[str, str] | None:
        return name_instead(text, case.first_name, case.last_name, language)

    def told_again(text: str) -> tuple[str, str] | None:
        last = last_name_again(text, case.first_name, case.last_name, language)
        return (case.first_name, last) if last else None

    for _ in range(2):  # what was corrected is confirmed once
        right = await ask_whether_right(
            dialogue,
            "confirm_name",
            instead,
            _Names(case),
            told_again=told_again,
            told_instead=instead,
            judge=agrees_to_name,
        )
        if not isinstance(right, tuple):
            break
        case.first_name, case.last_name = right
    if right is not False:
        return
    if await ask_yes_or_no(dialogue, "confirm_first_name", values={"first_name": case.first_name}):
        case.last_name = await questions.last_name()
    else:
        case.first_name = await questions.first_name()


async def _confirm_company(dialogue: Dialogue, questions: Questions, case: Case) -> None:
    if not case.company:
        return

    language = dialogue.settings.language

    def correction(text: str, *, is_denied: bool = False) -> str | None:
        known = dialogue.settings.companies
        text = told_of_company(text, case.company, language)
        named = questions.named_company(text)
        if is_denied and named == case.company:
            named = free_company(text, language)  # «not Globex, Glowbox», which sounds like it
        # What nobody knows is a name if it is written like one: «c'est à peu près ça» names nothing.
        if named is None or tells_left(named, language):
            return None
        is_name = named in known or named in text or _has_capital_inside(named)
        return named if is_name and named != case.company else None

    def told_again(text: str) -> str | None:
        other = names_another_beside_yes(text, case.company, language)
        return correction(other) if other else None

    def instead(text: str) -> str | None:
        return correction(text, is_denied=True) if names_instead(text, case.company, language) else None

    for _ in range(2):
        with dialogue.expecting(dialogue.settings.likely_companies):
            right = await ask_whether_right(
                dialogue,
                "confirm_company",
                correction,
                {"company": case.company},
                told_again=told_again,
                told_instead=instead,
                judge=agrees_to_company,
            )
        if not isinstance(right, str):
            break
        case.company = right
    if right is False:
        case.company = await questions.company()


def _has_capital_inside(name: str) -> bool:
    """«Crêperie La Poste», of which only the first word was written small."""
    return any(word[0].isupper() for word in name.split()[1:])
