"""An answer in letters or digits that goes on after a breath."""

from functools import partial

import pytest

from calls.dictation import Dictation
from calls.turns import FIRST_WORDS_SECONDS, Heard
from calls.understanding import email, phone, spelling, told_instead

KINDS = {kind: partial(understand, language="fr") for kind, understand in
         {"email": email, "phone": phone, "spelling": spelling}.items()}  # fmt: skip


def dictated(kind: str, text: str) -> tuple[Dictation, list[str]]:
    kept: list[str] = []
    dictation = Dictation(kept.append, partial(told_instead, language="fr"))
    dictation.begin(text, KINDS[kind])
    dictation.bot_began(10.0)
    return dictation, kept


@pytest.mark.parametrize(
    ("kind", "text", "more", "value"),
    [
        ("spelling", "B, E, R,", "T, I, N.", "BERTIN"),
        ("spelling", "B comme Bernard, E, R", "T, I, N, comme Nicolas", "BERTIN"),
        ("email", "gerard point petit,", "arobase orange point fr", "gerard.petit@orange.fr"),
        ("email", "accueil arobase tilleuls point co", "point uk", "accueil@tilleuls.co.uk"),
        ("phone", "zéro six douze trente-quatre", "cinquante-six soixante-dix-huit", "+33612345678"),
    ],
)
def test_what_makes_it_longer_belongs_to_it(kind: str, text: str, more: str, value: str) -> None:
    dictation, kept = dictated(kind, text)
    assert dictation.goes_on(Heard(more, started_at=10.4))
    assert kept == [value]


@pytest.mark.parametrize(
    ("kind", "text", "more", "value"),
    [
        ("spelling", "L A M B E R D", "pardon, avec un T à la fin, L A M B E R T", "LAMBERT"),
        ("spelling", "L A M B E R D", "non, L A M B E R T", "LAMBERT"),
        ("spelling", "L A M B E R D", "non, lambert avec un T", "LAMBERT"),
        ("spelling", "L A M B E R D", "ah non, T à la fin", "LAMBERT"),
        ("spelling", "B E R T I N", "euh non, B E R T", "BERT"),
        ("email", "pierre lamberd arobase gmail point com", "non, lambert, L A M B E R T", "pierrelambert@gmail.com"),
        ("phone", "zéro six douze trente-quatre cinquante-six soixante-dix-huit",
         "non, zéro six douze trente-quatre cinquante-six soixante-dix-neuf", "+33612345679"),
    ],
)  # fmt: skip
def test_a_correction_replaces_it(kind: str, text: str, more: str, value: str) -> None:
    dictation, kept = dictated(kind, text)
    assert dictation.goes_on(Heard(more, started_at=10.4))
    assert kept == [value]


def test_a_breath_after_a_correction_goes_on_with_it() -> None:
    dictation, kept = dictated("spelling", "L A M B E R D")
    assert dictation.goes_on(Heard("non, L E M", started_at=10.4))
    assert dictation.goes_on(Heard("B E R T", started_at=12.4))
    assert kept[-1] == "LEMBERT"


@pytest.mark.parametrize(
    ("kind", "text", "other"),
    [
        ("spelling", "B E R T I N", "Vetodok"),
        ("spelling", "B E R T I N", "Oui"),
        ("spelling", "B E R T I N", "Non"),
        ("spelling", "B E R T I N", "Non, c'est bon."),
        ("spelling", "B E R T I N", "Pardon, Vetodok."),
        ("spelling", "B E R T I N", "Je suis un particulier."),
        ("email", "accueil arobase tilleuls point fr", "ma box ne marche plus"),
        ("phone", "zéro six douze trente-quatre cinquante-six soixante-dix-huit", "Gérard"),
        ("email", "C'est un peu compliqué.", "Oui"),
    ],
)
def test_what_does_not_is_something_else(kind: str, text: str, other: str) -> None:
    dictation, kept = dictated(kind, text)
    assert not dictation.goes_on(Heard(other, started_at=10.4))
    assert not kept


def test_it_closes_when_the_next_question_can_have_been_understood() -> None:
    dictation, _ = dictated("spelling", "B, E, R,")
    dictation.bot_began(20.0)  # what was said first counts
    assert not dictation.goes_on(Heard("T, I, N.", started_at=10.0 + FIRST_WORDS_SECONDS + 0.1))


def test_each_breath_opens_it_again() -> None:
    dictation, kept = dictated("spelling", "K E R")
    assert dictation.goes_on(Heard("G U E", started_at=10.4))
    dictation.bot_began(20.0)
    assert dictation.goes_on(Heard("L E N", started_at=20.4))
    assert kept == ["KERGUE", "KERGUELEN"]


def test_keys_are_no_part_of_it() -> None:
    dictation, _ = dictated("phone", "zéro six douze trente-quatre")
    assert not dictation.goes_on(Heard(digits="1"))
