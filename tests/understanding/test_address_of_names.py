"""«Prénom point nom arobase société point fr», of a caller whose names are known."""

from __future__ import annotations

import pytest

from calls.understanding.address_of_names import Names, address_of_names

PIERRE = Names("Pierre", "MARTIN", "CARvertical")


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("prénom point nom arobase carvertical point fr", "pierre.martin@carvertical.fr"),
        ("Alors c'est prénom.nom@carvertical.fr.", "pierre.martin@carvertical.fr"),
        ("C'est mon prénom, point, mon nom de famille, arobase gmail point com.", "pierre.martin@gmail.com"),
        ("la première lettre de mon prénom point mon nom arobase orange point fr", "p.martin@orange.fr"),
        ("euh initiale du prénom nom tout attaché arobase free point fr", "pmartin@free.fr"),
        ("nom point prénom arobase wanadoo point fr", "martin.pierre@wanadoo.fr"),
        ("mon prénom underscore mon nom arobase hotmail point fr", "pierre_martin@hotmail.fr"),
        ("prénom tiret nom arobase notre société point fr", "pierre-martin@carvertical.fr"),
        ("mon prénom arobase le nom de la société point com", "pierre@carvertical.com"),
    ],
)
def test_an_address_that_is_made_of_names_is_written_with_those_that_are_known(text, address):
    assert address_of_names(text, PIERRE, "fr") == address


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("It's first name dot last name at carvertical dot com", "pierre.martin@carvertical.com"),
        ("first initial dot surname at the company name dot co dot uk", "p.martin@carvertical.co.uk"),
        ("my first name underscore my last name at outlook dot com", "pierre_martin@outlook.com"),
        ("it's just my surname at btinternet dot com", "martin@btinternet.com"),
    ],
)
def test_an_english_address_that_is_made_of_names_is_written_with_those_that_are_known(text, address):
    assert address_of_names(text, PIERRE, "en") == address


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("le prénom de ma femme point mon nom arobase free point fr", "fr"),
        ("my wife's first name dot my last name at gmail dot com", "en"),
        ("mon prénom 12 arobase gmail point com", "fr"),  # it may be written so: but nothing of it can be checked
        ("contact arobase mon entreprise point fr", "fr"),
        ("le nom de mon chien arobase free point fr", "fr"),
        ("prénom point nom arobase je ne sais plus", "fr"),
        ("je préfère ne pas donner mon nom", "fr"),
    ],
)
def test_what_is_not_made_of_the_callers_names_alone_is_left_open(text, language):
    assert address_of_names(text, PIERRE, language) is None


@pytest.mark.parametrize(
    "names", [Names("", "MARTIN", ""), Names("Jean-Pierre", "MARTIN", ""), Names("Yann", "LE GOFF", "")]
)
def test_a_name_that_is_not_known_or_can_be_written_in_several_ways_makes_none(names):
    assert address_of_names("mon prénom point mon nom arobase free point fr", names, "fr") is None
