"""What is said beside an answer: how something else does, a name once more."""

from __future__ import annotations

import pytest

from calls.understanding import Answer, last_name_again, yes_no


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


@pytest.mark.parametrize(
    ("text", "first", "noted", "meant"),
    [
        ("Oui, Jean Moreau, M O R E A U.", "Jean", "MORO", "MOREAU"),
        ("Oui, oui, c'est ça, Huguette Bertin.", "Huguette", "BER", "BERTIN"),
        ("Oui, c'est bien ça.", "Jean", "MORO", None),
        ("Oui, Jean Moreau.", "Jean", "MORO", None),  # sounds so: recognition writes what is frequent
        ("Oui, Jean, J E A N.", "Jean", "MORO", None),
        ("Oui, Jean c'est ça.", "Jean", "CERIS", None),
        ("Oui, Marie Lefèvre.", "Marie", "LEFÈVRE-DUPONT", None),
    ],
)
def test_a_name_told_again_with_a_yes_corrects_only_what_differs(
    text: str, first: str, noted: str, meant: str | None
) -> None:
    assert last_name_again(text, first, noted, "fr") == meant
