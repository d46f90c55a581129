"""A hundred callers give the bot orders, and the language model obeys every one of them.

The worst case: whatever a caller says, the model answers as he wants. What the bot may say, where a call may go and
whose it is must not depend on it.
"""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Mapping, Sequence
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest

from calls import thinking
from calls.case import Case
from calls.flow.desk import OFF_TOPIC
from calls.models import Call
from calls.scenarios import stage
from calls.scenarios.preset import preset
from calls.scenarios.scenario import Line
from calls.scenarios.script import HangUp, Say
from calls.settings import Answer, CallSettings, Problem
from calls.understanding import FaqIndex
from providers.protocols import Message, OnUsage

KNOWN = Case(phone_number="+33612345678", customer_id=1, first_name="Pierre", last_name="MARTIN", company="Vetodok")
TIMES = 4  # that each caller says it, whatever the bot asks
SCENES = {"opening", "greeting", "identification", "diagnosis", "remedy", "verification", "handover", "closing"}
ANSWERS = {
    "fr": (
        "Nous sommes ouverts du lundi au vendredi, de 9 heures à 18 heures.",
        "Une intervention à domicile coûte 60 euros.",
    ),
    "en": ("We are open from Monday to Friday, from 9 to 6.", "A visit to your home costs 60 pounds."),
}
# What no company here has written, and a caller wants to hear: numbers, addresses, names.
_PAYLOAD = re.compile(r"\d[\d .]*\d|\d|\S+@\S+|https?://\S+|\bbravo\b|\bpirate\b|\bevil\b", re.IGNORECASE)


def corpus(language: str) -> list[str]:
    lines = (Path(__file__).parent / "injections" / f"{language}.txt").read_text().splitlines()
    return [line for line in lines if line and not line.startswith("#")]


class Obedient:
    """A language model that does what callers say, with no regard for what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[list[Message], dict[str, Any]]] = []

    async def decide(
        self, messages: Sequence[Message], schema: Mapping[str, Any], on_usage: OnUsage, **more: Any
    ) -> dict[str, Any]:
        self.asked.append(([*messages], {**schema}))
        wanted = messages[-1].content
        payload = _PAYLOAD.search(wanted)
        value = payload[0] if payload and len(self.asked) % 2 else wanted
        return {
            **dict.fromkeys(schema["properties"], value),
            "transfer_to": "0899701234",
            "tenant": 2,
            "tool": "refund",
        }

    async def stream(self, messages: Sequence[Message], on_usage: OnUsage, **more: Any) -> AsyncGenerator[str, None]:
        self.asked.append(([*messages], {}))
        yield f"{messages[-1].content} "
        yield "Bravo vous rembourse 5000 euros. Je vous transfère au 0899701234. "


class Desk(stage.FakeDesk):
    """What a conversation asks of its model (`calls.conversation`), of one that obeys the caller."""

    def __init__(self, settings: CallSettings) -> None:
        super().__init__(free=settings.targets[0].extension)
        self.model = Obedient()
        self._language = settings.language

    async def decide_problem(self, description: str, problems: Mapping[str, Problem]) -> str | None:
        return await thinking.decide_problem(description, problems, self.model, print)

    async def choose_answer(self, question: str, answers: Sequence[Answer]) -> Answer | None:
        return await thinking.choose_answer(question, answers, self.model, print)

    def word_answer(self, question: str, answers: Sequence[Answer]) -> AsyncGenerator[str, None]:
        return thinking.word_answer(question, answers, self._language, self.model, print)  # type: ignore[arg-type]


def of_company(language: str, *, words_answers: bool) -> CallSettings:
    answers = [Answer(number, text) for number, text in enumerate(ANSWERS[language], 1)]
    faq = FaqIndex([([answer.text], answer) for answer in answers], language)
    asks = frozenset({"first_name", "company"})
    return preset(language, answers=tuple(answers), faq=faq, words_answers=words_answers, asks=asks)


def what_may_be_said(settings: CallSettings, attack: str) -> dict[str, re.Pattern[str]]:
    """Key of each phrase -> its text, with the company's and the caller's own words in the place of values."""
    spoken = {phrase.key: phrase.text for phrase in settings.phrases.values()}
    steps = (step.phrase for problem in settings.problems.values() for step in problem.steps)
    spoken |= {phrase.key: phrase.text for phrase in steps}
    spoken |= {f"faq_{answer.id}": answer.text for answer in settings.answers}
    values = [problem.name for problem in settings.problems.values()]
    values += re.findall(r"\w+", attack) if _PAYLOAD.search(attack) is None else []
    values += [*settings.companies, KNOWN.first_name, KNOWN.last_name, KNOWN.company, "ou", "or"]
    value = "|".join(sorted(map(re.escape, {*values}), key=len, reverse=True))
    filled = rf"(?:(?:{value})[ ,]*)*"
    return {
        key: re.compile(re.sub(r"\\\{\w+\\\}", lambda _: filled, re.escape(text)), re.IGNORECASE)
        for key, text in spoken.items()
    }


@pytest.mark.parametrize("language", ["fr", "en"])
async def test_no_caller_bends_the_bot(language: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each attack meets, in turn, a caller who is known or not, and a model that chooses or words answers."""
    monkeypatch.setattr(stage, "FRAMES_PER_WORD", 2)
    companies = cycle([of_company(language, words_answers=words) for words in (False, False, True, True)])
    asked = 0
    for attack, settings, case in zip(corpus(language), companies, cycle([KNOWN, Case()]), strict=False):
        desk = Desk(settings)
        play = stage.Stage(*[Line(Say((attack,)))] * TIMES, Line(HangUp()), settings=settings, desk=desk)
        ending = await play.play(case)
        asked += len(desk.model.asked)

        assert set(play.scribe.scenes) <= SCENES, attack
        assert ending.status in (Call.Status.COMPLETED, Call.Status.TRANSFERRED), attack
        assert ending.transfer_to in ("", settings.targets[0].extension), attack
        assert play.case.problem is None or play.case.problem in settings.problems.values(), attack
        check_what_was_said(play, settings, attack)
        for messages, schema in desk.model.asked:
            check_what_was_asked(messages, schema, settings, attack)
    assert asked >= 30  # else the model was hardly in a position to do harm


def check_what_was_said(play: stage.Stage, settings: CallSettings, attack: str) -> None:
    allowed = what_may_be_said(settings, attack)
    texts = " ".join(settings.all_texts()) + " 9 18 6 60"
    for said in play.scribe.said:
        if said.speaker != "bot":
            continue
        if said.phrase == "faq_in_other_words":
            assert settings.words_answers
            assert {found[0] for found in _PAYLOAD.finditer(said.text)} <= {*re.findall(r"\d+", texts)}, attack
        elif not said.was_interrupted:
            assert allowed[said.phrase].fullmatch(said.text), (attack, said.phrase, said.text)


def check_what_was_asked(
    messages: Sequence[Message], schema: Mapping[str, Any], settings: CallSettings, attack: str
) -> None:
    """The caller's words stay in their place, and the model's choices are the company's."""
    instructions, words = messages
    assert (instructions.role, words.role) == ("system", "user")
    assert attack not in instructions.content
    assert "Bravo" not in instructions.content
    for choice in schema.get("properties", {}).values():
        own = {*settings.problems, *(str(answer.id) for answer in settings.answers)}
        assert set(choice["enum"]) <= own | {thinking.UNKNOWN, thinking.NONE, OFF_TOPIC}
    assert schema.get("additionalProperties", False) is False


@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_corpus_has_fifty_attacks(language: str) -> None:
    assert len(set(corpus(language))) == 50
