"""What callers tell while they try what they were asked to do."""

import pytest

from calls.understanding import Attempt, attempt, means_another

TOLD = {
    ("fr", Attempt.AGREES): ["Oui.", "D'accord, très bien."],
    ("fr", Attempt.DONE): [
        "Voilà, c'est fait.", "Ça y est, elle est rebranchée.", "C'est bon.", "Ça marche.", "Oui, c'est déjà fait.",
        "Je l'ai rallumé.", "Oui c'est fait, j'attends.",
    ],
    ("fr", Attempt.WORKS): [
        "Ah, ça remarche !", "Non mais c'est bon, je vous dis, ça remarche.", "Allô ? Tout fonctionne, merci.",
    ],
    ("fr", Attempt.FAILS): [
        "C'est fait, mais ça marche toujours pas.", "C'est pareil, toujours rien.", "Ça a rien changé.",
    ],
    ("fr", Attempt.CANNOT): [
        "Mais je ne peux pas l'éteindre, on me l'a volé !", "J'ai pas de box, moi.", "Je ne suis pas chez moi.",
        "Mais je vous appelle avec, ça va couper !", "D'accord, je le ferai ce soir.", "Je trouve pas la box.",
        "Je l'ai déjà fait trois fois !", "Oui mais je suis pas sur place.",
    ],
    ("fr", None): [
        "D'accord, j'y vais.", "Oui, je descends à la cave.", "Ok, je le fais tout de suite.",
        "Voilà, je la débranche.",
        "Ok mais c'est laquelle ?", "D'accord, bougez pas.", "Le voyant est rouge.",
        "Ça ne s'allume pas encore.",
        "Attendez, je cherche la prise.", "Il y a beaucoup de câbles.",
    ],
    ("en", Attempt.AGREES): ["Okay, will do."],
    ("en", Attempt.DONE): ["It's back on.", "I've done it.", "Right, I've turned it off and on again."],
    ("en", Attempt.WORKS): ["It's working again."],
    ("en", Attempt.FAILS): ["I did that and it's still not working."],
    ("en", Attempt.CANNOT): ["I can't, I'm calling you on it.", "I'm not at home.", "I haven't got a router."],
    ("en", None): ["I've unplugged it.", "Hang on.", "The lights are just flashing."],
}  # fmt: skip


@pytest.mark.parametrize(
    ("language", "told", "text"), [(language, told, text) for (language, told), texts in TOLD.items() for text in texts]
)
def test_it_is_understood_how_far_a_caller_is(language: str, told: Attempt | None, text: str) -> None:
    assert attempt(text, language) is told


@pytest.mark.parametrize(
    ("text", "is_another"),
    [
        ("Attendez, en fait c'est pas le wifi, c'est mon portable qui n'a plus de réseau.", True),
        ("Je débranche aussi le téléphone.", False),
    ],
)
def test_who_means_another_problem_says_so(text: str, is_another: bool) -> None:
    assert means_another(text, "fr") is is_another
