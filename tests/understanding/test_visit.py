"""Who wants somebody to come."""

from __future__ import annotations

import pytest

from calls.understanding import wants_visit

WISHES = [
    ("fr", "vous pouvez envoyer quelqu'un ?"),
    ("fr", "vous pouvez m'envoyer un technicien ?"),
    ("fr", "il faut que quelqu'un vienne voir"),
    ("fr", "est-ce qu'un technicien pourrait venir ?"),
    ("fr", "il me faut un dépannage sur place"),
    ("fr", "vous pouvez venir ?"),
    ("fr", "je veux qu'on vienne réparer"),
    ("fr", "je peux prendre rendez-vous avec un technicien ?"),
    ("fr", "il faudrait venir changer la box"),
    ("fr", "on pourrait avoir la visite d'un technicien"),
    ("fr", "y a moyen qu'un technicien se déplace ?"),
    ("fr", "j'ai besoin que quelqu'un passe aujourd'hui"),
    ("fr", "dépêchez-nous un technicien s'il vous plaît"),
    ("fr", "ce serait possible d'avoir un technicien à la maison ?"),
    ("fr", "il faudrait faire intervenir quelqu'un"),
    ("fr", "je préférerais que vous m'envoyiez quelqu'un"),
    ("fr", "ça serait bien qu'un gars se déplace"),
    ("fr", "il n'y aurait pas moyen de faire venir un technicien ?"),
    ("fr", "écoutez, envoyez un technicien"),
    ("fr", "moi je veux que quelqu'un vienne aujourd'hui, ça fait deux jours"),
    ("fr", "il me faudrait l'intervention d'un technicien"),
    ("fr", "quelqu'un pourrait passer dans la matinée ?"),
    ("fr", "on aurait besoin d'une intervention chez nous"),
    ("fr", "est-ce que vous pourriez dépêcher quelqu'un au magasin"),
    ("en", "Can you send someone?"),
    ("en", "could somebody come round?"),
    ("en", "I need a technician to visit"),
    ("en", "send an engineer please"),
    ("en", "I'd like an engineer visit"),
    ("en", "could you book an engineer"),
    ("en", "when can someone come out?"),
    ("en", "can't you send an engineer?"),
    ("en", "please get an engineer round"),
    ("en", "is there any chance someone could pop round"),
    ("en", "just send a bloke round"),
    ("en", "can an engineer come to the house"),
    ("en", "would it be possible for an engineer to visit?"),
    ("en", "I think we need somebody out here"),
    ("en", "could you get an engineer to come round this afternoon"),
    ("en", "Do you think you could send one of your guys?"),
    ("en", "we want an engineer on site today"),
    ("en", "right, just get somebody out"),
    ("en", "is there someone who could come and look at it"),
    ("en", "I'd like to book an engineer"),
]
OTHERS = [
    ("fr", "le technicien devait passer hier et personne n'est venu"),
    ("fr", "le technicien passe demain"),
    ("fr", "vous intervenez sur place ?"),
    ("fr", "quelqu'un est passé ce matin pour la fibre"),
    ("fr", "je ne veux pas qu'on m'envoie un technicien"),
    ("fr", "les ouvriers devaient passer quelqu'un a coupé le câble"),
    ("fr", "je n'arrive pas à envoyer un mail à quelqu'un"),
    ("fr", "je ne peux plus envoyer de messages"),
    ("fr", "il faut que je passe par quelqu'un"),
    ("fr", "je veux changer de forfait"),
    ("fr", "j'attends qu'un technicien passe"),
    ("fr", "vous pouvez me passer quelqu'un"),
    ("fr", "le monsieur qui est passé a tout débranché"),
    ("fr", "c'est quelqu'un de chez vous qui est venu installer la box"),
    ("fr", "un technicien m'a dit de redémarrer"),
    ("fr", "je ne sais pas si quelqu'un est passé"),
    ("fr", "le facteur passe à dix heures"),
    ("fr", "il faut que j'aille voir"),
    ("fr", "pour la venue du technicien c'est bien demain ?"),
    ("fr", "ma femme peut passer au magasin"),
    ("fr", "on a fait venir un électricien"),
    ("fr", "vous pouvez passer à autre chose ?"),
    ("en", "an engineer came yesterday"),
    ("en", "someone came and cut the cable"),
    ("en", "do you do home visits?"),
    ("en", "when is the engineer coming"),
    ("en", "someone can hear me but I can't hear them"),
    ("en", "if someone calls it goes out"),
    ("en", "the sound comes and goes when someone rings"),
    ("en", "I need someone to talk to"),
    ("en", "someone at work can get online but I can't"),
    ("en", "the engineer has been and it still doesn't work"),
    ("en", "can you send that again?"),
    ("en", "I want to send someone a text and it fails"),
    ("en", "an engineer is coming tomorrow"),
    ("en", "get back to me"),
    ("en", "somebody came out last week"),
]


@pytest.mark.parametrize(("language", "text"), WISHES)
def test_who_wants_somebody_to_come_says_so(language: str, text: str) -> None:
    assert wants_visit(text, language)


@pytest.mark.parametrize(("language", "text"), OTHERS)
def test_who_tells_of_somebody_who_comes_asks_for_nobody(language: str, text: str) -> None:
    assert not wants_visit(text, language)
