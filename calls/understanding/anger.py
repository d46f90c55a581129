"""Is the caller angry, or asking for a person?"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from enum import IntEnum, StrEnum
from functools import cache, lru_cache, partial

from calls.understanding.fixed import fixed
from calls.understanding.learned import evidence
from calls.understanding.names import is_first_name
from calls.understanding.requests import asks_if_machine
from calls.understanding.text import Hit, Lexicon, clauses, lexicon, phrases_of, table, words
from calls.understanding.yes_no import Answer


class Certainty(IntEnum):
    """How sure it is that a caller is angry, or asks for a person."""

    NO = 0
    FAINT = 1  # learnt, and little likelier than not: one such sentence is not enough
    LIKELY = 2  # enough, unless it is the answer to what was asked
    CERTAIN = 3  # whatever was asked


class _Sign(StrEnum):
    OWN = "own"
    STRONG = "strong"
    MILD = "mild"
    # What takes one of them back.
    CALM = "calm"
    HARMLESS = "harmless"


# The tenant's words and strong expressions are anger on their own, two mild ones together.
_THRESHOLD = 2
_WEIGHT = {_Sign.OWN: 2, _Sign.STRONG: 2, _Sign.MILD: 1, _Sign.CALM: 0, _Sign.HARMLESS: -2}
# Of one sign, so many tell the learnt judgement something.
_MOST_SIGNS = 2
# Ten to one, with the margin that was learnt: what no list finds is taken for anger from here on.
_CLEAR = 1.6
# «Pas vraiment.» In so few words only a listed expression is anger.
_TOO_SHORT = 2
_SENTENCE_END = re.compile(r"(?<=[.!?…])\s+")


@lru_cache(maxsize=256)
def _anger(own_words: tuple[str, ...], language: str) -> Lexicon[_Sign]:
    lists = table("anger")[language]
    return lexicon([(own_words, _Sign.OWN), *((lists[sign], sign) for sign in (_Sign.STRONG, _Sign.MILD))], language)


@cache
def _listed(name: str, section: str, language: str) -> frozenset[str]:
    return frozenset(word for phrase in table(name)[language][section] for word in words(phrase, language))


def is_angry(text: str, own_words: Iterable[str], language: str) -> bool:
    """Whether the caller lets anger show, in a sentence that answers nothing."""
    return how_angry(text, own_words, language) >= Certainty.LIKELY


def how_angry(text: str, own_words: Iterable[str], language: str) -> Certainty:
    """How surely the caller lets anger show.

    `own_words` are the tenant's: one is enough, if it is said of us. Without one, it is judged by
    what was learnt, with what the word lists find among its signs: one strong expression, or two
    mild ones. Either must be clear without the other; what has hardly a word is judged by the
    lists alone. What is negated («je ne suis vraiment pas en colère») does not count, nor do
    oaths of joy («putain, ça remarche !»).
    """
    found = list(_expressions(text, own_words, language))
    signs = Counter(sign for _expression, sign in found)
    spoken = words(text, language)
    signs[_Sign.HARMLESS] = len(_phrases("harmless", language).find(spoken))
    oaths = _listed("anger", "oaths", language)
    said = [expression for expression, sign in found if sign is not _Sign.CALM]
    if said and all(oaths.issuperset(expression) for expression in said) and fixed(text, language) is Answer.YES:
        return Certainty.NO
    is_listed = sum(_WEIGHT[sign] * count for sign, count in signs.items()) >= _THRESHOLD
    if signs[_Sign.OWN] or not (said or len(spoken) > _TOO_SHORT):
        return Certainty.CERTAIN if is_listed else Certainty.NO
    learnt = evidence("anger", spoken, language, _numbered(signs))
    if learnt <= 0:
        return Certainty.NO
    is_clear = learnt > _CLEAR
    if is_listed and is_clear:
        return Certainty.CERTAIN
    return Certainty.LIKELY if is_listed or is_clear else Certainty.FAINT


def _numbered(signs: Counter[_Sign]) -> Iterator[str]:
    for sign, count in signs.items():
        for number in range(min(count, _MOST_SIGNS)):
            yield f"{sign} {number}"


def angry_words(text: str, own_words: Iterable[str], language: str) -> list[str]:
    """The expressions that `is_angry` weighs, folded; what is negated or another's is left out."""
    found = _expressions(text, own_words, language)
    return [" ".join(expression) for expression, sign in found if sign is not _Sign.CALM]


