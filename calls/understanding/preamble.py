"""What comes before the matter: a greeting, «alors voilà, j'ai un souci», «depuis ce matin»."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from calls.understanding.text import are_all_of, clauses, phrases_of

# Words of a clause that waits for another: what is longer has told something.
_LONGEST_LEAD = 10


def is_preamble(text: str, language: str) -> bool:
    """Whether nothing was told yet: «bonjour», «je vous explique, c'est compliqué», «depuis ce matin»."""
    told = clauses(text, language)
    return bool(told) and all(
        _is_made_of("led_up", clause, language) or _is_made_of("time", clause, language) for clause in told
    )


def only_leads_up(text: str, language: str) -> bool:
    """Whether the matter is still to come, or its end: «quand j'allume la box», «c'est ma ligne fixe,»."""
    if text.rstrip().endswith(","):
        return True
    told = clauses(text, language)
    while told and (_is_made_of("led_up", told[0], language) or _is_made_of("time", told[0], language)):
        told.pop(0)
    is_question = text.rstrip().endswith("?")
    return not told or (len(told) == 1 and not is_question and _waits_for_another(told[0], language))


_phrases = partial(phrases_of, "preamble")


def _is_made_of(section: str, clause: Sequence[str], language: str) -> bool:
    return are_all_of(clause, _phrases(section, language))


def _waits_for_another(clause: Sequence[str], language: str) -> bool:
    """«Quand j'allume la box», «et depuis qu'ils ont fait des travaux»; not «quand je parle on m'entend mal»."""
    led_up = _phrases("led_up", language)
    position = 0
    while position < len(clause):
        lead = _phrases("subordinate", language).at(clause, position)
        if lead is not None:
            following = clause[lead.end :]
            return len(following) <= _LONGEST_LEAD and len(_phrases("subject", language).find(following)) <= 1
        if (passed := led_up.at(clause, position)) is None:
            return False
        position = passed.end
    return False
