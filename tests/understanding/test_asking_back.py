"""Questions instead of an answer to who calls."""

from __future__ import annotations

import pytest

from calls.understanding import asks_back, first_name


@pytest.mark.parametrize(
    ("said", "language"),
    [
        ("Pourquoi vous voulez mon prénom ?", "fr"),
        ("C'est obligé ?", "fr"),
        ("Euh, c'est pour quoi faire ?", "fr"),
        ("Vous en avez besoin pourquoi ?", "fr"),
        ("Mon numéro ? Celui d'où j'appelle ?", "fr"),
        ("Le mien ou le sien ?", "fr"),
        ("My first name?", "en"),
        ("Mine or his?", "en"),
        ("Why do you need that?", "en"),
        ("Do I have to?", "en"),
    ],
)
def test_who_only_asks_back_has_not_refused(said: str, language: str) -> None:
    assert asks_back(said, language)


@pytest.mark.parametrize(
    ("said", "language"),
    [
        ("Fabrice, pourquoi vous me demandez ça ?", "fr"),
        ("Vous voulez mon prénom c'est Marc", "fr"),
        ("Pourquoi ? Je ne le donne pas.", "fr"),
        ("Vous voulez D U P O N T ?", "fr"),
        ("Camille ?", "fr"),
        ("Mon prénom.", "fr"),
        ("Je préfère ne pas le dire.", "fr"),
        ("You want my name, it's Pam", "en"),
        ("Pam?", "en"),
        ("I'd rather not say.", "en"),
    ],
)
def test_an_answer_or_a_refusal_is_no_question(said: str, language: str) -> None:
    assert not asks_back(said, language)


@pytest.mark.parametrize(
    ("said", "language", "name"),
    [
        ("Anne-So. Anne-Sophie pardon.", "fr", "Anne-Sophie"),
        ("Jean, euh Jean-Luc.", "fr", "Jean-Luc"),
        ("Jean, pas Jean-Luc.", "fr", "Jean"),
        ("Bonjour, comment allez-vous, c'est Tifenn.", "fr", "Tifenn"),
        ("Mine or his? I'm Linda.", "en", "Linda"),
        ("Who, me? Pam.", "en", "Pam"),
        ("How are you, Siobhan here.", "en", "Siobhan"),
        ("Myself Venkatesh.", "en", "Venkatesh"),
        ("I did it myself.", "en", None),
        ("Pam? Pam Doyle.", "en", "Pam"),
    ],
)
def test_a_first_name_comes_behind_a_question_or_grows(said: str, language: str, name: str | None) -> None:
    assert first_name(said, language) == name