def _expressions(text: str, own_words: Iterable[str], language: str) -> Iterator[tuple[Sequence[str], _Sign]]:
    expressions = _anger(tuple(own_words), language)
    spoken = clauses(text, language)
    for clause in spoken:
        for hit in expressions.find(clause):
            before, expression = clause[: hit.start], clause[hit.start : hit.end]
            is_all = len(spoken) == 1 and _listed("anger", "exclaimed", language).issuperset(
                [*before, *clause[hit.end :]]
            )
            calm = (
                _is_negated(before, expression, language)
                or _blames_oneself(before, expression, language)
                or _is_anothers(clause, hit, language)
            )
            yield expression, _Sign.CALM if calm else _weighed(hit, clause, is_all, language)


def _weighed(hit: Hit[_Sign], clause: Sequence[str], is_all: bool, language: str) -> _Sign:
    """A tenant's word that may be said of a thing («the signal is useless») or of nobody, as the lists have it.

    `is_all`: nothing else was said («useless!»).
    """
    expression = clause[hit.start : hit.end]
    if hit.value is not _Sign.OWN or is_all:
        return hit.value
    is_oath = _listed("anger", "oaths", language).issuperset(expression)
    of_thing = _phrases("of_things", language).at(expression, 0)
    is_ours = bool(_phrases("of_us", language).find(clause))
    if not is_oath and (of_thing is None or is_ours):
        return hit.value
    listed = _anger((), language).at(clause, hit.start)
    return listed.value if listed else _Sign.MILD


def _follows(leads: frozenset[str], before: Sequence[str], language: str) -> bool:
    """Whether one of `leads` comes before, with nothing but small words after it."""
    between = _listed("anger", "between", language)
    for word in reversed(before):
        if word in leads:
            return True
        if word not in between:
            return False
    return False


def _is_negated(before: Sequence[str], expression: Sequence[str], language: str) -> bool:
    """«Pas en colère»; but «ça marche toujours pas votre truc» negates the working."""
    starts_clause = expression[0] in _listed("anger", "clause_start", language)
    if starts_clause and before and before[-1] not in _listed("anger", "reported", language):
        return False
    return _follows(_listed("anger", "negation", language), before, language)


def _blames_oneself(before: Sequence[str], expression: Sequence[str], language: str) -> bool:
    """«Je suis complètement nul», «je suis incapable de vous le dire»."""
    return expression[-1] in _listed("anger", "blame", language) and _follows(
        _listed("anger", "oneself", language), before, language
    )


_phrases = partial(phrases_of, "anger")


def _is_anothers(clause: Sequence[str], hit: Hit[_Sign], language: str) -> bool:
    """«Mon mari est énervé contre la box»; but «mon mari est furieux contre vous» is meant for us."""
    others = _phrases("another", language).find(clause[: hit.start])
    return (
        bool(others)
        and bool(_phrases("feeling", language).find(clause[hit.start : hit.end]))
        # «mon mari est parti et moi j'en ai marre»
        and not _listed("anger", "speaker", language).intersection(clause[others[-1].end : hit.start])
        and not _phrases("addressed", language).find(clause)
    )


_requests = partial(phrases_of, "human")


def wants_human(text: str, language: str) -> bool:
    """Whether the caller asks for a person: «un conseiller», «je veux parler à quelqu'un»."""
    return wish_for_human(text, language) >= Certainty.LIKELY


def wish_for_human(text: str, language: str) -> Certainty:
    """How surely the caller asks for a person; «secrétaire» alone may be what he is himself."""
    text = _without_questions_who_speaks(text, language)
    spoken = clauses(text, language)
    if any(_phrase_of("not_ours", clause, language) for clause in spoken):
        return Certainty.NO  # «le responsable des achats d'énergie»
    listed = max((_request(clause, language) for clause in spoken), default=Certainty.NO)
    if not listed and any(_phrase_of("declined", clause, language) for clause in spoken):
        return Certainty.NO
    if evidence("human", words(text, language), language, ["listed"] if listed else []) <= 0:
        return Certainty.NO
    return max(listed, Certainty.LIKELY)


