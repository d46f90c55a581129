"""Companies of no list: how much of what was said is the name."""

from __future__ import annotations

import pytest

from calls.understanding import free_company


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("La Maison du Fromage.", "La Maison du Fromage"),
        ("la maison du fromage", "Maison du fromage"),
        ("Non, La Maison du Fromage.", "La Maison du Fromage"),
        ("C'est la société du Midi.", "Société du Midi"),
        ("C'est la société Dupont.", "Dupont"),
        ("Salut Beauté, c'est un salon de coiffure.", "Salut Beauté"),
        ("Boîte à Outils.", "Boîte à Outils"),
        ("La Boîte à Outils.", "La Boîte à Outils"),
        ("Legrand à Limoges.", "Legrand"),
        ("Je travaille chez Renault à la compta.", "Renault"),
        ("Globex, c'est à Lyon.", "Globex"),
        ("Delphine Roux, de chez Globex.", "Globex"),
        ("Globex, non, c'est Vertival.", "Vertival"),
        ("C'est pas Globex, c'est Vertival.", "Vertival"),
        ("Box Office.", "Box Office"),
        ("Box Office, c'est un cinéma.", "Box Office"),
        ("La box.", None),
        ("Ma box marche plus.", None),
        ("À la maison.", None),
        ("Même réponse.", None),
        ("C'est marqué dans mon dossier.", None),
        ("Bonne question, Dupont SA.", "Dupont SA"),
    ],
)
def test_french(said: str, name: str | None) -> None:
    assert free_company(said, "fr") == name


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("Harper and Sons.", "Harper and Sons"),
        ("I work for Harper and Sons.", "Harper and Sons"),
        ("Harper and I need some help.", "Harper"),
        ("No, it's Harper and Sons.", "Harper and Sons"),
        ("Glow, it's a beauty salon.", "Glow"),
        ("It's on file.", None),
        ("Same answer.", None),
        ("I'm Sarah.", None),
    ],
)
def test_english(said: str, name: str | None) -> None:
    assert free_company(said, "en") == name
