"""Companies that are told where a first name was asked for."""

from __future__ import annotations

import pytest

from calls.understanding import first_name, trading_name


@pytest.mark.parametrize(
    ("said", "person", "company"),
    [
        ("Garage du Centre.", None, "Garage du Centre"),
        ("C'est le garage du Centre.", None, "garage du Centre"),
        ("Pharmacie Centrale", None, "Pharmacie Centrale"),
        ("Mairie de Saint-Cloud", None, "Mairie de Saint-Cloud"),
        ("Transports Martin", None, "Transports Martin"),
        ("Cabinet Bernard", None, "Cabinet Bernard"),
        ("Crédit Agricole", None, "Crédit Agricole"),
        ("RCF Elec", None, "RCF Elec"),
        ("L'hôtel du Lion d'Or", None, "L'hôtel du Lion d'Or"),
        ("Boulangerie Marchand, Marie Dupont à l'appareil.", "Marie", "Boulangerie Marchand"),
        ("Clémence, pharmacie du port.", "Clémence", "pharmacie du port"),
        ("La mairie.", None, None),
        ("Docteur Perrin", None, None),
        ("Brigadier Anstruther", None, None),
        ("Boulanger, Luc.", "Luc", None),
        ("Jean-Michel Garage", "Jean-Michel", None),
        ("Mon prénom, c'est Rose.", "Rose", None),
        ("Moi c'est le fils, Grégory.", "Grégory", None),
        ("Moi, je suis sa fille, Nathalie.", "Nathalie", None),
        ("Xochitl.", "Xochitl", None),
    ],
)
def test_french(said: str, person: str | None, company: str | None) -> None:
    assert (first_name(said, "fr"), trading_name(said, "fr")) == (person, company)


@pytest.mark.parametrize(
    ("said", "person", "company"),
    [
        ("This is Northgate Motors.", None, "Northgate Motors"),
        ("Northgate Motors in Galway.", None, "Northgate Motors"),
        ("Doyle Roofing Limited.", None, "Doyle Roofing Limited"),
        ("RCF Elec.", None, "RCF Elec"),
        ("Leeds City Council.", None, "Leeds City Council"),
        ("Hi, it's Tom, Northgate Motors.", "Tom", "Northgate Motors"),
        ("Brigadier Anstruther speaking.", None, None),
        ("Initials are J R.", None, None),
        ("Emma from Doyle Roofing.", "Emma", None),
        ("Caoimhe Baker.", "Caoimhe", None),
        ("Niamh Hall.", "Niamh", None),
        ("Taylor.", "Taylor", None),
        ("It's AJ.", "Aj", None),
    ],
)
def test_english(said: str, person: str | None, company: str | None) -> None:
    assert (first_name(said, "en"), trading_name(said, "en")) == (person, company)
