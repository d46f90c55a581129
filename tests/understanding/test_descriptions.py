"""How a problem is told: what only leads up to it, two at once, what is no fault; and how one is chosen."""

from __future__ import annotations

import pytest

from calls.understanding import (
    ProblemIndex,
    chosen,
    faults,
    goes_on_telling,
    is_business,
    is_preamble,
    knows_none,
    left,
    only_answers,
    only_leads_up,
    problem,
    tells_fault,
)
from tenants import presets

INDEX = {
    language: ProblemIndex({kind.code: list(kind.keywords) for kind in presets.problem_types(language)}, language)
    for language in presets.LANGUAGES
}
KINDS = ("internet", "mobile", "landline")


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("fr", "Bonjour madame."),
        ("fr", "Alors voilà, j'ai un petit souci."),
        ("fr", "Euh bonjour, voilà, je vous explique, c'est un peu compliqué."),
        ("fr", "Comment dire…"),
        ("fr", "Vous m'entendez ?"),
        ("fr", "Il se trouve que"),
        ("fr", "Je vous appelle parce que"),
        ("fr", "Alors voilà. Depuis ce matin"),
        ("en", "Good morning."),
        ("en", "I've got a bit of a problem."),
        ("en", "Well, how do I put this."),
        ("en", "Hi there, sorry to bother you, since yesterday"),
    ],
)
def test_a_preamble_tells_nothing_yet(language: str, text: str) -> None:
    assert is_preamble(text, language)
    assert only_leads_up(text, language)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("fr", "Depuis qu'ils ont fait des travaux dans la rue"),
        ("fr", "Bonjour, quand j'allume la box"),
        ("fr", "C'est au sujet de ma ligne fixe,"),
        ("en", "When I switch the router on"),
        ("en", "It's my landline,"),
    ],
)
def test_a_clause_that_waits_for_another_is_waited_for_and_then_taken(language: str, text: str) -> None:
    assert only_leads_up(text, language)
    assert not is_preamble(text, language)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("fr", "Ça marche pas."),
        ("fr", "Ma box ne marche plus depuis ce matin."),
        ("fr", "Depuis ce matin plus d'internet."),
        ("fr", "Quand j'appelle ça coupe."),
        ("fr", "Quand est-ce que la fibre sera réparée ?"),
        ("fr", "J'ai un problème de téléphone."),
        ("fr", "J'ai une panne."),
        ("fr", "Le wifi."),
        ("fr", "Hier soir ça marchait."),
        ("en", "I have a wifi problem."),
        ("en", "I've got a question about my router."),
        ("en", "Nothing works."),
        ("en", "When I call it drops."),
    ],
)
def test_what_tells_something_is_not_waited_for(language: str, text: str) -> None:
    assert not only_leads_up(text, language)
    assert not is_preamble(text, language)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("fr", "J'aimerais passer à la fibre."),
        ("fr", "Je voudrais un devis pour la fibre."),
        ("fr", "Je vous rends la box, où est-ce que je l'envoie ?"),
        ("fr", "Je n'ai toujours pas reçu ma box."),
        ("fr", "Mon forfait a augmenté sur la facture."),
        ("fr", "L'écran de mon portable est fissuré."),
        ("fr", "J'ai perdu mon code PUK, mon téléphone est bloqué."),
        ("fr", "On m'a volé mon portable hier soir, il faut bloquer la ligne."),
        ("fr", "J'ai fait tomber mon portable et il ne s'allume plus."),
        ("fr", "Le technicien devait passer ce matin et personne n'est venu."),
        ("fr", "Je déménage le mois prochain."),
        ("fr", "Combien coûte la fibre chez vous ?"),
        ("fr", "J'ai oublié le mot de passe du wifi."),
        ("fr", "La box fume."),
        ("fr", "Est-ce que la fibre est disponible chez moi ?"),
        ("fr", "Je voulais savoir quand est-ce que je vais recevoir ma nouvelle box."),
        ("fr", "On m'a envoyé une box, elle est pas arrivée."),
        ("fr", "Ma carte SIM est toujours pas arrivée."),
        ("fr", "Il me faut une carte SIM de remplacement."),
        ("fr", "Comment on change le nom du wifi ?"),
        ("fr", "Comment on fait un transfert d'appel sur le fixe ?"),
        ("fr", "J'ai bloqué ma carte SIM, il me demande un code PUK."),
        ("fr", "Je pars à l'étranger, est-ce que mon portable va marcher ?"),
        ("fr", "J'ai un souci avec ma facture."),
        ("fr", "Y a une erreur sur ma dernière facture internet."),
        ("fr", "Mon prélèvement est pas passé."),
        ("fr", "J'attends un technicien depuis ce matin, il devait venir à huit heures et il est toujours pas là."),
        ("fr", "À quelle heure passe le technicien demain ?"),
        ("fr", "Je vends ma maison, je veux arrêter la ligne."),
        ("fr", "Je vous ai envoyé un mail, vous avez pas répondu."),
        ("en", "I'd like to upgrade my broadband."),
        ("en", "How much is your fastest broadband?"),
        ("en", "I've forgotten my wifi password."),
        ("en", "I've moved house and need the internet connected."),
        ("en", "I need a new SIM card."),
        ("en", "Where's my parcel with the new router?"),
        ("en", "My router's smoking."),
        ("en", "I dropped my phone in the toilet and it won't turn on."),
        ("en", "The engineer was supposed to come yesterday."),
        ("en", "I was wondering when I'm going to get my new router."),
        ("en", "The router you sent never turned up."),
        ("en", "How do I change the name of the wifi?"),
        ("en", "My SIM's blocked, it's asking for a PUK code."),
        ("en", "I've got a problem with my bill."),
        ("en", "My direct debit didn't go through."),
        ("en", "I've been waiting for an engineer since this morning and he's still not here."),
    ],
)
def test_what_no_remedy_brings_is_business(language: str, text: str) -> None:
    assert is_business(text, INDEX[language], language)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("fr", "Depuis le déménagement, plus rien ne marche."),
        ("fr", "J'ai plus internet depuis que j'ai déménagé."),
        ("fr", "J'ai payé ma facture et ma box ne marche toujours pas."),
        ("fr", "Ma commande de box est arrivée, mais le wifi ne marche pas."),
        ("fr", "Je voudrais un rendez-vous, ma box est en panne."),
        ("fr", "J'ai perdu la connexion."),
        ("fr", "Mon portable a perdu le réseau."),
        ("fr", "J'ai pas reçu de SMS depuis hier."),
        ("fr", "Quand je reçois un appel ça coupe."),
        ("fr", "Internet est tombé dans la nuit."),
        ("fr", "Le code wifi ne marche pas."),
        ("fr", "On m'a volé mon vélo, et la box ne marche plus."),
        ("fr", "Ma box est cassée."),
        ("fr", "Passe-moi le sel, s'il te plaît."),
        ("fr", "Comment ça se fait que j'ai plus internet ?"),
        ("fr", "Comment je fais pour que ma box remarche ?"),
        ("fr", "J'ai déménagé et plus rien ne marche."),
        ("fr", "J'ai un souci avec ma box."),
        ("fr", "J'ai reçu ma box mais elle s'allume pas."),
        ("fr", "Depuis que j'ai reçu ma nouvelle box j'ai plus de wifi."),
        ("fr", "La connexion est pas arrivée ce matin."),
        ("fr", "La clé wifi n'est pas acceptée."),
        ("fr", "J'attends ma box qui redémarre."),
        ("fr", "Le technicien est passé hier et ça marche toujours pas."),
        ("en", "I've moved house and the internet doesn't work."),
        ("en", "I've lost my internet connection."),
        ("en", "My phone is out of order."),
        ("en", "I can't get connected to the wifi."),
        ("en", "I haven't received my text messages."),
        ("en", "Hi, it's Bill, my router is dead."),
        ("en", "The payment terminal is offline."),
        ("en", "How do I get my internet working again?"),
        ("en", "I've got a problem with my router."),
        ("en", "The new router you sent doesn't turn on."),
        ("en", "The signal never came back on my mobile."),
        ("en", "I changed my package last week and now the internet's slow."),
    ],
)
def test_a_fault_beside_business_is_a_fault(language: str, text: str) -> None:
    assert not is_business(text, INDEX[language], language)


