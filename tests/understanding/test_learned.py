"""What was learnt from the corpora: as it is shipped, and how far it may be trusted."""

from __future__ import annotations

import time

import numpy as np
import pytest

from calls.understanding import is_angry, learned, refuses, wants_human
from tests.understanding import training
from tests.understanding.corpora import CORPUS, utterances

KINDS = list(training.OTHERS)
FALSE_ALARMS = 0.01
CALM = "Alors voilà, je vous explique, ma box clignote en orange depuis ce matin et je n'ai plus la télévision. "
ANGRY = "C'est une honte, vous vous moquez vraiment du monde !"


@pytest.mark.parametrize("kind", KINDS)
def test_the_weights_were_made_from_the_corpora_as_they_are(kind):
    with np.load(learned.weights_file(kind)) as stored:
        assert stored["made_from"] == training.fingerprint(kind), "run: python -m tests.understanding.training"


def test_the_same_corpus_gives_the_same_weights():
    rows = [learned.pieces(text.split(), []) for text in ("quelle honte", "merci bien", "un scandale")]
    arguments = (
        np.concatenate([row[0] for row in rows]),
        np.concatenate([row[1] for row in rows]),
        np.repeat(np.arange(3), [len(row[0]) for row in rows]),
        np.array([1.0, -1.0, 1.0]),
        np.ones(3),
    )

    assert np.array_equal(training._fit(*arguments), training._fit(*arguments))


def test_answers_that_were_not_learnt_are_not_taken_for_anger():
    kinds = sorted(file.stem for file in CORPUS.glob("heldout/fr/*.tsv") if file.stem not in ("anger", "censor"))
    answers = [text for kind in kinds for text, _ in utterances(kind, "fr", folder="heldout")]
    angry = [text for text in answers if is_angry(text, (), "fr")]

    assert len(angry) <= FALSE_ALARMS * len(answers), angry


@pytest.mark.parametrize("kind", ["email", "phone", "spelling", "company"])
def test_what_was_asked_for_is_not_taken_for_a_refusal(kind):
    given = [text for text, value in utterances(kind, "fr") if value != "null"]

    assert not [text for text in given if refuses(text, "fr")]


def test_anger_is_heard_in_a_long_speech():
    assert is_angry(4 * CALM + ANGRY + 4 * CALM, (), "fr")
    assert not is_angry(8 * CALM, (), "fr")


def test_silence_is_neither_anger_nor_a_refusal_nor_a_wish():
    assert not is_angry("", (), "fr")
    assert not refuses("…", "fr")
    assert not wants_human("", "fr")


def test_a_sentence_is_judged_in_less_than_a_millisecond():
    is_angry(ANGRY, (), "fr")  # reads the weights

    def seconds() -> float:
        started = time.process_time()
        is_angry(CALM, (), "fr")
        return time.process_time() - started

    assert min(seconds() for _ in range(20)) < 0.001
