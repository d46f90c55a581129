"""What callers say, with what it means: one utterance and its value per line.

`corpus/fr/yes_no.tsv` holds French answers to a yes/no question, and so on. The value
`null` means «not understood». `corpus/heldout/` was written after the code and without
looking at it, to learn how it does on what it has not seen; `corpus/training/` is what
`training.py` makes weights from, with `corpus/fr/` and `corpus/en/`;
`address_training.py` makes them from all three, but for `heldout/*/email_unseen.tsv`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

from calls import understanding
from tenants import presets

CORPUS = Path(__file__).parent / "corpus"
# Lines: who writes so many in a row has the same things in mind.
_CELL = 30

COMPANIES = (
    "CARvertical", "Vetodok", "RCF Elec", "L'ONAsoft", "SNCF", "Total", "TechCorp", "DataSolutions",
    "CloudInnovate", "SecureNet", "MediaPlus", "Boulangerie Marchand", "Garage du Lac", "Cabinet Rivière",
    "Logitrans", "Electro Plus", "Hôtel des Bains", "BTP Lefort", "Sogexia", "Clinique Saint-Roch",
    "Transports Blanc", "Agence Horizon", "Vinci", "Decathlon", "EDF", "La Poste", "Crédit Agricole", "KPMG",
    "Leroy Merlin", "Biocoop", "Proxilog", "Atelier 27", "Menuiserie Garnier", "Mutuelle du Rhône", "SNEF",
    "Aqualia", "Pharmacie du Centre", "Studio Kiwi", "Hexatel", "Domaine des Roches", "Mairie de Plouzané",
    "Armor Froid", "Pixelis", "Cuisines Beaumont", "Fleurs de Lys", "Transports Gallet", "Thermoclim",
    "Nord Textile", "Immo Ouest", "Clinique de l'Ouest", "La Courte Échelle", "Renault", "Michelin", "Orange Bank",
    "BNP Paribas", "Capgemini", "Carrefour", "GRDF", "Boulanger", "Alstom", "DHL", "Groupama", "Cabinet Morel",
    "Librairie du Passage", "Garage Central", "Ferme des Tilleuls", "Odyssey", "MGEN", "Chauffage Vidal", "Sanofi",
    "Novatis",
)  # fmt: skip
# Lists of clients, French and English, with sentences of their own: `company_north.tsv` and so on.
CLIENTS = {
    f"company_{file.stem}": tuple(file.read_text(encoding="utf-8").splitlines())
    for file in sorted(CORPUS.glob("clients/*.txt"))
}

PROBLEMS = {
    "fr": {
        "internet": [
            "internet", "wifi", "wi-fi", "box", "fibre", "connexion", "routeur", "modem", "adsl", "débit", "livebox",
        ],
        "mobile": [
            "mobile", "portable", "téléphone portable", "carte sim", "réseau mobile", "4g", "5g", "sms", "texto", "puk",
            "iphone", "internet mobile", "données mobiles", "téléphone mobile", "esim", "smartphone",
        ],
        "phone": ["téléphone fixe", "ligne fixe", "fixe", "ligne", "tonalité", "téléphone"],
        "email": ["mail", "boîte mail", "e-mail"],
        "billing": ["facture", "prélevé", "facturation"],
    },
    "en": {
        "internet": ["internet", "wi-fi", "router", "broadband", "connection"],
        "mobile": ["mobile", "sim card", "signal"],
        "phone": ["landline", "phone line"],
        "billing": ["bill", "invoice"],
    },
}  # fmt: skip

ANGER_WORDS = {"fr": ("inadmissible", "scandale", "incompétent", "marre"), "en": ("unacceptable",)}

CENSORED = {
    "connard": "malotru", "putain": "zut", "merde": "camelote", "con": "benêt", "enculé": "goujat",
    "fils de pute": "triste sire", "pute": "mot déplacé", "ta gueule": "silence",
}  # fmt: skip

Understand = Callable[[str, str], object]

_INDEX = {language: understanding.ProblemIndex(keywords, language) for language, keywords in PROBLEMS.items()}
# What a new company has.
_PRESET = {
    language: understanding.ProblemIndex(
        {kind.code: list(kind.keywords) for kind in presets.problem_types(language)}, language
    )
    for language in presets.LANGUAGES
}


def _company_of(clients: tuple[str, ...]) -> Understand:
    return lambda text, language: understanding.company(text, clients, language)


def _farewell(text: str, language: str) -> str | None:
    said = understanding.farewell(text, language)
    return f"{said.reason}{' certain' if said.is_certain else ''}" if said else None


KINDS: dict[str, Understand] = {
    "yes_no": understanding.yes_no,
    "fixed": understanding.fixed,
    "problem": lambda text, language: understanding.problem(text, _INDEX[language], language),
    "problem_preset": lambda text, language: understanding.problem(text, _PRESET[language], language),
    "anger": lambda text, language: understanding.is_angry(text, ANGER_WORDS[language], language),
    "human": understanding.wants_human,
    "backchannel": understanding.is_backchannel,
    "noise": lambda text, language: understanding.is_noise(text),
    "first_name": understanding.first_name,
    "refusal": understanding.refuses,
    "company": lambda text, language: understanding.company(text, COMPANIES, language),
    "free_company": understanding.free_company,
    "phone": understanding.phone,
    "censor": lambda text, language: understanding.censor(text, CENSORED),
    "spelling": understanding.spelling,
    "unfinished": understanding.is_unfinished,
    "half_dictated": understanding.is_half_dictated,
    "wait": understanding.asks_to_wait,
    "email": understanding.email,
    "email_unseen": understanding.email,
    "acknowledgement": understanding.is_acknowledgement,
    "repeat": understanding.asks_to_repeat,
    "machine": understanding.asks_if_machine,
    "farewell": _farewell,
    **{kind: _company_of(clients) for kind, clients in CLIENTS.items()},
}

_AS_WRITTEN = {None: "null", True: "yes", False: "no"}


def utterances(kind: str, language: str, *, folder: str = "") -> list[tuple[str, str]]:
    """(text, value) of one kind; values as they are written, `null` for none."""
    return [(text, value) for text, value, _cell in in_cells(kind, language, folder=folder)]


def in_cells(kind: str, language: str, *, folder: str = "") -> Iterator[tuple[str, str, str]]:
    """(text, value, cell): sentences written for one idea, under one heading or close together, share a cell."""
    file = CORPUS / folder / language / f"{kind}.tsv"
    heading = ""
    lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    for number, line in enumerate(lines):
        if line.startswith("#"):
            heading = line
        else:
            text, value = line.split("\t")
            yield text, value, f"{folder} {kind} {heading} {number // _CELL}"


@cache
def misunderstood(kind: str, language: str, *, folder: str = "") -> list[str]:
    """One line for each utterance that comes out wrong."""
    wrong = []
    for text, wanted in utterances(kind, language, folder=folder):
        value = KINDS[kind](text, language)
        got = str(_AS_WRITTEN[value] if value is None or isinstance(value, bool) else value)
        if got != wanted:
            wrong.append(f"{text!r}: {got} instead of {wanted}")
    return wrong
