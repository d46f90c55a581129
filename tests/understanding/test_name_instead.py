"""What a name that is to be confirmed is told to be instead."""

from __future__ import annotations

import pytest

from calls.understanding import Answer, agrees_to_name, last_name_corrected, name_instead, spelling


@pytest.mark.parametrize(
    ("text", "noted", "meant"),
    [
        ("Non, c'est Aït Haddou, en deux mots.", ("Karim", "AITHADOU"), ("Karim", "AÏT HADDOU")),
        ("Non il manque un R, deux R à Kermarrec.", ("Yann", "KERMAREC"), ("Yann", "KERMARREC")),
        ("Non, L E G A L L.", ("Yann", "KERMAREC"), ("Yann", "LEGALL")),
        ("Non, c'est Yannick.", ("Yann", "KERMAREC"), ("Yannick", "KERMAREC")),
        ("Non, pas Kermarec.", ("Yann", "KERMAREC"), None),
        ("Non, c'est pas ça.", ("Yann", "KERMAREC"), None),
        ("C'est Yann Kermarec.", ("Yann", "KERMAREC"), None),
    ],
)
def test_french(text: str, noted: tuple[str, str], meant: tuple[str, str] | None) -> None:
    assert name_instead(text, *noted, "fr") == meant


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("Nearly. Emma's right but it's Smythe, S M Y T H E.", ("Emma", "Smythe")),
        ("It's Emma Smith-Jones, actually.", ("Emma", "Smith-Jones")),
        ("Yes but it's Emma with one M", ("Ema", "Smith")),
        ("No, it's Anna.", ("Anna", "Smith")),
        ("It's Emma Smith.", None),
        ("No, that's my Mother.", None),
        ("No.", None),
    ],
)
def test_english(text: str, meant: tuple[str, str] | None) -> None:
    assert name_instead(text, "Emma", "Smith", "en") == meant


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("Yes that's me, but the phone is his.", Answer.YES),
        ("Yes, but it's my husband's account.", Answer.YES),
        ("Yes, but it's Emily.", Answer.NO),
        ("Yes, but with a Y.", Answer.NO),
        ("No, but the phone is his.", Answer.NO),
    ],
)
def test_what_another_owns_takes_no_yes_back(text: str, answer: Answer) -> None:
    assert agrees_to_name(text, "en") is answer


@pytest.mark.parametrize(
    ("text", "language", "name"),
    [
        ("N G U Y E N, comme ça se prononce pas.", "fr", "NGUYEN"),
        ("N comme Noé, O, E, L.", "fr", "NOEL"),
        ("M for Mike, O, R, hang on, the dog's barking, G, A, N.", "en", "Morgan"),
        ("B A R, sorry, one second, K E R.", "en", "Barker"),
        ("B A R, one second, B A R L O W.", "en", "Barlow"),
        ("Ni Dhubhghaill, N I, then a new word, D H U B H G H A I L L", "en", "Ni Dhubhghaill"),
    ],
)
def test_what_a_caller_waits_for_takes_no_letters_away(text: str, language: str, name: str) -> None:
    assert spelling(text, language) == name


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Sorry, that was M A C K A Y, I missed the A.", "Mackay"),
        ("Sorry, it's Globex.", None),
        ("It's M A C K A Y.", None),
        ("Sorry, D U N N E.", None),
    ],
)
def test_letters_that_take_a_name_back_are_heard_at_the_next_question(text: str, name: str | None) -> None:
    assert last_name_corrected(text, "Macky", "en") == name
