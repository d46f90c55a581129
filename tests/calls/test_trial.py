"""What people are told about a sentence is what a call would make of it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.utils import translation

from calls import trial
from calls.scenarios.preset import preset
from calls.settings import Answer
from calls.understanding import FaqIndex

ENTRIES = {
    "Quels sont vos horaires ?": "Nous répondons du lundi au vendredi.",
    "Où êtes-vous situés ?": "Nous sommes à Concarneau.",
}


@pytest.fixture(autouse=True)
def _in_english() -> Iterator[None]:
    with translation.override("en"):
        yield


def found(text: str) -> dict[str, tuple[str, str, str]]:
    result = trial.sentence(text, preset("fr"))
    return {finding.about: (finding.value, finding.why, str(finding.tone)) for finding in result.findings}


def question(text: str, entries: dict[str, str] = ENTRIES) -> trial.Question:
    rows = [([asked], Answer(number, answer)) for number, (asked, answer) in enumerate(entries.items(), 1)]
    settings = preset("fr", answers=tuple(answer for _wordings, answer in rows), faq=FaqIndex(rows, "fr"))
    return trial.question(text, settings)


def test_a_problem_is_named_with_the_words_that_named_it() -> None:
    result = trial.sentence("Ma box clignote.", preset("fr"))
    value, why, tone = found("Ma box clignote.")["Problem"]
    assert value == preset("fr").problems["internet"].name
    assert "«box» names" in why
    assert tone == "found"
    assert not result.asked


def test_what_works_does_not_count() -> None:
    value, why, _tone = found("Le wifi marche, mais mon forfait non.")["Problem"]
    assert value == preset("fr").problems["mobile"].name
    assert "«wi fi» does not count" in why


def test_what_is_named_besides_is_told() -> None:
    value, why, _tone = found("Internet et le téléphone sont coupés.")["Problem"]
    assert "undecided" in value
    assert "another kind" in why


@pytest.mark.parametrize("text", ["Rien ne va plus.", "Ma box et mon forfait."])
def test_where_words_do_not_decide_the_question_to_the_model_is_shown(text: str) -> None:
    result = trial.sentence(text, preset("fr"))
    assert "language model" in result.findings[0].value
    assert result.asked[-1].content == text
    assert "internet" in result.asked[0].content


def test_anger_is_told_with_its_words() -> None:
    value, why, tone = found("C'est scandaleux, c'est une honte !")["Anger"]
    assert value.startswith("yes")
    assert "«scandaleux», «une honte»" in why
    assert tone == "alarm"
    value, why, tone = found("Personne n'est responsable de rien chez vous.")["Anger"]
    assert (value, why) == ("yes: a person takes over", "by the sentence as a whole")
    value, why, tone = found("C'est pas normal.")["Anger"]
    assert (value, tone) == ("no", "nothing")
    assert "alone is not enough" in why


def test_what_agents_read_is_shown() -> None:
    assert found("Quelle connerie.")["What people read"][0] == "Quelle bêtise."
    assert found("Concarneau.")["What people read"][2] == "nothing"


@pytest.mark.parametrize(("text", "value"), [("Oui.", "yes"), ("Non merci.", "no"), ("Le bleu.", "neither")])
def test_yes_and_no_are_told(text: str, value: str) -> None:
    assert found(text)["Yes or no"][0].startswith(value)


def test_what_is_asked_for_and_requested_is_told() -> None:
    assert found("zéro six douze trente-quatre cinquante-six soixante-dix-huit")["Telephone number"][0]
    assert "wants a person" in found("Je veux parler à un conseiller.")["The caller"][0]
    assert "refuses to be recorded" in found("Je refuse d'être enregistré.")["The caller"][0]


def test_a_clear_question_gets_its_answer() -> None:
    result = question("Vous avez quels horaires ?")
    [first, *_others] = result.candidates
    assert first.is_chosen
    assert first.answer.text == ENTRIES["Quels sont vos horaires ?"]
    assert first.percent >= result.certain_percent
    assert not result.asked


def test_an_unclear_question_shows_what_the_model_is_asked() -> None:
    result = question("Est-ce que vous vendez des téléphones ?")
    assert not any(candidate.is_chosen for candidate in result.candidates)
    assert ENTRIES["Où êtes-vous situés ?"] in result.asked[0].content


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("Pardon, vous pouvez répéter ?", "says its own question again"),
        ("Vous êtes un robot ?", "says that it is a machine"),
        ("Je voudrais une intervention.", "not heard as a question"),
    ],
)
def test_what_is_no_question_about_the_company_says_so(text: str, verdict: str) -> None:
    assert verdict in question(text).verdict


def test_without_entries_nothing_is_answered() -> None:
    assert "no active entry" in question("Vous ouvrez quand ?", {}).verdict
