"""Who goes, has the wrong number, or leaves no message."""

from __future__ import annotations

import pytest

from calls.understanding import farewell, leaves_no_message

GOES = [
    ("fr", "faut que je vous laisse"),
    ("fr", "Je vous rappellerai plus tard, merci"),
    ("fr", "C'était juste pour dire merci"),
    ("fr", "Je voulais vous remercier, ça marche"),
    ("fr", "Ah pardon, c'est une erreur."),
    ("fr", "Je me suis trompé, excusez-moi."),
    ("fr", "Oups, mauvais numéro."),
    ("fr", "J'ai eu un appel manqué de ce numéro"),
    ("fr", "Je croyais que c'était la pharmacie"),
    ("fr", "C'est pas le cabinet dentaire ?"),
    ("fr", "D'accord, merci, c'est tout ce que je voulais savoir, au revoir."),
    ("en", "That's everything, thank you"),
    ("en", "I'll leave it for now"),
    ("en", "Lovely, that's all I wanted to know. Cheers"),
    ("en", "I must have dialled wrong. Sorry love."),
    ("en", "Oh, I thought this was the dentist"),
    ("en", "Is this not Domino's?"),
    ("en", "I've had a missed call from this number"),
    ("fr", "Bon, je vais vous laisser, merci"),
    ("fr", "Désolé, j'ai composé le mauvais numéro"),
    ("fr", "Excusez-moi, je me suis trompée"),
    ("fr", "C'était juste pour vous remercier, au revoir"),
    ("en", "Sorry, wrong number"),
    ("en", "I'll have to go, someone's at the door"),
    ("en", "That's all I needed, thanks very much"),
    ("en", "I only rang to say thanks"),
]
STAYS = [
    ("fr", "Ça remarche, vous pouvez annuler le rendez-vous."),
    ("fr", "C'est réglé, c'est plus la peine d'envoyer le technicien, merci, au revoir."),
    ("en", "It's working again so you can cancel the engineer, bye."),
    ("fr", "C'est une erreur."),
    ("fr", "Je me suis trompé"),
    ("fr", "Je me suis trompé dans mon adresse, pardon"),
    ("fr", "oui merci"),
    ("fr", "D'accord"),
    ("fr", "Non merci"),
    ("fr", "C'est tout"),
    ("fr", "C'est pas la box ?"),
    ("fr", "Vous n'êtes pas un robot ?"),
    ("fr", "Ça marche"),
    ("fr", "Oui, ça marche"),
    ("fr", "Laissez tomber"),
    ("fr", "Merci"),
    ("fr", "demain"),
    ("fr", "lundi"),
    ("fr", "c'est pas Martin"),
    ("fr", "C'est pas Dupont ?"),
    ("fr", "Je ne suis pas chez moi"),
    ("fr", "non c'est tout"),
    ("fr", "Je vous laisse vérifier"),
    ("fr", "j'ai un client qui n'arrive plus à m'appeler"),
    ("en", "Yes that's all"),
    ("en", "No, that's all."),
    ("en", "Never mind"),
    ("en", "Sorry"),
    ("en", "I thought this was fixed"),
    ("en", "I thought this was sorted yesterday"),
    ("en", "Isn't this the router?"),
    ("en", "Is this not a robot?"),
    ("en", "Tomorrow"),
    ("en", "OK lovely"),
    ("en", "My mistake"),
    ("en", "it's my mistake, it's Smith with a y"),
    ("en", "My phone shows a missed call but never rings"),
    ("en", "I'm fine"),
    ("en", "Perfect, thanks"),
    ("fr", "Je laisse la box éteinte"),
    ("en", "I'll leave it plugged in"),
    ("en", "I called yesterday and nobody came"),
]
NO_MESSAGE = [
    ("fr", "Bon ben je rappellerai demain, merci."),
    ("fr", "Je rappelle lundi. Au revoir."),
    ("fr", "Non rien, merci"),
    ("fr", "Laissez tomber"),
    ("fr", "On sonne, je vous laisse"),
    ("fr", "Ah mince, vous êtes fermés. Bon ben je rappellerai demain, merci."),
    ("fr", "Non rien, je rappellerai demain."),
    ("fr", "Non merci"),
    ("fr", "D'accord, merci, je rappelle lundi. Au revoir."),
    ("en", "No, it's all right, I'll ring back in the morning. Bye."),
    ("en", "No message, thanks, bye"),
    ("en", "It doesn't matter, goodbye"),
    ("en", "No, don't worry, I'll call back tomorrow."),
    ("en", "It's okay, I'll try again in the morning."),
    ("en", "No thanks."),
    ("fr", "Non c'est bon, je retenterai demain matin, bonne soirée"),
    ("fr", "Ah d'accord, tant pis"),
    ("en", "Ah grand, I'll try tomorrow so"),
    ("en", "No you're all right, thanks"),
]
MESSAGE = [
    ("fr", "Rappelez-moi s'il vous plaît."),
    ("fr", "Oui bonsoir"),
    ("fr", "Ma box ne marche plus, au revoir"),
    ("fr", "Je n'ai pas d'internet, merci"),
    ("fr", "Oui"),
    ("en", "Yes"),
    ("en", "Hello"),
    ("en", "My wifi's down. Ask Gary to call me."),
    ("en", "I need to speak to someone about my bill"),
    ("fr", "Dites-leur que la fibre est coupée, merci, au revoir"),
    ("en", "Tell Gary the router's dead, bye"),
]


@pytest.mark.parametrize(("language", "text"), GOES)
def test_who_goes(language: str, text: str) -> None:
    assert farewell(text, language) is not None


@pytest.mark.parametrize(("language", "text"), STAYS)
def test_who_stays(language: str, text: str) -> None:
    assert farewell(text, language) is None


@pytest.mark.parametrize(("language", "text"), NO_MESSAGE)
def test_who_leaves_no_message(language: str, text: str) -> None:
    assert leaves_no_message(text, language)


@pytest.mark.parametrize(("language", "text"), MESSAGE)
def test_who_leaves_one(language: str, text: str) -> None:
    assert not leaves_no_message(text, language)
