"""What becomes of words, also of those that were taken before a vendor was sure of them."""

from __future__ import annotations

import threading
from itertools import pairwise

import pytest

from calls.audio import CallAudio
from calls.hearing import Hearing
from providers.protocols import SpeechOptions, Transcript, Word


@pytest.fixture
async def hearing() -> Hearing:
    audio = CallAudio(None, lambda: None)
    return Hearing(audio, SpeechOptions("fr"), (), on_change=lambda: None, on_usage=lambda report: None)


def heard(text: str, *times: float, is_final: bool = False) -> Transcript:
    """`times`: where each word begins, and the last one ends."""
    words = tuple(Word(word, start, end) for word, (start, end) in zip(text.split(), pairwise(times), strict=True))
    return Transcript(text, is_final, is_final, times[0], times[-1], words=words)


def untimed(text: str, start: float, end: float, *, is_final: bool = False) -> Transcript:
    return Transcript(text, is_final, is_final, start, end)


@pytest.mark.parametrize("end", [1.3, 1.4, 1.7])  # as two vendors differ, and one that hears more of a word
async def test_words_that_were_taken_do_not_come_again_with_those_that_follow(hearing: Hearing, end: float) -> None:
    hearing._on_speech(heard("Pierre", 1.0, 1.4))
    assert hearing.take().text == "Pierre"
    hearing._on_speech(heard("Pierre, avec", 1.0, end, 2.1))
    assert hearing.utterance.text == "avec"
    hearing._on_speech(heard("Pierre, avec un e.", 1.0, end, 2.1, 2.3, 2.6, is_final=True))
    assert hearing.utterance.text == "avec un e."
    assert (hearing.utterance.start, hearing.utterance.end) == (end, 2.6)
    assert hearing.utterance.has_ended


async def test_a_short_word_right_behind_is_not_lost(hearing: Hearing) -> None:
    hearing._on_speech(heard("Pierre", 1.0, 1.4))
    hearing.take()
    hearing._on_speech(heard("Pierre et", 1.0, 1.41, 1.49, is_final=True))
    assert hearing.utterance.text == "et"


async def test_words_that_come_again_alone_are_nothing_new(hearing: Hearing) -> None:
    hearing._on_speech(heard("Pierre", 1.0, 1.4))
    hearing.take()
    hearing._on_speech(heard("Pierre.", 1.0, 1.6, is_final=True))
    assert not hearing.utterance


async def test_an_interim_whose_times_nobody_told_is_mended_by_the_final_one(hearing: Hearing) -> None:
    """Vosk's."""
    hearing._on_speech(untimed("Pierre", 1.0, 1.4))
    hearing.take()
    hearing._on_speech(untimed("Pierre", 1.0, 1.4))
    assert not hearing.utterance
    hearing._on_speech(untimed("Pierre", 1.2, 1.7))
    hearing._on_speech(heard("Pierre", 1.0, 1.4, is_final=True))
    assert not hearing.utterance
    hearing._on_speech(untimed("avec un e", 2.0, 3.0))
    assert hearing.utterance.text == "avec un e"


async def test_what_follows_is_whole(hearing: Hearing) -> None:
    hearing._on_speech(heard("Pierre", 1.0, 1.4, is_final=True))
    hearing.take()
    hearing._on_speech(heard("avec un e", 1.5, 1.7, 1.9, 2.2, is_final=True))
    assert hearing.utterance.text == "avec un e"


async def test_what_takes_long_to_understand_keeps_no_frame_waiting(hearing: Hearing) -> None:
    threads: list[int] = []
    await hearing.make_sense(lambda text: threads.append(threading.get_ident()), "pierre arobase free point fr")
    assert threads
    assert threads != [threading.get_ident()]
