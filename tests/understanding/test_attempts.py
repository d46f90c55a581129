"""What callers tell while they try what they were asked to do."""

import pytest

from calls.understanding import Attempt, attempt, means_another, tells_relapse

TOLD = {
    ("fr", Attempt.AGREES): ["Oui.", "D'accord, très bien."],
    ("fr", Attempt.DONE): [
        "Voilà, c'est fait.", "Ça y est, elle est rebranchée.", "C'est bon.", "Ça marche.", "Oui, c'est déjà fait.",
        "Je l'ai rallumé.", "Oui c'est fait, j'attends.",
        "C'est bon, je fais quoi maintenant ?", "Voilà, et maintenant ?",
    ],
    ("fr", Attempt.WORKS): [
        "Ah, ça remarche !", "Non mais c'est bon, je vous dis, ça remarche.", "Allô ? Tout fonctionne, merci.",
    ],
    ("fr", Attempt.FAILS): [
        "C'est fait, mais ça marche toujours pas.", "C'est pareil, toujours rien.", "Ça a rien changé.",
        "Toujours rouge.", "Internet c'est revenu, mais pas la télé.",
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
        "Attendez, je cherche la prise.", "Il y a beaucoup de câbles.", "Ça y est, je l'ai débranchée.",
        "Je rebranche.", "C'est pas encore revenu.", "Et maintenant ?", "Ben non, elle est débranchée.",
    ],
    ("en", Attempt.AGREES): ["Okay, will do."],
    ("en", Attempt.DONE): ["It's back on.", "I've done it.", "Right, I've turned it off and on again."],
    ("en", Attempt.WORKS): ["It's working again."],
    ("en", Attempt.FAILS): ["The wifi's back but the telly isn't.", "I did that and it's still not working."],
    ("en", Attempt.CANNOT): ["I can't, I'm calling you on it.", "I'm not at home.", "I haven't got a router."],
    ("en", None): ["It's unplugged.", "I've unplugged it.", "Hang on.", "The lights are just flashing."],
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


@pytest.mark.parametrize(
    ("text", "is_broken"),
    [
        ("Ah mince, ça a recoupé, attendez !", True),
        ("Ah non, attendez, ça a recoupé.", True),
        ("Non, c'est tout, merci.", False),
        ("Oui, ça remarche, merci.", False),
    ],
)
def test_who_has_thanked_may_find_it_broken_again(text: str, is_broken: bool) -> None:
    assert tells_relapse(text, "fr") is is_broken
