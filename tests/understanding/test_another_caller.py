"""Somebody else on a number that is known."""

from __future__ import annotations

import pytest

from calls.understanding import another_caller


@pytest.mark.parametrize(
    ("said", "first_name", "last_name", "is_colleague"),
    [
        ("Non, c'est pas Camille, c'est Bruno, son collègue.", "Bruno", "", True),
        ("Non, moi c'est Bruno.", "Bruno", "", False),
        ("Ah non, je ne suis pas Camille.", "", "", False),
        ("Moi, c'est Sandrine, sa femme.", "Sandrine", "", False),
        ("Non non, je suis Élodie Le Goff.", "Élodie", "LE GOFF", False),
        ("C'est pas Camille, c'est son mari.", "", "", False),
        ("Bonjour, c'est Bruno.", "Bruno", "", False),
        ("Bonjour c'est Martine Durand, le wifi marche plus", "Martine", "DURAND", False),
        ("bonjour c'est martine durand le wifi marche plus", "Martine", "", False),
        ("Ici Martine Moreau, la femme de Camille, j'ai plus internet", "Martine", "MOREAU", False),
        ("bonjour ici le cabinet Roussel, Sophie à l'appareil, on a plus internet", "Sophie", "", False),
        ("allô oui Nadia Benali à l'appareil", "Nadia", "BENALI", False),
        ("je suis sa fille, mon père a plus internet", "", "", False),
        ("c'est son épouse Martine", "Martine", "", False),
        ("je suis sa secrétaire", "", "", True),
        ("ah non c'est pas Camille c'est sa collègue Julie", "Julie", "", True),
        ("c'est la secrétaire de madame Moreau, la box est en panne", "", "", True),
        ("je suis le nouveau locataire Camille Moreau est partie", "", "", False),
        ("Camille n'habite plus ici", "", "", False),
        ("j'appelle pour madame Moreau", "", "", False),
        ("Madame Moreau est en vacances, je la remplace", "", "", True),
        ("bonjour c'est madame Perrin la box ne marche plus", "", "PERRIN", False),
    ],
)
def test_french(said: str, first_name: str, last_name: str, is_colleague: bool) -> None:
    assert another_caller(said, "Camille", "MOREAU", "fr") == (first_name, last_name, is_colleague)


@pytest.mark.parametrize(
    ("said", "first_name", "last_name", "is_colleague"),
    [
        ("I'm not Tom, I'm his wife Sarah.", "Sarah", "", False),
        ("No, this is Jill, Tom's PA.", "Jill", "", True),
        ("No, it's Sarah.", "Sarah", "", False),
        ("It's Sarah, his daughter.", "Sarah", "", False),
        ("Um, this isn't Tom.", "", "", False),
        ("Hello, it's Sarah Jones, the broadband is down", "Sarah", "Jones", False),
        ("hi sarah here the wifi's gone", "Sarah", "", False),
        ("I'm his wife", "", "", False),
        ("I'm Tom's secretary, our line is dead", "", "", True),
        ("Tom doesn't live here any more", "", "", False),
        ("I'm calling for Tom, he's got no internet", "", "", False),
        ("it's Mrs Clarke here", "", "Clarke", False),
        ("this is his landlady", "", "", False),
    ],
)
def test_english(said: str, first_name: str, last_name: str, is_colleague: bool) -> None:
    assert another_caller(said, "Tom", "Baker", "en") == (first_name, last_name, is_colleague)


@pytest.mark.parametrize(
    ("said", "known", "language"),
    [
        ("Non, c'est Camille.", "Camille", "fr"),
        ("Non.", "Camille", "fr"),
        ("Oui, c'est Cam.", "Camille", "fr"),
        ("C'est pas Camille qui a appelé, c'est moi.", "Camille", "fr"),
        ("Non, c'est ma box.", "Camille", "fr"),
        ("Non, c'est Bruno qui a tout débranché hier soir chez nous.", "Camille", "fr"),
        ("Camille, oui.", "Camille", "fr"),
        ("Bonjour c'est Manu, j'ai plus internet", "Emmanuel", "fr"),
        ("Bonjour, c'est madame Moreau", "Camille", "fr"),
        ("c'est sa fille qui l'a débranchée", "Camille", "fr"),
        ("rappelez ma femme, c'est Martine", "Luc", "fr"),
        ("le wifi de ma fille marche plus", "Luc", "fr"),
        ("c'est claire ma box est morte", "Luc", "fr"),
        ("j'appelle pour ma mère elle a plus internet", "Luc", "fr"),
        ("bonjour c'est pour Martine elle a plus internet", "Luc", "fr"),
        ("c'est Orange qui m'a dit d'appeler", "Luc", "fr"),
        ("Yes, it's Bob.", "Robert", "en"),
        ("No, it's Thomas, actually.", "Tom", "en"),
        ("No, it's my broadband.", "Tom", "en"),
        ("No, not that.", "Tom", "en"),
        ("I'm not happy.", "Tom", "en"),
        ("Sarah is here with me, the router is dead", "Tom", "en"),
        ("Nobody's here, my wife's at work", "Tom", "en"),
        ("it's Jack who rang you", "Tom", "en"),
    ],
)
def test_who_may_be_the_known_one_is_nobody_else(said: str, known: str, language: str) -> None:
    assert another_caller(said, known, "Moreau", language) is None


@pytest.mark.parametrize(
    ("said", "known", "name"),
    [("non moi c'est Lucas", "Luc", "Lucas"), ("c'est Jeanne", "Jean", "Jeanne"), ("c'est Alexandre", "Alex", "")],
)
def test_a_name_that_begins_like_another_may_be_somebody_elses(said: str, known: str, name: str) -> None:
    other = another_caller(said, known, "Berger", "fr")
    assert (other.first_name if other else "") == name
