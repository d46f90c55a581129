"""What was learnt from the corpora: as it is shipped, and how far it may be trusted."""

from __future__ import annotations

import time

import numpy as np
import pytest

from calls.understanding import is_angry, learned, refuses, wants_human
from tests.understanding import training
from tests.understanding.corpora import CORPUS, utterances

KINDS = list(training.OTHERS)
FALSE_ALARMS = {"fr": 0.005, "en": 0.01}
CALM = {
    "fr": "Alors voilà, je vous explique, ma box clignote en orange depuis ce matin et je n'ai plus la télévision. ",
    "en": "So let me explain, my router has been flashing orange since this morning and the television is off. ",
}
ANGRY = {
    "fr": "C'est une honte, vous vous moquez vraiment du monde !",
    "en": "It's a disgrace, you people are making fools of us!",
}

in_both_languages = pytest.mark.parametrize("language", training.LANGUAGES)


@in_both_languages
@pytest.mark.parametrize("kind", KINDS)
def test_the_weights_were_made_from_the_corpora_as_they_are(kind, language):
    with np.load(learned.weights_file(f"{language}/{kind}")) as stored:
        assert stored["made_from"] == training.fingerprint(kind, language), (
            "run: python -m tests.understanding.training"
        )


def test_the_same_corpus_gives_the_same_weights():
    rows = [learned.pieces(text.split(), [], "fr") for text in ("quelle honte", "merci bien", "un scandale")]
    arguments = (
        np.concatenate([row[0] for row in rows]),
        np.concatenate([row[1] for row in rows]),
        np.repeat(np.arange(3), [len(row[0]) for row in rows]),
        np.array([1.0, -1.0, 1.0]),
        np.ones(3),
    )

    assert np.array_equal(training._fit(*arguments), training._fit(*arguments))


@in_both_languages
def test_answers_that_were_not_learnt_are_not_taken_for_anger(language):
    files = CORPUS.glob(f"heldout/{language}/*.tsv")
    kinds = sorted(file.stem for file in files if file.stem not in ("anger", "censor"))
    answers = [text for kind in kinds for text, _ in utterances(kind, language, folder="heldout")]
    angry = [text for text in answers if is_angry(text, (), language)]

    assert len(angry) <= FALSE_ALARMS[language] * len(answers), angry


@in_both_languages
@pytest.mark.parametrize("kind", ["email", "phone", "spelling", "company"])
def test_what_was_asked_for_is_not_taken_for_a_refusal(kind, language):
    given = [text for text, value in utterances(kind, language) if value != "null"]

    assert not [text for text in given if refuses(text, language)]


@in_both_languages
def test_anger_is_heard_in_a_long_speech(language):
    calm, angry = CALM[language], ANGRY[language]

    assert is_angry(4 * calm + angry + 4 * calm, (), language)
    assert not is_angry(8 * calm, (), language)


@in_both_languages
def test_silence_is_neither_anger_nor_a_refusal_nor_a_wish(language):
    assert not is_angry("", (), language)
    assert not refuses("…", language)
    assert not wants_human("", language)


@in_both_languages
def test_a_sentence_is_judged_in_less_than_a_millisecond(language):
    is_angry(ANGRY[language], (), language)  # reads the weights

    def seconds() -> float:
        started = time.process_time()
        is_angry(CALM[language], (), language)
        return time.process_time() - started

    assert min(seconds() for _ in range(20)) < 0.001
