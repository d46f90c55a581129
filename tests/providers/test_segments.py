from __future__ import annotations

import pytest

from providers.segments import Segment, fixed_parts, segments


def test_a_phrase_is_cut_at_its_value() -> None:
    assert segments("Bonjour {first_name}, comment allez-vous ?", {"first_name": "Élodie"}) == [
        Segment("Bonjour ", is_value=False),
        Segment("Élodie", is_value=True),
        Segment(", comment allez-vous ?", is_value=False),
    ]


@pytest.mark.parametrize(
    ("template", "said", "fixed"),
    [
        ("Merci de votre appel.", "Merci de votre appel.", ["Merci de votre appel."]),
        ("{a}, bonjour.", "Ada, bonjour.", [", bonjour."]),
        ("Merci, {a}.", "Merci, Ada.", ["Merci, "]),
        ("C'est bien {a} {b} ?", "C'est bien Ada Lovelace ?", ["C'est bien "]),
        ("{a}", "Ada", []),
        ("« {a} », c'est noté.", "« Ada », c'est noté.", [" », c'est noté."]),
        ("", "", []),
        ("Une accolade { seule", "Une accolade { seule", ["Une accolade { seule"]),
    ],
)
def test_the_parts_joined_are_the_phrase(template: str, said: str, fixed: list[str]) -> None:
    assert "".join(part.text for part in segments(template, {"a": "Ada", "b": "Lovelace"})) == said
    assert fixed_parts(template) == fixed


def test_a_question_mark_stays_with_the_value_before_it() -> None:
    assert segments("Vous êtes {a} ?", {"a": "Ada"})[-1] == Segment("Ada ?", is_value=True)


def test_what_no_space_parts_from_a_value_belongs_to_it() -> None:
    assert segments("Le service d'{company} répond.", {"company": "Orange"})[1] == Segment("d'Orange", is_value=True)
    assert segments("C'est la {n}e fois.", {"n": "2"})[1] == Segment("2e", is_value=True)


def test_an_empty_value_leaves_no_segment() -> None:
    assert segments("Bonjour {a} et merci.", {"a": "  "}) == [
        Segment("Bonjour ", is_value=False),
        Segment(" et merci.", is_value=False),
    ]


def test_a_value_is_never_cut_again() -> None:
    assert segments("Bonjour {a}.", {"a": "{b}"})[1].text == "{b}."


def test_a_placeholder_without_a_value_is_named() -> None:
    with pytest.raises(ValueError, match=r"\{firstname\} has no value .* these have one: count, first_name"):
        segments("Bonjour {firstname}.", {"first_name": "Ada", "count": "2"})
