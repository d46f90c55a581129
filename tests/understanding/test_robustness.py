"""Whatever recognition writes, an answer comes back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.understanding.corpora import CLIENTS, CORPUS, KINDS, utterances

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