def test_a_tenant_may_have_a_kind_for_its_business() -> None:
    index = ProblemIndex({"billing": ["facture", "commande de box"]}, "fr")
    assert not is_business("C'est pour ma facture.", index, "fr")
    assert not is_business("Où en est ma commande de box ?", index, "fr")


@pytest.mark.parametrize(
    ("language", "text", "codes"),
    [
        (
            "fr",
            "J'ai deux soucis : la box qui coupe sans arrêt, et mon portable qui ne reçoit plus les SMS.",
            ["internet", "mobile"],
        ),
        ("fr", "D'une part la box rame, et d'autre part mon portable n'a plus de réseau.", ["internet", "mobile"]),
        ("fr", "J'ai plus de tonalité et le wifi est coupé.", ["landline", "internet"]),
        ("fr", "On n'a plus ni wifi ni téléphone mobile.", ["internet", "mobile"]),
        ("fr", "Plus rien ne marche, ni internet ni le téléphone.", ["internet", ""]),
        ("fr", "Le fixe et internet ne marchent plus.", ["landline", "internet"]),
        ("en", "Broadband's dead and the landline's crackling as well.", ["internet", "landline"]),
        ("en", "The internet is down and the landline too.", ["internet", "landline"]),
        ("en", "The wifi's gone and so has the landline.", ["internet", "landline"]),
        ("en", "The internet's off, so's the phone line.", ["internet", "landline"]),
        ("en", "The wifi isn't working and neither is the landline.", ["internet", "landline"]),
    ],
)
def test_two_faults_are_told_in_their_order(language: str, text: str, codes: list[str]) -> None:
    assert faults(text, INDEX[language], language) == codes


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("fr", "Le wifi de mon portable ne marche pas."),
        ("fr", "J'ai plus internet sur mon téléphone."),
        ("fr", "Le wifi marche, mais mon portable ne capte plus."),
        ("fr", "J'ai plus internet et je vous appelle de mon portable."),
        ("fr", "La box est rouge, et mon portable n'a plus de wifi."),
        ("en", "The wifi on my mobile doesn't work."),
        ("en", "The wifi works, and so does the landline."),
        ("en", "The wifi's gone. Is it the landline?"),
        ("en", "Neither the internet nor the mobiles. It's the door entry."),
    ],
)
def test_one_fault_is_not_two(language: str, text: str) -> None:
    assert len(faults(text, INDEX[language], language)) < 2


