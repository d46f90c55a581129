"""Every line of the corpora is understood as a careful person would."""

from __future__ import annotations

import pytest

from tests.understanding.corpora import CLIENTS, CORPUS, KINDS, misunderstood, utterances

HELPERS = {
    "noise", "censor", "free_company", "unfinished", "refusal", "backchannel", "acknowledgement", "repeat", "machine",
    "problem_preset",
}  # fmt: skip
FILES = sorted((file.stem, file.parent.name) for file in CORPUS.glob("??/*.tsv"))


@pytest.mark.parametrize(("kind", "language"), FILES)
def test_every_utterance_is_understood(kind, language):
    wrong = misunderstood(kind, language)

    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("kind", sorted(KINDS.keys() - HELPERS - CLIENTS.keys()))
def test_each_kind_has_enough_utterances_in_both_languages(kind):
    assert len(utterances(kind, "fr")) >= 60
    assert len(utterances(kind, "en")) >= 15
