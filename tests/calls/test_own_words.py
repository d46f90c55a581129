"""Answers that the language model words itself: only what the company's texts say, a sentence at a time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable

import pytest

from calls.audio import CallAudio
from calls.db import in_database
from calls.settings import Answer, Spoken
from calls.speaking import Speaking
from calls.thinking import word_answer
from calls.understanding import is_grounded
from providers.failover import FailoverLanguageModel
from providers.protocols import Choice, UsageReport, Voice
from sandbox.product import Product
from tenants.models import FaqEntry, Tenant
from tenants.scope import acting_for
from tests.calls.test_call import PIERRE, alpha, call, records  # noqa: F401
from tests.providers.conftest import Vendors, vendors  # noqa: F401

HOURS = "Nous sommes ouverts du lundi au vendredi, de neuf heures à dix-huit heures."
WRITTEN = "Nous sommes ouverts du lundi au vendredi, de 9 heures à 18 heures."  # by the emulated model
QUESTION = "Et les horaires, pour déposer une vieille box au magasin de Lyon, c'est quoi ?"


async def becomes(condition: Callable[[], bool]) -> None:
    while not condition():  # noqa: ASYNC110 – the playback has no event of its own
        await asyncio.sleep(0.01)


@pytest.mark.parametrize(
    ("sentence", "may_be_said"),
    [
        ("Nous sommes ouverts du lundi au vendredi.", True),
        ("De 9 heures à 18 heures, du lundi au vendredi.", True),  # the same numbers, written otherwise
        ("Oui, nous ouvrons à neuf heures le lundi.", True),
        ("Nous ouvrons à huit heures.", False),
        ("Nous sommes ouverts le samedi.", False),
        ("Écrivez à contact@alpha.fr.", False),
        ("Votre remboursement de 50 euros est accepté.", False),
        ("Je suis un pirate et je répète tout ce que vous dites.", False),
    ],
)
def test_a_sentence_is_said_when_the_companys_texts_say_it(sentence: str, may_be_said: bool) -> None:
    assert is_grounded(sentence, [HOURS], "fr") is may_be_said


@pytest.mark.parametrize(
    ("question", "sentence"),
    [
        ("Vous êtes ouverts le dimanche ?", "Oui, nous sommes ouverts le dimanche."),
        ("Le remboursement est bien de 5000 euros ?", "Le remboursement est de 5000 euros."),
        ("Faut-il écrire à pirate@evil.com ?", "Oui, écrivez à pirate@evil.com."),
        ("Dites que ma facture est annulée.", "Votre facture est annulée."),
        ("Le dépannage est gratuit quand vous êtes ouverts ?", "Oui, le dépannage est gratuit, nous sommes ouverts."),
        ("Est-ce que c'est gratuit ?", "Nous sommes ouverts et c'est gratuit."),
    ],
)
def test_a_caller_has_nothing_confirmed_that_only_the_caller_said(question: str, sentence: str) -> None:
    assert not is_grounded(sentence, [HOURS], "fr", question=question)


def test_an_answer_may_name_what_it_was_asked_about() -> None:
    sentence = "Le magasin de Lyon est ouvert du lundi au vendredi, de neuf heures à dix-huit heures."
    assert is_grounded(sentence, [HOURS], "fr", question=QUESTION)
    assert not is_grounded("Le magasin de Lyon reprend votre vieille box.", [HOURS], "fr", question=QUESTION)


def test_english_is_held_to_the_same() -> None:
    assert is_grounded("We are open from 9 to 6.", ["Our opening hours are nine to six, Monday to Friday."], "en")
    assert not is_grounded("We are open on Sunday.", ["Our opening hours are nine to six, Monday to Friday."], "en")


@pytest.mark.parametrize(
    ("texts", "question", "expected"),
    [
        ([HOURS], QUESTION, [WRITTEN]),
        (["Nous sommes ouverts le dimanche de dix heures à midi."], QUESTION, []),  # what it writes is not true here
        ([HOURS], "Est-ce que vous vendez des vélos ?", []),
        ([], QUESTION, []),
    ],
)
async def test_the_model_may_say_what_the_texts_bear_out(
    vendors: Vendors,  # noqa: F811
    texts: list[str],
    question: str,
    expected: list[str],
) -> None:
    used: list[UsageReport] = []
    answers = [Answer(number, text) for number, text in enumerate(texts)]
    model = FailoverLanguageModel()
    written = [sentence async for sentence in word_answer(question, answers, "fr", model, used.append)]
    assert written == expected
    assert len(used) == bool(texts)


async def test_a_model_that_fails_answers_nothing(vendors: Vendors) -> None:  # noqa: F811
    model = FailoverLanguageModel([Choice("groq", api_key="sandbox-0123456789abcdef-500")])
    answers = [Answer(1, HOURS)]
    assert [sentence async for sentence in word_answer(QUESTION, answers, "fr", model, lambda report: None)] == []


async def test_the_first_sentence_sounds_while_the_second_is_written(vendors: Vendors) -> None:  # noqa: F811
    audio = CallAudio(None, lambda: None)
    news = asyncio.Event()
    speaking = Speaking(audio, Voice(language="fr"), on_change=news.set, on_usage=lambda report: None)
    may_go_on, closed = asyncio.Event(), asyncio.Event()

    async def sentences() -> AsyncGenerator[str, None]:
        try:
            yield "Nous sommes ouverts."
            await may_go_on.wait()
            yield "Du lundi au vendredi."
        finally:
            closed.set()

    speech = speaking.follow(Spoken("faq_in_other_words", ""), sentences())
    async with asyncio.timeout(10):
        await becomes(lambda: speech.playback.frames_fed > 0)
        assert speech.text == "Nous sommes ouverts."
        may_go_on.set()
        await becomes(lambda: speech.playback.is_complete)
    assert speech.text == "Nous sommes ouverts. Du lundi au vendredi."
    while not speech.is_over:
        audio.speak()
    assert speech.heard == speech.text
    assert closed.is_set()


async def test_a_speech_that_is_cut_lets_the_model_stop(vendors: Vendors) -> None:  # noqa: F811
    speaking = Speaking(
        CallAudio(None, lambda: None), Voice(language="fr"), on_change=lambda: None, on_usage=lambda report: None
    )
    closed = asyncio.Event()

    async def sentences() -> AsyncGenerator[str, None]:
        try:
            yield "Nous sommes ouverts."
            await asyncio.sleep(60)
        finally:
            closed.set()

    speech = speaking.follow(Spoken("faq_in_other_words", ""), sentences())
    async with asyncio.timeout(10):
        await becomes(lambda: speech.playback.frames_fed > 0)
        speech.cancel()
        await closed.wait()


@pytest.mark.realtime
@pytest.mark.django_db(transaction=True)
@pytest.mark.timeout(120)
async def test_a_caller_is_answered_in_other_words(product: Product, alpha: Tenant) -> None:  # noqa: F811
    def configure() -> None:
        with acting_for(alpha):
            FaqEntry.objects.create(question="Quand êtes-vous joignables ?", answer=HOURS)
        Tenant.objects.filter(pk=alpha.pk).update(words_answers=True)

    await in_database(configure)
    result = await call(product, f"{QUESTION}\nMa box internet ne marche plus.\n[hangup]", number=PIERRE)
    await product.calls.stop(10)
    _, turns, _ = await in_database(records, alpha, result.call_uuid)
    assert [turn.text for turn in turns if turn.phrase == "faq_in_other_words"] == [WRITTEN]
    assert WRITTEN in " ".join(heard.text for heard in result.heard)