@pytest.mark.parametrize(
    ("language", "text", "codes"),
    [
        ("fr", "Le premier.", ["internet"]),
        ("fr", "La deuxième, je crois.", ["mobile"]),
        ("fr", "La dernière, s'il vous plaît.", ["landline"]),
        ("fr", "Internet.", ["internet"]),
        ("fr", "Les deux, internet et le fixe.", ["internet", "landline"]),
        ("fr", "Les trois.", ["internet", "mobile", "landline"]),
        ("fr", "Les deux.", []),  # of three
        ("fr", "C'est la première fois que ça arrive.", []),
        ("fr", "Internet ou le fixe.", []),
        ("fr", "Pas internet en tout cas.", []),
        ("fr", "Aucun des trois, c'est la télé.", []),
        ("en", "The second.", ["mobile"]),
        ("en", "The last one, please.", ["landline"]),
        ("en", "For the last two days.", []),
        ("en", "Phone.", []),
    ],
)
def test_one_of_what_is_offered_is_chosen(language: str, text: str, codes: list[str]) -> None:
    assert chosen(text, KINDS, INDEX[language], language) == codes


def test_of_two_the_other_is_chosen() -> None:
    assert chosen("Pas le portable, l'autre.", ("internet", "mobile"), INDEX["fr"], "fr") == ["internet"]
    assert left("Pas le portable, l'autre.", KINDS, INDEX["fr"], "fr") == ["internet", "landline"]
    assert chosen("Both.", ("internet", "mobile"), INDEX["en"], "en") == ["internet", "mobile"]


