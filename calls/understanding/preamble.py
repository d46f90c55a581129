"""What comes before the matter: a greeting, «alors voilà, j'ai un souci», «depuis ce matin»."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from calls.understanding.text import are_all_of, clauses, phrases_of

# Words of a clause that waits for another: what is longer has told something.
_LONGEST_LEAD = 10
_LONGEST_NAME = 2


def is_preamble(text: str, language: str) -> bool:
    """Whether nothing was told yet: «bonjour», «je vous explique, c'est compliqué», «depuis ce matin»."""
    told = clauses(text, language)
    return bool(told) and all(_leads_up(clause, language) for clause in told)


def only_leads_up(text: str, language: str) -> bool:
    """Whether the matter is still to come, or its end: «quand j'allume la box», «c'est ma ligne fixe,»."""
    if text.rstrip().endswith(","):
        return True
    told = clauses(text, language)
    while told and _leads_up(told[0], language):
        told.pop(0)
    is_question = text.rstrip().endswith("?")
    return not told or (len(told) == 1 and not is_question and _waits_for_another(told[0], language))


_phrases = partial(phrases_of, "preamble")


def _leads_up(clause: Sequence[str], language: str) -> bool:
    """«Ben, depuis ce matin», «alors, je suis monsieur Berger»."""
    passed = (_phrases("led_up", language), _phrases("time", language))
    if are_all_of(clause, *passed):
        return True
    named = _phrases("named", language).find(clause)
    return (
        bool(named) and len(clause) - named[-1].end <= _LONGEST_NAME and are_all_of(clause[: named[-1].start], *passed)
    )


def _waits_for_another(clause: Sequence[str], language: str) -> bool:
    """«Quand j'allume la box», «alors j'ai mon téléphone»; not «quand je parle on m'entend mal»."""
    led_up = _phrases("led_up", language)
    position = 0
    while position < len(clause):
        begun = _phrases("begun", language).at(clause, position)
        if begun is not None and begun.end == len(clause):
            return True
        lead = _phrases("subordinate", language).at(clause, position)
        if lead is not None:
            following = clause[lead.end :]
            return len(following) <= _LONGEST_LEAD and len(_phrases("subject", language).find(following)) <= 1
        if (passed := led_up.at(clause, position)) is None:
            return False
        position = passed.end
    return False
