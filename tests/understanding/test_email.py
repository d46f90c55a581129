"""What the rules make of what callers say around an e-mail address that others told: it changes nothing, or all.

The corpora have each way of saying it in a sentence or two; here every tenth sentence of the held-out ones gets it.
"""

from __future__ import annotations

import pytest

from calls.understanding.address_rules.reading import by_rules
from tests.understanding.corpora import utterances
from tests.understanding.ways import AROUND, CHANGED, Way, hyphened, is_pointed, marked_twice

# So many at least keep their address; the others are asked again.
KEPT = 0.97
ADDRESSES = [
    (text, address)
    for text, address in utterances("email", "fr", folder="heldout")[::10]
    if by_rules(text, "fr") == address
]


@pytest.mark.parametrize("way", AROUND)
def test_what_is_said_around_an_address_leaves_it_as_it_is(way):
    heard = [(text, address, by_rules(text, "fr")) for text, address in ways(AROUND[way])]

    assert not [line for line in heard if line[2] not in (None, line[1])]
    missed = [text for text, _, got in heard if not got]
    assert len(missed) <= (1 - KEPT) * len(heard), missed


@pytest.mark.parametrize("way", CHANGED)
def test_what_may_change_an_address_leaves_none(way):
    assert not [text for text, _ in ways(CHANGED[way]) if by_rules(text, "fr")]


def test_another_mark_is_put_between_the_names_by_telling_them_again():
    pointed = [(text, address) for text, address in ADDRESSES if is_pointed(text, address)]
    assert len(pointed) > 20
    for text, address in pointed:
        assert by_rules(hyphened(text, address), "fr") == address.replace(".", "-", 1), text
        assert by_rules(marked_twice(text, address), "fr") is None, text


def ways(way: Way) -> list[tuple[str, str]]:
    return [(way(text, address), address) for text, address in ADDRESSES]


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("Boucherie chez Lulu, alors boucherie point lulu chez gmail point com", "boucherie.lulu@gmail.com"),
        ("Jean, alors dupont arobase gmail point com", None),
        ("luc tiret, euh, luc point roy arobase gmail point com", "luc.roy@gmail.com"),
        ("luc tiret luc arobase gmail point com", "luc-luc@gmail.com"),
        ("luc roy arobase gmail point fr, euh, point com", "lucroy@gmail.com"),
        ("luc roy arobase orange point com, euh, point fr", None),
        ("luc zéro un arobase gmail point com. Pardon, zéro deux, pas zéro un.", "luc02@gmail.com"),
        ("lucas vingt-deux arobase gmail point com. Non, vingt-trois. Vingt-trois.", "lucas23@gmail.com"),
        ("luc point roy arobase gmail point com, non, pas gmail, orange", None),
        ("luc arobase clinique saint luc point fr, clinique tiret saint tiret luc", "luc@clinique-saint-luc.fr"),
        ("luc point roux arobase gmail point com, merci, rous", None),
        ("info at lune point com, info arobase lune point com", "info@lune.com"),
        ("info arobase, après, lune point com", "info@lune.com"),
        ("theo arobase etu point univ tiret nantes point com, non, point fr", "theo@etu.univ-nantes.fr"),
        ("elec plus vingt, tout attaché, arobase gmail point com", "elecplus20@gmail.com"),
        ("elec plus vingt arobase gmail point com", "elec+20@gmail.com"),
        ("B point, B comme Bernard, Joubert, arobase gmail point com", "b.joubert@gmail.com"),
        ("B point, P comme Paul, Joubert, arobase gmail point com", "b.pjoubert@gmail.com"),
        ("jb point morin arobase gmail point com, J B c'est Jean-Baptiste.", "jb.morin@gmail.com"),
        ("s.roy arobase bus tiret roy point com. Bus avec un S. Il y a un tiret.", "s.roy@bus-roy.com"),
    ],
)
def test_of_two_readings_the_likely_one_is_taken_and_none_where_both_are(text, address):
    assert by_rules(text, "fr") == address