def test_who_cannot_tell_is_not_asked_again() -> None:
    assert knows_none("Je ne sais pas trop.", "fr")
    assert knows_none("None of them, it's the printer.", "en")
    assert not knows_none("C'est la télé avec le boîtier.", "fr")


@pytest.mark.parametrize("text", ["Oui.", "Non, pas du tout.", "Oui, c'est ça.", "Ah non, merci."])
def test_words_that_only_answer(text: str) -> None:
    assert only_answers(text, "fr")


@pytest.mark.parametrize(
    "text", ["Plus rien ne marche.", "Plus rien.", "Rien ne fonctionne.", "Plus de télé.", "Oui, plus de réseau."]
)
def test_words_that_tell_something(text: str) -> None:
    assert not only_answers(text, "fr")


@pytest.mark.parametrize(
    ("text", "is_told"),
    [
        ("Non, pas d'internet, j'ai quatre-vingt-deux ans !", False),
        ("Non, pas d'internet chez moi.", False),
        ("L'internet et moi ça fait deux.", False),
        ("Non, pas d'internet depuis ce matin.", True),
        ("Globex, et plus d'internet.", True),
    ],
)
def test_what_one_never_had_does_not_fail(text: str, is_told: bool) -> None:
    assert tells_fault(text, INDEX["fr"], "fr") is is_told


def test_what_is_told_besides() -> None:
    assert goes_on_telling("Et mon portable non plus.", "fr")
    assert goes_on_telling("Le fixe aussi.", "fr")
    assert not goes_on_telling("Non, c'est mon portable.", "fr")


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("fr", "J'ai oublié mon mot de passe."),
        ("fr", "J'ai perdu mes identifiants."),
        ("fr", "Oui, je n'arrive plus à me connecter, j'ai oublié mon mot de passe."),
        ("en", "I've forgotten my password."),
        ("en", "Can you reset my password?"),
    ],
)
def test_a_lost_secret_is_the_matter_where_the_tenant_has_a_remedy_for_it(language: str, text: str) -> None:
    keywords = {"fr": ["mot de passe", "identifiant"], "en": ["password"]}
    index = ProblemIndex({"login": keywords[language]}, language)
    assert not is_business(text, index, language)
    assert problem(text, index, language) == "login"


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("fr", "Alors moi."),
        ("fr", "Ben, depuis ce matin."),
        ("fr", "Ben depuis ce matin"),
        ("fr", "Mon mari m'a dit d'appeler."),
        ("fr", "Alors, je suis monsieur Berger."),
        ("en", "Well since this morning"),
        ("en", "My husband told me to call."),
        ("en", "This is Mr Baker."),
    ],
)
def test_slow_beginners_have_told_nothing_yet(language: str, text: str) -> None:
    assert is_preamble(text, language)
    assert only_leads_up(text, language)


@pytest.mark.parametrize(
    ("language", "text", "is_waited_for"),
    [
        ("fr", "J'ai un téléphone", True),
        ("fr", "Alors voilà j'ai ma box", True),
        ("fr", "J'ai une fuite", False),
        ("fr", "J'ai mon portable qui capte plus", False),
        ("fr", "Mon mari a plus internet", False),
        ("en", "I've got a router", True),
        ("en", "My husband's internet is down", False),
    ],
)
def test_what_has_hardly_begun_is_waited_for(language: str, text: str, is_waited_for: bool) -> None:
    assert only_leads_up(text, language) is is_waited_for
    assert not is_preamble(text, language)
