"""What sounds like «un instant» or «pardon ?», and tells something."""

from __future__ import annotations

import pytest

from calls.understanding import asks_to_repeat, asks_to_wait

PAUSES = [
    ("fr", True, "J'arrive."),
    ("fr", True, "Deux secondes, j'arrive tout de suite."),
    ("fr", False, "J'arrive plus à imprimer."),
    ("fr", False, "Je n'arrive pas à envoyer des mails"),
    ("fr", False, "J'arrive toujours pas à ouvrir le logiciel"),
    ("fr", False, "J'arrive à appeler mais pas à recevoir"),
    ("fr", False, "je reviens vers vous pour mon imprimante"),
    ("en", True, "Give me a second."),
    ("en", False, "Give me a refund."),
    ("en", False, "A minute ago it was fine."),
]
MISSED = [
    ("fr", True, "Je comprends pas la question."),
    ("fr", True, "Excusez-moi, je n'ai pas bien compris ce que vous demandez."),
    ("fr", True, "Attendez, y a du bruit, j'ai pas entendu."),
    ("fr", True, "Je suis un peu sourde, j'ai pas entendu."),
    ("fr", True, "La fin, j'ai pas entendu."),
    ("fr", True, "Oui, mais je n'ai pas compris ce que je dois débrancher."),
    ("fr", True, "Parlez plus fort s'il vous plaît, je suis à l'atelier."),
    ("fr", True, "pardon madame j'ai pas bien compris la dernière phrase"),
    ("fr", False, "Je comprends pas ma facture."),
    ("fr", False, "bonjour je vous appelle au sujet de ma facture du mois dernier je comprends pas le montant"),
    ("fr", False, "Excusez-moi, je comprends pas, internet ne marche plus chez moi."),
    ("fr", False, "Internet ne marche plus, j'ai pas compris ce qui s'est passé."),
    ("fr", False, "J'ai pas entendu le téléphone sonner de la journée."),
    ("fr", False, "Votre collègue m'a dit de débrancher la box, mais j'ai pas compris."),
    ("fr", False, "je comprends pas comment on fait un devis"),
    ("fr", False, "Je ne comprends pas, depuis hier la télé coupe."),
    ("fr", False, "Le problème se répète tous les soirs."),
    ("fr", False, "Depuis hier le débit va beaucoup moins vite."),
    ("fr", False, "on me dit de parler plus fort"),
    ("en", True, "I don't understand the question."),
    ("en", True, "I'm a bit deaf, I didn't hear that."),
    ("en", True, "I don't understand what you want me to do."),
    ("en", True, "Could you slow down a bit?"),
    ("en", True, "I don't quite understand what you're after"),
    ("en", False, "I don't understand my bill."),
    ("en", False, "I did not hear the phone ring all day."),
    ("en", False, "Sorry, I don't understand, the internet is down here."),
    ("en", False, "The internet is running more slowly than usual."),
    ("en", False, "People say they can't hear you when I call."),
    ("en", False, "My wifi dropped one more time."),
]


@pytest.mark.parametrize(("language", "asks", "text"), PAUSES)
def test_who_asks_for_a_moment(language: str, asks: bool, text: str) -> None:
    assert asks_to_wait(text, language) is asks


@pytest.mark.parametrize(("language", "asks", "text"), MISSED)
def test_who_wants_to_hear_it_again(language: str, asks: bool, text: str) -> None:
    assert asks_to_repeat(text, language) is asks
