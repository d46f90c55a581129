"""What callers tell while they try what they were asked to do."""

import pytest

from calls.understanding import (
    Attempt,
    asks_about_step,
    attempt,
    declines,
    means_another,
    only_denies,
    tells_relapse,
)

TOLD = {
    ("fr", Attempt.AGREES): ["Oui.", "D'accord, très bien."],
    ("fr", Attempt.DONE): [
        "Voilà, c'est fait.", "Ça y est, elle est rebranchée.", "C'est bon.", "Ça marche.", "Oui, c'est déjà fait.",
        "Je l'ai rallumé.", "Oui c'est fait, j'attends.",
        "C'est bon, je fais quoi maintenant ?", "Voilà, et maintenant ?",
        "Ça y est, je l'ai remis.", "J'ai tout remis.", "C'est remis en route.", "Mon mari vient de la relancer.",
        "Les voyants se rallument.", "C'est fait pas de souci.", "J'ai rebranché, c'est normal que ce soit long ?",
    ],
    ("fr", Attempt.ALREADY): ["Je l'ai déjà redémarrée.", "J'ai déjà fait ça."],
    ("fr", Attempt.WORKS): [
        "Non mais c'est bon, je vous dis, ça remarche.", "J'ai internet sur le portable.", "Ça remarche ?",
    ],
    ("fr", Attempt.FIXED): [
        "Ah, ça remarche !", "Allô ? Tout fonctionne, merci.", "Ah ça y est, j'ai internet.",
        "C'est revenu, merci beaucoup.",
    ],
    ("fr", Attempt.FAILS): [
        "C'est fait, mais ça marche toujours pas.", "C'est pareil, toujours rien.", "Ça a rien changé.",
        "Toujours rouge.", "Internet c'est revenu, mais pas la télé.",
    ],
    ("fr", Attempt.CANNOT): [
        "Mais je ne peux pas l'éteindre, on me l'a volé !", "J'ai pas de box, moi.", "Je ne suis pas chez moi.",
        "Mais je vous appelle avec, ça va couper !", "D'accord, je le ferai ce soir.", "Je trouve pas la box.",
        "Je l'ai déjà fait trois fois !", "Oui mais je suis pas sur place.",
        "Je l'ai déjà redémarrée ce matin, ça n'a rien changé.", "On l'a fait ce matin avec votre collègue.",
        "C'est la première chose que j'ai faite.", "Je l'ai débranchée et rebranchée hier.",
        "Si je débranche la box, je coupe tout le monde.", "Elle ne s'allume plus.", "Je suis en voiture.",
        "La box est dans un placard fermé à clé.", "C'est ma fille qui s'en occupe.", "C'est trop compliqué pour moi.",
        "Non merci.", "J'ai pas envie de faire ça.", "Non, je ne veux pas la débrancher, j'ai des clients.",
        "Franchement, j'ai pas le temps là.", "Vous pouvez pas envoyer quelqu'un plutôt ?",
        "Mais non, c'est la facture !", "Mais je suis pas chez elle.", "Elle est à cent kilomètres.",
        "Je suis au bureau, la box est à la maison.", "Ah mais il est en déplacement, là.", "Ça sert à rien.",
        "C'est pas la box le problème.", "Mes voisins non plus.", "Tout l'immeuble est en panne.", "Ça sent le brûlé.",
        "Mais je l'ai pas la box.", "Ah mais en fait elle est chez mon fils, la box.",
    ],
    ("fr", None): [
        "D'accord, j'y vais.", "Oui, je descends à la cave.", "Ok, je le fais tout de suite.",
        "Voilà, je la débranche.",
        "Ok mais c'est laquelle ?", "D'accord, bougez pas.", "Le voyant est rouge.",
        "Ça ne s'allume pas encore.",
        "Attendez, je cherche la prise.", "Il y a beaucoup de câbles.", "Ça y est, je l'ai débranchée.",
        "Je rebranche.", "C'est pas encore revenu.", "Et maintenant ?", "Ben non, elle est débranchée.",
        "Ça clignote vert.", "Je ne l'ai pas encore rebranchée.", "Je l'ai déjà débranchée, j'attends.",
        "Je veux pas vous faire attendre.", "Je dois me lever, attendez.", "Elle est dans le bureau de mon mari.",
        "Je remets la prise.", "Ça fait ça depuis ce matin.", "Non.", "Combien de temps déjà ?",
        "Je refuse d'être enregistré.", "Bon, je vous dis quand c'est fait.", "J'attends que ça redémarre.",
        "Une fois que c'est rebranché, je fais quoi ?", "C'est bientôt fini.",
    ],
    ("en", Attempt.AGREES): ["Okay, will do."],
    ("en", Attempt.DONE): [
        "It's back on.", "I've done it.", "Right, I've turned it off and on again.", "Done it.", "All done.",
        "And plugged in.", "I've put it back in.", "Back on now.", "My husband's done it.", "Lights are all back on.",
        "It's gone green.", "Already done.", "She's switched it all back on.",
    ],
    ("en", Attempt.ALREADY): ["I've already done that."],
    ("en", Attempt.FIXED): ["It's working again.", "Oh, the wifi's come back."],
    ("en", Attempt.FAILS): ["The wifi's back but the telly isn't.", "I did that and it's still not working."],
    ("en", Attempt.CANNOT): [
        "I can't, I'm calling you on it.", "I'm not at home.", "I haven't got a router.",
        "I've done it already and it made no difference.", "My colleague already did that.",
        "I've already done that twice.", "I'd rather not.", "I don't have time for that.",
        "Can't someone come out instead?", "It's locked in a cupboard.", "I'm not technical.",
        "He's not here, he's in court.", "If I unplug it the call will drop.", "It won't turn on.",
        "It's on the bus, I can't switch it off.", "The screen's smashed.", "I'm not at her house.", "It's no use.",
        "The neighbours haven't got it either.", "It's at my mother's.", "I smell burning.", "I don't have the router.",
    ],
    ("en", None): [
        "It's at my desk.", "It's unplugged.", "I've unplugged it.", "Hang on.", "The lights are just flashing.",
        "Still flashing orange.", "I haven't plugged it back in yet.", "It's not back on.", "I'm on my way to it.",
        "I'm just going to put it back in.", "It's on a shelf, I'm getting a chair.", "I don't want to keep you.",
        "Should I plug it back in now?", "How long do I leave it?",
        "I'll tell you when it's done.", "Once it's restarted, I'll tell you.",
    ],
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


@pytest.mark.parametrize(
    ("language", "text", "is_refused"),
    [
        ("fr", "Non.", True),
        ("fr", "Mais non, ça m'embête.", True),
        ("fr", "Non, attendez, je cherche.", False),
        ("fr", "Non, pas encore.", False),
        ("fr", "Ben non, elle est débranchée.", False),
        ("fr", "Mais c'est pas une panne.", True),
        ("fr", "Je vous ai dit que c'était pour mon forfait.", True),
        ("fr", "Mais attendez, je cherche.", False),
        ("fr", "Mais oui, je suis en train de le faire.", False),
        ("fr", "Écoutez, mais moi j'appelle pour un renseignement.", True),
        ("fr", "Mon fils arrive, il va le faire.", False),
        ("fr", "Je veux bien essayer.", False),
        ("fr", "Elle est dans le bureau de mon mari.", False),
        ("en", "I told you it's not a fault.", True),
        ("en", "It's behind the telly.", False),
        ("en", "No, I don't think so.", True),
        ("en", "No, hold on.", False),
        ("en", "No, it's still booting.", False),
    ],
)
def test_who_says_no_may_only_need_time(language: str, text: str, is_refused: bool) -> None:
    assert declines(text, language) is is_refused


@pytest.mark.parametrize(
    ("language", "text", "is_about_it"),
    [
        ("fr", "Je débranche quoi, déjà ?", True),
        ("fr", "Combien de temps déjà ?", True),
        ("fr", "Combien coûte un technicien ?", False),
        ("en", "Which plug is it?", True),
        ("en", "Should I plug it back in now?", True),
        ("en", "Are you open on Sundays?", False),
    ],
)
def test_what_the_step_answers_is_known(language: str, text: str, is_about_it: bool) -> None:
    assert asks_about_step(text, language) is is_about_it


def test_who_only_says_that_it_is_not_that_is_asked_what_it_is() -> None:
    assert only_denies("Mais non, c'est pas ça.", "fr")
    assert not only_denies("Mais non, c'est la facture !", "fr")