def _without_questions_who_speaks(text: str, language: str) -> str:
    """«Is that a real person or a robot?» asks for nobody, «are you real, or can I speak to somebody?» does."""
    wants = _wants(language)
    return " ".join(
        sentence
        for sentence in _SENTENCE_END.split(text)
        if wants.find(words(sentence, language)) or not asks_if_machine(sentence, language)
    )


def _phrase_of(section: str, clause: Sequence[str], language: str) -> bool:
    return bool(_requests(section, language).find(clause))


def _is_own(clause: Sequence[str], person: Hit[str], language: str) -> bool:
    """«Je ne peux plus joindre ma secrétaire»; «mon conseiller» is ours."""
    owned = _listed("human", "own", language).intersection(clause[max(0, person.start - 1) : person.start])
    return bool(owned) and not _listed("human", "ours", language).intersection(clause[person.start : person.end])


def asks_for_person(clause: Sequence[str], language: str) -> bool:
    """Whether a clause does by the word lists, whatever was learnt."""
    return _request(clause, language) > Certainty.NO


def _request(clause: Sequence[str], language: str) -> Certainty:
    """What the lists make of a clause."""
    if _phrase_of("always", clause, language) or _asks_by_name(clause, language):
        return Certainty.CERTAIN
    asked = _without_relative(clause, language)
    if _phrase_of("past", asked, language):
        return Certainty.NO
    people = [hit for hit in _requests("person", language).find(asked) if not _is_own(asked, hit, language)]
    if len(asked) < len(clause):
        people += _requests("met", language).find(asked)  # «la dame que j'ai eue hier»
    return max((_asked_for(asked, person, language) for person in people), default=Certainty.NO)


def _without_relative(clause: Sequence[str], language: str) -> Sequence[str]:
    """«Le technicien que j'ai eu hier» is one whom the caller asks for; what he did is another matter."""
    relative = next(iter(_requests("relative", language).find(clause)), None)
    politeness = _listed("human", "polite", language) | _listed("human", "when", language)
    if relative is None or not relative.start or not politeness.issuperset(clause[relative.end :]):
        return clause
    return clause[: relative.start]


def _asks_by_name(clause: Sequence[str], language: str) -> bool:
    """«Je voudrais parler à Sébastien», «put Gary on»; but «put Gary» spells a name."""
    for section in ("by_name", "by_name_on"):
        for lead in _requests(section, language).find(clause):
            title = int(_listed("human", "title", language).issuperset(clause[lead.end : lead.end + 1]))
            name, *after = clause[lead.end + title :] or [""]
            if not is_first_name(name, language):
                continue
            after = list(_without_relative([name, *after], language)[1:])
            is_alone = section == "by_name" and _listed("human", "polite", language).issuperset(after)
            if is_alone or (after and _requests(f"{section}_after", language).at(after, 0)):
                return True
    return False


def _asked_for(clause: Sequence[str], person: Hit[str], language: str) -> Certainty:
    before, after = clause[: person.start], clause[person.end :]
    if _phrase_of("refusal", before, language):
        return Certainty.NO
    politeness = _listed("human", "polite", language)
    if politeness.issuperset([*before, *after]):
        is_role = _requests("role", language).at(clause, person.start)
        return Certainty.LIKELY if is_role else Certainty.CERTAIN
    return Certainty.CERTAIN if _is_asked_for(clause, person, language) else Certainty.NO


def _is_asked_for(clause: Sequence[str], person: Hit[str], language: str) -> bool:
    before, after = clause[: person.start], clause[person.end :]
    politeness = _listed("human", "polite", language)
    if _requests("offer", language).find(after):
        return True  # «un de vos collègues pourrait me prendre ?»
    lead = [word for word in before if word not in _listed("human", "article", language)]
    if lead[-1:] == ["moi"] and lead[-2:-1] and lead[-2].endswith("ez"):
        return True  # «trouvez-moi quelqu'un qui comprend»
    if after[:1] in (["qui"], ["who"]):
        return False  # «il y a quelqu'un qui a coupé la fibre»
    if any(hit.value == "want" for hit in _wants(language).find(before)):
        return True
    available = politeness.issuperset(after) or bool(_requests("available", language).find(after))
    return available and bool(_requests("there", language).find(before))


@cache
def _wants(language: str) -> Lexicon[str]:
    """`want`, and what begins like one and is none: «je peux pas payer le technicien»."""
    lists = table("human")[language]
    return lexicon([(lists[section], section) for section in ("want", "no_want")], language)
