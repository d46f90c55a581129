"""What the corpora cannot show of problems, names, numbers, addresses, anger and answers."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

import tenants.presets
from calls.understanding import (
    FaqIndex,
    ProblemIndex,
    asks_who,
    censor,
    email,
    first_name,
    is_angry,
    is_backchannel,
    is_noise,
    only_is_present,
    phone,
    problem,
    spelling,
    strip_hallucinations,
)

PRESET = tomllib.loads((Path(tenants.presets.__file__).parent / "fr.toml").read_text(encoding="utf-8"))


def test_what_breaks_off_behind_a_letter_is_no_address():
    for said in ("0L:L:L", "philippe un l", "arobase un l un l", "philippe, un l, un p"):
        assert email(said, "fr") is None


def test_a_keyword_of_two_problem_types_decides_nothing():
    index = ProblemIndex({"internet": ["coupure", "box"], "mobile": ["coupure"]}, "fr")

    assert problem("J'ai une coupure.", index, "fr") is None
    assert problem("J'ai une coupure de ma box.", index, "fr") == "internet"


def test_the_longest_keyword_wins():
    index = ProblemIndex({"internet": ["réseau", "connexion"], "mobile": ["réseau mobile"]}, "fr")

    assert problem("Je n'ai plus de réseau mobile.", index, "fr") == "mobile"
    assert problem("Je n'ai plus de réseau.", index, "fr") == "internet"


def test_any_trade_may_name_its_problems():
    index = ProblemIndex({"leak": ["fuite", "fuite d'eau"], "heating": ["chaudière", "radiateur"]}, "fr")

    assert problem("Y a une fuite d'eau sous l'évier.", index, "fr") == "leak"
    assert problem("Mes radiateurs sont froids mais la chaudière tourne.", index, "fr") == "heating"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Ma boxe est éteinte.", "internet"),
        ("Je boxe demain.", None),
        ("La fri boxe clignote.", "internet"),
        ("Le why fi est mort.", "internet"),
        ("Problème de oui-fi.", "internet"),
        ("Oui, fi donc.", None),
        ("J'ai plus la quatre G.", "mobile"),
        ("On est quatre, j'ai froid.", None),
        ("Je n'ai plus d'A D S L.", "internet"),
        ("Ma carte cime est bloquée.", "mobile"),
        ("Le telephone fix est muet.", "landline"),
        ("Y a plus de tona alité.", "landline"),
        ("C'est une question de route.", None),
    ],
)
def test_a_keyword_may_be_written_as_it_sounds(text, code):
    keywords = {name: list(entry["keywords"]) for name, entry in PRESET["problems"].items()}

    assert problem(text, ProblemIndex(keywords, "fr"), "fr") == code


def test_a_sound_that_two_kinds_have_names_neither():
    index = ProblemIndex({"sport": ["boxe"], "internet": ["box"]}, "fr")

    assert problem("Le bocse est en panne.", index, "fr") is None
    assert problem("La boxe.", index, "fr") == "sport"


def test_a_tenants_own_word_shows_anger_and_its_negation_does_not():
    assert is_angry("Quelle galère !", ["galère"], "fr")
    assert not is_angry("Ce n'est pas une galère.", ["galère"], "fr")
    assert not is_angry("Quelle galère !", [], "fr")


def test_censoring_leaves_the_rest_as_it_was():
    text = "  Il a dit :\n«Merde»,   puis il est parti à Concarneau.\t"

    assert censor(text, {"merde": "mince"}) == "  Il a dit :\n«Mince»,   puis il est parti à Concarneau.\t"
    assert censor(text, {}) == text


def test_a_word_without_replacement_is_starred():
    assert censor("Quel idiot.", {"idiot": ""}) == "Quel ***."


def test_accents_may_be_missing_but_not_invented():
    assert censor("encule", {"enculé": "goujat"}) == "goujat"
    assert censor("salé", {"sale": "propre"}) == "salé"


def test_of_two_words_that_are_as_like_what_is_spelled_the_first_is_meant():
    assert first_name("East then wood, E A S T W O O D, one word.", "en") == "Eastwood"


def test_family_names_are_in_capitals_in_french_only():
    assert spelling("L E F E accent grave V R E", "fr") == "LEFÈVRE"
    assert spelling("S M I T H hyphen J O N E S", "en") == "Smith-Jones"
    assert spelling("Oh, S M I T H", "en") == "Smith"
    assert spelling("Oh, H, A, R, A", "en") == "Ohara"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("K O W A L S K I, y a deux K en tout", "KOWALSKI"),
        ("Y A deux L A", "YALLA"),
        ("B A R R Y, enfin deux R", "BARRY"),
        ("C O L I N, enfin deux L", None),
        ("le roux en deux mots L E R O U X", "LE ROUX"),
        ("Dupuis Lebrun avec un tiret, D U P U I S L E B R U N", "DUPUIS-LEBRUN"),
        ("G comme Gaston, A, S comme Sophie deux fois, E, R", "GASSER"),
        ("M, U avec un tréma, deux L, E, R", "MÜLLER"),
        ("R E N E avec un accent aigu", "RENÉ"),
        ("H E L E N E avec un accent grave, H E L E N E", None),
        ("C A R R E avec deux R et un accent aigu", "CARRÉ"),
        ("D U P, non attendez, je recommence, D U R A N D", "DURAND"),
        ("D U P, je recommence", None),
        ("D U B, euh, D U B O S C", "DUBOSC"),
        ("J, non G, G I R A U D", "GIRAUD"),
        ("ça finit par un T", None),
        ("L E C L E R C, il se termine par un C", "LECLERC"),
        ("J O L Y, avec un Y à la fin et pas I E", "JOLY"),
        ("O, apostrophe, non pas d'apostrophe, O C O N N O R", "OCONNOR"),
    ],
)
def test_what_is_told_of_letters_is_none_of_them(text, name):
    assert spelling(text, "fr") == name


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("G U I deux L O T, un O, un T.", "GUILLOT"),
        ("C O L L E T, donc deux L, un T.", "COLLET"),
        ("P H I L I P P O T, un L et deux P et un T.", "PHILIPPOT"),
        ("M A R C H A N D, donc un D.", "MARCHAND"),
        ("C O L A S, sans H, avec un seul L et un S à la fin.", "COLAS"),
        ("G O N T H I E R, T H.", "GONTHIER"),
        ("S T E P H A N, P H et pas F.", "STEPHAN"),
        ("J A C Q U E S, C Q U au milieu.", "JACQUES"),
        ("B O U R G E O I S, G E O I S à la fin.", "BOURGEOIS"),
        # No remark, but the name.
        ("un D, un U, un P, un O, un N, un T", "DUPONT"),
        ("D E L M, A S", "DELMAS"),
        ("B E R G, E R", "BERGER"),
        ("V E R D I, E, R", "VERDIER"),
        ("R A K O T O M A L A, puis L A", "RAKOTOMALALA"),
        ("D U P O N, T", "DUPONT"),
        ("D U P O N, donc un T", "DUPONT"),
        ("B, A, N, A, puis N, A, L", "BANANAL"),
    ],
)
def test_what_is_told_once_more_behind_a_name_is_no_part_of_it(text, name):
    assert spelling(text, "fr") == name


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("C'est Besnard avec un S au milieu, donc B E S N A R D.", "BESNARD"),
        ("C'est Bonnefoy avec deux N, donc B O deux N E F O Y", "BONNEFOY"),
        ("B E R N A R D, ah non pardon, ça c'est mon mari, moi c'est D U P U I S.", "DUPUIS"),
        ("D U R A N D, non je dis une bêtise, c'est avec un T, D U R A N T.", "DURANT"),
        ("M A R, non pardon j'ai avalé une lettre, M O A R.", None),
        ("F A U R E, il n'y a pas d'accent sur le E final.", "FAURE"),
        ("T H E B A U L T, sans accent sur le E, L T à la fin.", "THEBAULT"),
    ],
)
def test_what_is_said_before_the_name_that_counts_is_no_part_of_it(text, name):
    assert spelling(text, "fr") == name


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Le Goff, G O deux F.", "LE GOFF"),
        ("Le Brun, L E, B R U N, en deux mots.", "LE BRUN"),
        ("Delahaye, D E L A H A Y E en un mot.", "DELAHAYE"),
        ("Sanchez, S A N C H E Z, et Moreno, M O R E N O.", "SANCHEZ MORENO"),
        ("Lambert, L A M B E R T, Julie, J U L I E.", "LAMBERT"),
        ("Martin, M A R T I N, Paul, P A U L.", None),
        ("Sainte-Rose. Sainte, S A I N T E, tiret, Rose comme la fleur, R O S E.", "SAINTE-ROSE"),
        ("Jean-Marie Fabre, F A B R E.", "FABRE"),
        ("Haine, H A I N E.", "HAINE"),
        ("Camus, comme l'auteur de la Peste, C A M U S.", "CAMUS"),
        ("Legrand, L E G R A N D, pas Le Grand en deux mots.", "LEGRAND"),
        ("Moretti, M O R E T T I. Deux R.", None),
        ("Mallet, avec deux L, M A L E T.", None),
        ("Bonnet, deux N, un T, B O deux N E T.", "BONNET"),
        ("Alors y a deux N, B O N N A R D.", "BONNARD"),
        ("Y A deux N I C K", "YANNICK"),
        ("Traoré, T R A O R E, avec l'accent.", "TRAORÉ"),
        ("Nana c'est mon surnom, A N A N A.", "ANANA"),
        # What stands beside a letter.
        ("M A T I E U, un H après le T.", "MATHIEU"),
        ("F L O C H, avec une apostrophe entre le C et le H.", "FLOC'H"),
        ("D'abord le D, après le A, après le N.", "DAN"),
        # What is told once more, or asked and answered.
        ("C R O I Z A T, Z, pas S.", "CROIZAT"),
        ("Deux L ? Non, un seul. V A L E R Y.", "VALERY"),
        ("C A S T A I N G. Oui, un G.", "CASTAING"),
        ("L Y. L comme Laurent, Y comme Yvonne.", "LY"),
        ("V A L, je reprends, L I N.", None),
    ],
)
def test_a_name_said_and_spelled_bears_itself_out(text, name):
    assert spelling(text, "fr") == name


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("M A R C H A N D, non, N T", "MARCHANT"),
        ("T H I E R Y, pardon, R R Y", "THIERRY"),
        ("M A T, enfin deux T, H I E U", "MATTHIEU"),
        ("C'est D U P R E, l'E a un accent aigu", "DUPRÉ"),
        ("J O L Y, l'Y à la fin, on l'a toujours écrit comme ça", "JOLY"),
        ("Tréma sur le I, H E L O I S E", "HELOÏSE"),
        ("Dumas tiret Lefort, D U M A S et L E F O R T", "DUMAS-LEFORT"),
        ("T R A N, le A c'est un A normal", "TRAN"),
        ("M, A, euh A, R, O, T", "MAROT"),
        ("Durand, D U R A N D, non, Martin, M A R T I N", "MARTIN"),
        ("Mon nom c'est Legrain, L E G O F F", None),
        ("Leroy, L E R O I", "LEROI"),
        ("P O N T, donc D U P O N T", "DUPONT"),
        ("C H R I S T, pas comme Jésus, hein", "CHRIST"),
    ],
)
def test_what_is_told_again_or_instead_of_letters_is_obeyed_and_talk_is_not(text, name):
    assert spelling(text, "fr") == name


def test_an_address_contradicted_is_none():
    twice = "pierre point martin arobase gmail point com, je répète, pierre point martin arobase orange point fr"

    assert email(twice, "fr") is None


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("06 80 27 33 45 ou 46", None),
        ("06 80 27 ou bien 28 33 45", None),
        ("06 80 27 33 45 ou au bureau, poste 12", "+33680273345"),
        ("6 88 12 57 40, avec un zéro devant", "+33688125740"),
        ("0688125740, le zéro devant", "+33688125740"),
        ("06 12 34 56 78, je suis devant la gare", "+33612345678"),
        ("06 80 27 33, quarante, quarante-cinq", "+33680273345"),
    ],
)
def test_what_is_said_about_a_number_is_none_of_it(text, number):
    assert phone(text, "fr") == number


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0872213456", "+353872213456"),
        ("oh eight seven, two two one, three four five six", "+353872213456"),
        ("0214961234", "+353214961234"),
        ("oh two one, four nine six, one two three four", "+353214961234"),
        ("It's Dublin, oh one, four nine six, one two three four", "+35314961234"),
        ("091 566 778", "+35391566778"),
        ("0122334455", None),
        ("0749123456", None),
        ("oh two three, four nine six, one two three four", None),  # Bandon, or Southampton without a digit
        ("0612345678", "+33612345678"),
        ("01 42 68 53 09", "+33142685309"),
        ("0161 496 0123", "+441614960123"),
    ],
)
def test_a_number_that_is_neither_british_nor_irish_is_hardly_french(text, number):
    assert phone(text, "en") == number


def test_noise_is_no_backchannel_of_any_language():
    assert is_noise("Euh…")
    assert not is_noise("Oui.")
    assert not is_backchannel("", "fr")


@pytest.mark.parametrize(
    ("text", "language", "is_all"),
    [
        ("Oui oui, je suis là.", "fr", True),
        ("Oui, allô ?", "fr", True),
        ("Yes, I'm here.", "en", True),
        ("Oui oui.", "fr", False),
        ("Je suis là mais la box est éteinte.", "fr", False),
        ("Hello, my phone is dead.", "en", False),
    ],
)
def test_who_only_says_that_he_is_there_tells_nothing(text, language, is_all):
    assert only_is_present(text, language) is is_all


@pytest.mark.parametrize(
    ("text", "language", "is_all"),
    [
        ("À qui je parle, là ?", "fr", True),
        ("Allô, vous êtes de quelle société ?", "fr", True),
        ("Sorry, who am I speaking to?", "en", True),
        ("Avec qui je parle ? Passez-moi un conseiller.", "fr", False),
        ("Vous êtes qui pour me parler comme ça ?", "fr", False),
        ("Who is this idiot?", "en", False),
    ],
)
def test_who_asks_who_speaks_asks_nothing_else(text, language, is_all):
    assert asks_who(text, language) is is_all


def test_what_silence_is_made_of_is_taken_out_of_what_was_said():
    assert strip_hallucinations("Sous-titrage ST 501 … Ma box ne marche plus.") == "Ma box ne marche plus."
    assert strip_hallucinations("Ma box. Sous-titrage Société Radio-Canada") == "Ma box."
    assert strip_hallucinations("Les sous-titres de ma télé.") == "Les sous-titres de ma télé."


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("J'ai la 4G qui rame.", "mobile"),
        ("Je peux pas passer d'appels.", "mobile"),
        ("Je n'arrive plus à passer un appel.", "mobile"),
        ("Je ne peux plus recevoir d'appels.", "mobile"),
        ("Ma connexion 4G est lente.", "mobile"),
        ("Ça rame.", "internet"),
        ("J'ai une coupure de la box.", "internet"),
        # The whole household may be without.
        ("J'ai plus de réseau.", None),
        ("Il y a des coupures.", None),
        ("La box n'a plus de réseau.", "internet"),
        ("Plus de réseau sur mon portable.", "mobile"),
        # No fault, but a bill, a contract or an order.
        ("Ma facture d'internet est fausse.", None),
        ("C'est pour changer de forfait mobile.", None),
        ("Mon abonnement internet ne marche plus.", "internet"),
        # Where it shows is not what it is.
        ("Le wifi ne marche pas sur mon iPhone.", "internet"),
        ("Plus d'internet sur mon iPhone.", None),
        ("Depuis que la fibre est installée, le fixe est muet.", "landline"),
        ("L'adresse IP fixe a changé.", "internet"),
        # What takes back that it works.
        ("Le wifi marche en bas, mais à l'étage ça capte pas.", "internet"),
        ("Internet marche, mais mon portable capte pas.", "mobile"),
        ("Ça a marché deux jours, la fibre.", "internet"),
        # A list is of two kinds, an apposition of one.
        ("Internet, le téléphone, plus rien ne marche.", None),
        ("Le fixe, le téléphone, plus rien.", "landline"),
        ("Les mails, ça marche, le wifi et le fixe, c'est le portable qui capte pas.", "mobile"),
        # A number to call, and one that is the matter.
        ("C'est la box, je vous laisse mon numéro de portable.", "internet"),
        ("Mon numéro de portable ne passe plus.", "mobile"),
        ("Mon 06 ne marche plus.", "mobile"),
        ("Mon numéro c'est le 06 12 34 56 78, la box est en panne.", "internet"),
    ],
)
def test_what_a_new_tenant_knows_tells_the_phone_from_the_box(text, code):
    keywords = {name: list(entry["keywords"]) for name, entry in PRESET["problems"].items()}

    assert problem(text, ProblemIndex(keywords, "fr"), "fr") == code


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("Bande de cons", "[insulte]"),
        ("C'est une connerie", "C'est une bêtise"),
        ("Espèce d'abruti", "Espèce d'[insulte]"),
        ("Un concombre et ma connexion", "Un concombre et ma connexion"),
    ],
)
def test_a_new_tenant_reads_no_insults(text, read):
    assert censor(text, PRESET["censored"]) == read


ANSWERS = {
    "fr": [
        (["Quels sont vos horaires ?"], "hours"),
        (["Où êtes-vous situés ?"], "address"),
        (["Quel est le prix d'une intervention ?", "Quels sont vos tarifs ?"], "price"),
    ],
    "en": [(["What are your opening hours?"], "hours"), (["Where are you located?"], "address")],
}


@pytest.mark.parametrize(
    ("language", "text", "answer"),
    [
        ("fr", "Vous êtes ouverts dimanche ?", "hours"),
        ("fr", "Vous fermez à quelle heure le soir ?", "hours"),
        ("fr", "Vous ouvrez demain matin ?", "hours"),
        ("fr", "Vous êtes où ?", "address"),
        ("fr", "Vous êtes situés où ?", "address"),
        ("fr", "C'est combien ?", "price"),
        ("fr", "Ça fait une heure.", None),
        ("fr", "Ça fait deux heures que j'attends.", None),
        ("fr", "Il est quelle heure ?", None),
        ("fr", "Quelle heure est-il ?", None),
        ("fr", "Je voudrais une intervention.", None),
        ("fr", "Où est ma box ?", None),
        ("fr", "Elle est où ?", None),
        ("en", "Are you open on Sunday?", "hours"),
        ("en", "Where are you?", "address"),
        ("en", "It's been an hour.", None),
        ("en", "Where is my router?", None),
    ],
)
def test_a_question_finds_its_answer_and_a_remark_none(language, text, answer):
    assert FaqIndex(ANSWERS[language], language).match(text) == answer


def test_an_answer_about_a_day_comes_before_the_usual_hours():
    index = FaqIndex([*ANSWERS["fr"], (["Êtes-vous ouverts le dimanche ?"], "sunday")], "fr")

    assert index.match("Vous êtes ouverts dimanche ?") == "sunday"
    assert index.match("Quels sont vos horaires ?") == "hours"


@pytest.mark.parametrize("text", ["et devant", "oui et au début", "at non, " * 75, ", " * 300])
def test_what_is_no_address_is_none(text):
    assert email(text, "fr") is None
