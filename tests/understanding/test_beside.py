"""What is said beside an answer: how something else does."""

from __future__ import annotations

import pytest

from calls.understanding import Answer, yes_no


@pytest.mark.parametrize(
    ("language", "text", "meant"),
    [
        ("fr", "Oui, ça ne marche plus du tout depuis ce matin.", Answer.YES),
        ("fr", "Oui, c'est ça, et mon portable ne marche plus du tout", Answer.YES),
        ("fr", "Non, là c'est mon portable, il est complètement HS", Answer.NO),
        ("fr", "Oui, enfin pas du tout.", Answer.NO),
        ("fr", "Oui, ce n'est pas du tout mon nom.", Answer.NO),
        ("fr", "Ça ne correspond pas du tout.", Answer.NO),
        ("en", "Yes, it's not working at all.", Answer.YES),
        ("en", "Yes. No wait, it's not.", Answer.NO),
    ],
)
def test_how_something_else_does_takes_no_answer_back(language: str, text: str, meant: Answer) -> None:
    assert yes_no(text, language) is meant
