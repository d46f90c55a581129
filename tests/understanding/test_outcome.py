"""What callers say to «does it work now?» besides yes and no."""

import pytest

from calls.understanding import (
    Answer,
    ProblemIndex,
    asks_for_visit,
    cannot_tell,
    fixed,
    is_to_come,
    tells_another,
)

INDEX = {
    "fr": ProblemIndex({"internet": ["wifi", "box"], "mobile": ["portable"], "landline": ["fixe"]}, "fr"),
    "en": ProblemIndex({"internet": ["wifi", "broadband"], "mobile": ["mobile"], "landline": ["landline"]}, "en"),
}


@pytest.mark.parametrize(
    ("language", "text", "is_early"),
    [
        ("fr", "Il cherche le réseau…", True),
        ("fr", "Elle redémarre.", True),
        ("fr", "J'attends que ça revienne.", True),
        ("fr", "Ça clignote vert.", True),
        ("fr", "Ben non, elle est débranchée.", True),
        ("fr", "Elle redémarre toute seule, sans arrêt.", False),
        ("fr", "Elle ne redémarre pas.", False),
        ("fr", "J'ai redémarré, mais ça marche pas.", False),
        ("fr", "La box, elle s'allume même plus.", False),
        ("fr", "Oui, ça a redémarré, ça marche.", False),
        ("en", "Not yet, it's still booting.", True),
        ("en", "Give it a minute.", True),
        ("en", "Hang on, I'll just check the telly.", True),
        ("en", "It keeps rebooting.", False),
        ("en", "Let me see... card machine's still saying no connection.", False),
        ("en", "No, still nothing.", False),
    ],
)
def test_it_may_be_too_early_to_tell(language: str, text: str, is_early: bool) -> None:
    assert is_to_come(text, language) is is_early


@pytest.mark.parametrize(
    ("language", "text", "is_another"),
    [
        ("fr", "Oui ça marche. Par contre j'ai un autre problème, mon portable ne capte plus.", True),
        ("fr", "Oui. Mais mon fixe grésille aussi.", True),
        ("fr", "Oui. Mais j'ai un autre souci, ma facture est fausse.", True),
        ("fr", "Oui, et le fixe aussi.", False),
        ("fr", "Oui ça marche, mais pas sur mon portable.", False),
        ("fr", "Oui, sur mon portable ça marche.", False),
        ("fr", "Non, mon portable ne capte toujours pas le wifi.", False),
        ("fr", "Oui, je n'ai pas d'autre problème.", False),
        ("en", "Yes the broadband's back but what about my mobile?", True),
        ("en", "It is, thanks. Now, about my landline.", True),
        ("en", "Yes, it's back, and the landline too.", False),
        ("en", "Yes, no other problem, thanks.", False),
    ],
)
def test_a_second_problem_is_heard_beside_a_yes(language: str, text: str, is_another: bool) -> None:
    assert tells_another(text, INDEX[language], language, {"internet"}) is is_another


def test_what_was_told_to_be_broken_as_well_is_no_second_problem() -> None:
    said = "Le wifi est revenu mais le fixe ne marche pas."
    assert tells_another(said, INDEX["fr"], "fr", {"internet"})
    assert not tells_another(said, INDEX["fr"], "fr", {"internet", "landline"})


def test_a_second_problem_needs_no_yes_after_our_thanks() -> None:
    assert tells_another("Et sinon mon portable ne capte plus.", INDEX["fr"], "fr", {"internet"}, is_fixed=True)
    assert not tells_another("Merci beaucoup, ça marche bien.", INDEX["fr"], "fr", {"internet"}, is_fixed=True)
    assert not tells_another("Non, c'est tout, merci.", INDEX["fr"], "fr", {"internet"}, is_fixed=True)


@pytest.mark.parametrize(
    ("language", "text", "is_wanted"),
    [
        ("fr", "Ça marche, mais envoyez quand même quelqu'un.", True),
        ("fr", "Plus besoin d'envoyer un technicien.", False),
        ("en", "It's working but can you still send someone?", True),
        ("en", "I think we need an engineer.", True),
        ("en", "No need to send anyone, it works.", False),
    ],
)
def test_who_wants_somebody_to_come_says_so(language: str, text: str, is_wanted: bool) -> None:
    assert asks_for_visit(text, language) is is_wanted


def test_who_cannot_see_it_cannot_tell() -> None:
    assert cannot_tell("I can't tell you, he has the phone with him.", "en")
    assert cannot_tell("Je peux pas vous dire, je suis pas chez moi.", "fr")
    assert not cannot_tell("Non, je peux pas me connecter.", "fr")


@pytest.mark.parametrize(
    ("language", "text", "answer"),
    [
        ("fr", "Oui. Et vous pouvez me dire d'où ça venait ?", Answer.YES),
        ("fr", "Oui. Mais pourquoi ça clignote rouge ?", Answer.NO),
        ("en", "Yes. How do I stop it happening again?", Answer.YES),
        ("en", "Yes. Is it supposed to be red?", Answer.UNCLEAR),
        ("en", "On my laptop yes, on the telly no.", Answer.NO),
    ],
)
def test_a_question_beside_the_answer_leaves_it_one(language: str, text: str, answer: Answer) -> None:
    assert fixed(text, language) is answer
