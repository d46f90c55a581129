"""Companies of no list: how much of what was said is the name."""

from __future__ import annotations

import pytest

from calls.understanding import Answer, free_company, tells_home, tells_role
from calls.understanding.company_instead import agrees_to_company


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
        ("Chez Marcel.", "Chez Marcel"),
        ("Chez Globex.", "Globex"),
        ("Allo Pizza.", "Allo Pizza"),
        ("Allô, Globex.", "Globex"),
        ("C'est une SCI, la SCI des Tilleuls.", "SCI des Tilleuls"),
        ("C'est une école l'école Jules Ferry.", "L'école Jules Ferry"),
        ("Box Office, c'est un cinéma.", "Box Office"),
        ("La box.", None),
        ("Ma box marche plus.", None),
        ("À la maison.", None),
        ("Même réponse.", None),
        ("C'est marqué dans mon dossier.", None),
        ("Bonne question, Dupont SA.", "Dupont SA"),
        ("toujours Globex", "Globex"),
        ("Globex, enfin non, Globex c'est l'ancien nom, maintenant c'est Initech.", "Initech"),
        ("Le 24, rue Magenta. Ah non le nom. Bistrot 24.", "Bistrot 24"),
        ("N Q un huit zéro trois quatre.", None),
        ("C'est mon portable, le 06 99 88 77 66.", None),
        ("Le 118 218.", "118 218"),
        ("Solaire Plus.", "Solaire Plus"),
        ("C'est la mairie, la mairie de Brest.", "Mairie de Brest"),
        ("Dupont, plombier.", "Dupont"),
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
        ("Erm, it's my husband's business, Doyle Roofing Limited.", "Doyle Roofing Limited"),
        ("Hargreaves and Daughters, solicitors.", "Hargreaves and Daughters"),
        ("I'm with the council, Leeds City Council.", "Leeds City Council"),
        ("It's ABC, A B C Cleaning.", "ABC Cleaning"),
        ("You mean who I work for? Northgate Motors.", "Northgate Motors"),
        ("I'm at the Red Lion.", "Red Lion"),
        ("I'm at the office.", None),
        ("Mrs Doyle's Guest House.", "Doyle's Guest House"),
        ("Three Mobile.", "Three Mobile"),
        ("Same answer.", None),
        ("I'm Sarah.", None),
    ],
)
def test_english(said: str, name: str | None) -> None:
    assert free_company(said, "en") == name


@pytest.mark.parametrize(
    ("said", "language", "is_home"),
    [
        ("C'est pour la maison.", "fr", True),
        ("Je suis un particulier.", "fr", True),
        ("La Maison du Fromage.", "fr", False),
        ("Maison Dupont.", "fr", False),
        ("It's just residential.", "en", True),
        ("It's my home broadband.", "en", True),
        ("Home Care Services.", "en", False),
        ("Residential Homes Limited.", "en", False),
    ],
)
def test_who_calls_from_home_calls_for_no_company(said: str, language: str, is_home: bool) -> None:
    assert tells_home(said, language) is is_home


@pytest.mark.parametrize(
    ("said", "language", "is_role"),
    [
        ("Responsable informatique.", "fr", True),
        ("Moi, je suis secrétaire.", "fr", True),
        ("Directrice des ressources humaines.", "fr", True),
        ("I'm the office manager.", "en", True),
        ("Receptionist.", "en", True),
        ("Secrétaire chez Ansart.", "fr", False),
        ("Cabinet comptable Ansart.", "fr", False),
        ("Directeur Conseil.", "fr", False),
        ("Un technicien.", "fr", False),
        ("Manager's Choice.", "en", False),
    ],
)
def test_what_the_caller_does_there_names_no_company(said: str, language: str, is_role: bool) -> None:
    assert tells_role(said, language) is is_role


@pytest.mark.parametrize(
    ("said", "language", "answer"),
    [
        ("I used to, I've left.", "en", Answer.NO),
        ("I left last year.", "en", Answer.NO),
        ("J'y bossais.", "fr", Answer.NO),
        ("J'ai démissionné.", "fr", Answer.NO),
        ("Yes, I used to be at another branch.", "en", Answer.YES),
        ("Oui, j'y suis.", "fr", Answer.YES),
    ],
)
def test_who_has_left_a_company_does_not_call_for_it(said: str, language: str, answer: Answer) -> None:
    assert agrees_to_company(said, language) is answer
