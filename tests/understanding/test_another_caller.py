"""Somebody else on a number that is known."""

from __future__ import annotations

import pytest

from calls.understanding import another_caller


@pytest.mark.parametrize(
    ("said", "name", "is_colleague"),
    [
        ("Non, c'est pas Camille, c'est Bruno, son collègue.", "Bruno", True),
        ("Non, moi c'est Bruno.", "Bruno", False),
        ("Ah non, je ne suis pas Camille.", "", False),
        ("Moi, c'est Sandrine, sa femme.", "Sandrine", False),
        ("Non non, je suis Élodie Le Goff.", "Élodie", False),
        ("C'est pas Camille, c'est son mari.", "", False),
    ],
)
def test_french(said: str, name: str, is_colleague: bool) -> None:
    assert another_caller(said, "Camille", "fr") == (name, is_colleague)


@pytest.mark.parametrize(
    ("said", "name", "is_colleague"),
    [
        ("I'm not Tom, I'm his wife Sarah.", "Sarah", False),
        ("No, this is Jill, Tom's PA.", "Jill", True),
        ("No, it's Sarah.", "Sarah", False),
        ("It's Sarah, his daughter.", "Sarah", False),
        ("Um, this isn't Tom.", "", False),
    ],
)
def test_english(said: str, name: str, is_colleague: bool) -> None:
    assert another_caller(said, "Tom", "en") == (name, is_colleague)


@pytest.mark.parametrize(
    ("said", "known", "language"),
    [
        ("Non, c'est Camille.", "Camille", "fr"),
        ("Non.", "Camille", "fr"),
        ("Oui, c'est Cam.", "Camille", "fr"),
        ("Bonjour, c'est Bruno.", "Camille", "fr"),
        ("C'est pas Camille qui a appelé, c'est moi.", "Camille", "fr"),
        ("Non, c'est ma box.", "Camille", "fr"),
        ("Non, c'est Bruno qui a tout débranché hier soir chez nous.", "Camille", "fr"),
        ("Camille, oui.", "Camille", "fr"),
        ("Yes, it's Bob.", "Robert", "en"),
        ("No, it's Thomas, actually.", "Tom", "en"),
        ("No, it's my broadband.", "Tom", "en"),
        ("No, not that.", "Tom", "en"),
        ("I'm not happy.", "Tom", "en"),
    ],
)
def test_who_may_be_the_known_one_is_nobody_else(said: str, known: str, language: str) -> None:
    assert another_caller(said, known, language) is None
