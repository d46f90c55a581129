"""Who is calm, whatever the words; and who asks for a person, or says what he is himself."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from calls.scenarios.preset import preset
from calls.understanding import Certainty, asks_if_machine, how_angry, is_angry, wants_human, wish_for_human, yes_no

CALM = {
    "fr": (
        "La NASA. Non, c'est une blague, c'est Globex.",
        "Vous allez m'envoyer de la pub ?",
        "Elle est pleine de poussière, dites donc.",
        "Comment voulez-vous que je l'éteigne, on me l'a volé !",
        "Raconte-moi une blague.",
        "Ça servira à rien.",
        "Merde, attendez.",
        "Putain, attendez deux secondes.",
        "Le son est lamentable sur le fixe.",
        "Je reçois des messages d'arnaque.",
        "Des voleurs ont coupé le câble dans la rue.",
    ),
    "en": (
        "I'm getting scam calls on my landline.",
        "I think someone's trying to scam me.",
        "The signal's useless in the garden.",
        "The wifi's pathetic upstairs.",
        "Oh damn, hang on.",
        "Damn, wrong button.",
        "This is Globex.",
        "I told you, I've done that already.",
        "My bill's gone up by ten pounds and nobody told me.",
        "I'm Moira and I don't want this recorded.",
        "This is the second time I've rung today.",
    ),
}
ANGRY = {
    "fr": (
        "Quelle arnaque !",
        "Putain, vous vous foutez de moi !",
        "C'est inadmissible.",
        "Non mais c'est une blague ?",
        "Votre service est lamentable.",
        "Vous êtes des voleurs.",
        "C'est une honte, votre service.",
    ),
    "en": (
        "Useless!",
        "You're useless.",
        "This service is pathetic.",
        "What a joke!",
        "Your company is a scam.",
        "I'm sick of this.",
        "Damn you and your machine!",
    ),
}
WISHES = {
    "fr": (
        "Le technicien.",
        "Est-ce que je pourrais avoir Sébastien, le technicien que j'ai eu hier ?",
        "Pouvez-vous me passer le technicien d'hier ?",
        "Je voudrais parler à Karim, votre collègue.",
        "Oui, passez-moi le technicien.",
        "Je ne veux parler à personne d'autre qu'un technicien.",
        "Vous êtes un robot ? Je veux parler à quelqu'un.",
    ),
    "en": (
        "Can I speak to Gary? He was helping me yesterday.",
        "I was dealing with Priya, can I have her again?",
        "Put Gary on.",
        "Who can I speak to about my bill?",
        "The lady I spoke to yesterday, please.",
        "Are you a robot? Put me through to someone.",
        "I'd like to speak to someone about my energy contract.",
    ),
}
NO_WISHES = {
    "fr": (
        "Docteur Perrin.",
        "Non, ne me passez personne.",
        "Je ne veux pas parler à Sébastien.",
        "Je souhaiterais parler au responsable des achats.",
        "Le technicien d'hier m'a dit de vous rappeler.",
        "Vous pouvez m'appeler Nadia.",
        "C'est une vraie personne ou un de ces robots ?",
    ),
    "en": (
        "Is that a real person or one of them robots?",
        "Are you one of them AI things?",
        "I'd like a taxi to the station please.",
        "I'd like to speak to the person who's in charge of your energy contracts.",
        "I'm eighty-four, love, I can't be crawling under the desk.",
        "I can't speak to Mary on my mobile.",
        "You can call me Al.",
        "Please don't transfer me.",
    ),
}
ROLES = ("Secrétaire.", "Responsable.", "Service technique.", "Mairie de Lyon, service technique.")
OUR_OWN = ("Un conseiller.", "Un humain.", "Je veux parler à quelqu'un.", "Passez-moi votre responsable.")


def both(sentences: Mapping[str, tuple[str, ...]]) -> list[tuple[str, str]]:
    return [(language, text) for language, texts in sentences.items() for text in texts]


@pytest.mark.parametrize(("language", "text"), both(CALM))
def test_hard_words_that_are_not_said_of_us_are_no_anger(language, text):
    assert not is_angry(text, preset(language).anger_words, language)


@pytest.mark.parametrize(("language", "text"), both(ANGRY))
def test_the_same_words_said_of_us_or_alone_are_anger(language, text):
    assert is_angry(text, preset(language).anger_words, language)


@pytest.mark.parametrize(("language", "text"), both(WISHES))
def test_a_person_may_be_asked_for_by_name_or_by_what_was_before(language, text):
    assert wants_human(text, language)


@pytest.mark.parametrize(("language", "text"), both(NO_WISHES))
def test_to_name_a_person_is_not_to_ask_for_one(language, text):
    assert not wants_human(text, language)


@pytest.mark.parametrize("text", ROLES)
def test_what_a_caller_may_be_himself_is_asked_for_only_where_it_answers_nothing(text):
    assert wish_for_human(text, "fr") is Certainty.LIKELY


@pytest.mark.parametrize("text", OUR_OWN)
def test_who_works_for_us_alone_is_asked_for_whatever_was_the_question(text):
    assert wish_for_human(text, "fr") is Certainty.CERTAIN


def test_anger_is_certain_only_when_both_the_lists_and_the_corpus_tell_of_it():
    assert how_angry("C'est une honte, vous vous moquez du monde !", (), "fr") is Certainty.CERTAIN
    assert how_angry("La box est éteinte.", (), "fr") is Certainty.NO


@pytest.mark.parametrize("text", ["Are you one of them AI things?", "Is this one of those chatbots?"])
def test_one_of_many_machines_is_a_machine(text):
    assert asks_if_machine(text, "en")


@pytest.mark.parametrize(
    ("text", "answer"),
    [("Uh-uh.", "no"), ("Nuh-uh.", "no"), ("Mhmm.", "yes"), ("Uh-huh.", "yes"), ("Uh, uh.", "unclear")],
)
def test_a_nod_and_a_shaken_head_are_heard(text, answer):
    assert yes_no(text, "en") == answer
