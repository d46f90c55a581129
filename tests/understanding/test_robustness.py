"""Whatever recognition writes, an answer comes back."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calls.understanding import company, first_name, phone, spelling
from tests.understanding.corpora import CLIENTS, COMPANIES, CORPUS, KINDS, utterances

WORDS = sorted(
    {
        word
        for file in CORPUS.glob("??/*.tsv")
        for text, _ in utterances(file.stem, file.parent.name)
        for word in text.split()
    }
)

# Another list of clients is no other function.
FUNCTIONS = [kind for kind in KINDS if kind not in CLIENTS]

any_text = st.text(max_size=300)
speech = st.lists(st.sampled_from(WORDS), max_size=40).map(" ".join)


@pytest.mark.parametrize("kind", FUNCTIONS)
@settings(deadline=None)  # the first text waits for the tables
@given(text=any_text | speech, language=st.sampled_from(["fr", "en"]))
def test_no_text_is_too_strange(kind, text, language):
    KINDS[kind](text, language)


@pytest.mark.parametrize("kind", FUNCTIONS)
@pytest.mark.parametrize(
    "text", ["oui " * 20_000, "quatre vingt dix sept " * 5_000, "a" * 100_000, "m comme michel " * 5_000, "é" * 50_000]
)
def test_a_text_without_end_is_no_work_without_end(kind, text):
    for language in ("fr", "en"):
        KINDS[kind](text, language)


@pytest.mark.parametrize("text", ["it's not seven hundred, it's eight hundred", "not two thousand", "not hundred"])
def test_hundreds_that_are_denied_are_no_number(text):
    assert phone(text, "en") is None


@pytest.mark.parametrize("read", [spelling, first_name])
@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize(
    "text", ["Van der " * 99, "dot " * 199, "not " * 199, "pas " * 199, "john " * 159, "a@b.com " * 99, "x " * 399]
)
def test_a_word_said_over_and_over_is_read_in_time(read, language, text):
    read("m a r t i n", language)  # the tables are loaded
    start = time.process_time()
    read(text, language)
    assert time.process_time() - start < 1


@pytest.mark.parametrize(
    ("text", "language", "kind"),
    [
        ("la box, les", "fr", "internet"),
        ("internet, un", "fr", "internet"),
        ("mon téléphone fixe, mon", "fr", "phone"),
        ("broadband, my", "en", "internet"),
    ],
)
def test_a_clause_that_breaks_off_after_an_article_changes_nothing(text, language, kind):
    assert KINDS["problem"](text, language) == kind


ENGLISH_CLIENTS = [name for kind in ("marches", "galway", "shropshire") for name in CLIENTS[f"company_{kind}"]]


@pytest.mark.parametrize(
    ("text", "clients", "language"),
    [
        ("dot " * 500, ENGLISH_CLIENTS, "en"),
        ("tea " * 500, ENGLISH_CLIENTS, "en"),
        ("jones farm " * 180, ENGLISH_CLIENTS, "en"),
        ("12, " * 499, COMPANIES, "fr"),
    ],
)
def test_a_word_said_again_and_again_keeps_no_caller_of_a_company_waiting(text, clients, language):
    company("bonjour", clients, language)
    start = time.process_time()

    company(text, clients, language)

    assert time.process_time() - start < 1
