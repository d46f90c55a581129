"""That a machine speaks: callers are told first (Regulation (EU) 2024/1689, article 50)."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

#: The phrases with which a call begins, or begins again.
KEYS: Final = frozenset({"greet", "cut_off"})

#: What only a machine is called, without accents and capitals. A bare «assistante» may be a person.
_WORDS: Final = {
    "fr": re.compile(
        r"\b(?:automatique(?:s|ment)?|automatisee?s?|automates?|robots?|(?:voice|chat|call)?bots?|machine"
        r"|intelligence artificielle|i\.?a|repondeur"
        r"|(?:assistante?|agente?|conseill(?:er|ere)|secretaire|standard|serveur|accueil|systeme|voix)"
        r" (?:(?:virtuel|artificiel|conversationnel)(?:le)?|vocale?|numerique|digitale?|synthetique|de synthese))\b"
    ),
    "en": re.compile(
        r"\b(?:automatic(?:ally)?|automated|robots?|(?:voice|chat|call)?bots?|machine"
        r"|artificial intelligence|a\.?i"
        r"|(?:virtual|digital|artificial|conversational|synthetic|voice|computer)"
        r" (?:assistant|agent|adviser|advisor|receptionist|system|voice))\b"
    ),
}


def says_machine(text: str, language: str) -> bool:
    """Whether whoever hears the text learns that no person speaks; what is filled in for {…} does not count."""
    plain = unicodedata.normalize("NFKD", re.sub(r"{\w*}", "…", text).casefold())
    return _WORDS[language].search("".join(c for c in plain if not unicodedata.combining(c))) is not None
