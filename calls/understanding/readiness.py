"""Reads and builds what the first callers would otherwise wait for, and all other callers with them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from calls import understanding
from calls.understanding.address_of_names import Names, address_of_names

LANGUAGES: Final = ("fr", "en")

_QUESTIONS: Final = (
    understanding.asks_for_options,
    understanding.asks_about_step,
    understanding.asks_for_visit,
    understanding.asks_back,
    understanding.asks_if_machine,
    understanding.asks_to_repeat,
    understanding.asks_to_wait,
    understanding.attempt,
    understanding.cannot_tell,
    understanding.declines,
    understanding.email,
    understanding.farewell,
    understanding.first_name,
    understanding.fixed,
    understanding.free_company,
    understanding.is_acknowledgement,
    understanding.is_backchannel,
    understanding.is_half_dictated,
    understanding.is_on_landline,
    understanding.is_preamble,
    understanding.is_question,
    understanding.is_same_matter,
    understanding.leaves_no_message,
    understanding.knows_none,
    understanding.only_answers,
    understanding.is_to_come,
    understanding.is_unfinished,
    understanding.only_denies,
    understanding.only_is_present,
    understanding.only_leads_up,
    understanding.only_restarts,
    understanding.phone,
    understanding.prefers_call,
    understanding.refuses,
    understanding.refuses_recording,
    understanding.spelling,
    understanding.tells_when,
    understanding.wants_callback,
    understanding.tells_done,
    understanding.tells_relapse,
    understanding.tells_employer,
    understanding.tells_home,
    understanding.tells_role,
    understanding.trading_name,
    understanding.wants_human,
    understanding.wants_technician_now,
    understanding.wants_visit,
    understanding.without_own_phone,
    understanding.yes_no,
)
_COMPANIES: Final = ("Garage Dupont", "Cabinet Ansart", "Total", "CARvertical", "Mairie de Lyon", "Novalis Conseil")
# Whatever the tables are asked for is somewhere in these.
_SAID: Final = (
    "non euh je ne marche pas, j'en ai marre de ce con ! passez-moi un conseiller qui peut me parler",
    "je m'appelle Jean-Pierre Martin, m a r t i n, deux n comme Nicolas, e accent aigu, de la société Garage Dupont",
    "c'est pierre point martin, avec un s à la fin, tout attaché, arobase gmail point com, en minuscules, non pardon",
    "zéro six quatre-vingt-douze, mille neuf cent quatre-vingts, deux mille dix",
    "oui c'est fait, vous êtes un robot ? vous pouvez répéter ? je ne veux pas être enregistré ni la donner",
    "ça marche, le voyant est passé au vert mais le wifi va revenir, mon mari est furieux contre vous, pas de réseau",
    "le problème est résolu",
    "oui, ça ne marche plus du tout",
    "yes, the wifi works not at all",
    "Dupont",
    "le wifi marche, le wifi aussi, pas de souci, mais personne ne peut me joindre sur le wifi",
    "the wifi works, the wifi too, no problem, but nobody can reach me on the wifi",
    "ça fait chier votre truc",
    "je veux parler à quelqu'un",
    "je voudrais parler à Marie, la dame que j'ai eue hier",
    "le technicien d'hier s'il vous plaît",
    "put Mary on",
    "the lady i spoke to yesterday please",
    "an engineer please",
    "il y a quelqu'un ?",
    "est-ce qu'il y a un humain quelque part ?",
    "mon opérateur c'est Orange",
    "je vous l'ai déjà donné",
    "je n'ai pas l'intention de vous donner mon nom",
    "sophie point durand, avec un d, arobase gmail point com",
    "luc roy arobase, après, lune point fr",
    "Ewa, E W A",
    "Jean tiret Luc, enfin Paul",
    "Dominique, c'est ma fille",
    "Xabier, avec un beau tréma",
    "Linh, c'est breton",
    "l e g e r, accent aigu sur le premier e, pas plus",
    "Le Brun, oui, L E B R U N",
    "L E B R U N. Oui, L E B",
    "R E N E, avec accent aigu dessus",
    "Van Berg, yes, V A N B E R G",
    "V A N B E R G. Yes, V A N",
    "R E N E, with acute above it",
    "yes, it works",
    "c'est qui",
    "who is this",
    "il marche plus, je suis sur mon portable",
    "it is dead, I am on my mobile",
    "bon, j'ai pas entendu là",
    "well, i did not hear there",
    "allô",
    "hello",
    "this is ridiculous",
    "someone cut the cable",
    "Garage.",
    "je vais chez Total",
    "garage Dupond",
    "cabinet ansart",
    "Media Total",
    "Monsieur Total",
    "Mr Total",
    "CARvertical.",
    "mairie à Lyon",
    "le cabinet d'avocats Ansart",
    "le cabinet Dupont",
    "la société Dupont Garage",
    "Total Énergies",
    "garage carrosserie Dupont",
    "garage Dupont Bayonne",
    "garage Dupont rue de la gare",
    "Novalis",
    "mairie de Lyon sur Saône",
    "mairie de Lyonnet",
    "Ansart, les camions",
    "chez Ansart",
    "tépéo",
    "le prénom c'est Paul le prénom",
    "Le Floch Yann",
    "mon nom c'est Xochitl",
    "Martin c'est mon nom de famille",
    "xochitl x o c h i t l",
    "C O L L E T, un T, well T",
    "en deux mots, D E, puis L A",
    "two words, D E, then L A",
    "Thomson with a P, i said T H O M S O N, no P",
    "John Paul with a hyphen, J O H N, seven hundred",
    "D A V I E S, with an E before the S",
    "Mc, then G R A T H",
    "it's Will",
    "Farrow's my surname. Nigel.",
    "no I do not want to be recorded, it does not work, are you a robot? John dot Smith at example dot com, double l",
    "my name is John, from Acme Limited, j for juliet, let me talk to someone please, this is unacceptable, it's done",
)


def get_ready() -> None:
    """Before the first call: word lists, lexicons and weights, some 0.3 s of work."""
    for language in LANGUAGES:
        index = understanding.ProblemIndex({"internet": ["wifi"]}, language)
        for text in _SAID:
            for ask in _QUESTIONS:
                ask(text, language)
            understanding.problem(text, index, language)
            understanding.faults(text, index, language)
            understanding.is_business(text, index, language)
            understanding.tells_restart(text, "internet", index, language)
            understanding.chosen(text, ["internet"], index, language)
            understanding.tells_another(text, index, language, ("internet",), is_fixed=True)
            understanding.tells_another(text, index, language, (), is_fixed=True)
            understanding.company(text, _COMPANIES, language)
            understanding.introduced(text, language)
            understanding.wants_neither(text, language)
            understanding.another_caller(text, "Camille", "Moreau", language)
            understanding.name_instead(text, "Camille", "Martin", language)
            address_of_names(text, Names("Camille", "Martin", "Globex"), language)
            understanding.is_angry(text, (), language)
            understanding.is_grounded(text, [text], language)
            understanding.is_noise(text)
        understanding.is_angry("box routeur", ("box",), language)  # a tenant's own word


def get_ready_for(
    companies: Sequence[str], anger_words: Iterable[str], censored: Mapping[str, str], language: str
) -> None:
    """The same for a tenant's own words, in a database thread: a tenth of a second for 1,000 companies.

    One company more costs a tenth of that.
    """
    understanding.company("", companies, language)
    understanding.is_angry("", anger_words, language)
    understanding.censor("", censored)
