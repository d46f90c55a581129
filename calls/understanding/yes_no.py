"""Yes or no."""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import StrEnum
from functools import cache
from itertools import accumulate

from calls.understanding.text import Hit, Lexicon, clauses, lexicon, table, words

_INFINITIVE = re.compile(r"(?:er|ir|dre|tre|ire)$")
# They end like one.
_NO_INFINITIVES = frozenset({"super", "hier", "cher", "hiver", "centre", "notre", "votre", "autre"})
_TAKES_BACK = frozenset({"mais", "enfin", "seulement", "but", "except", "only"})
# Words that make a clause of «ne marche plus» before «du tout».
_FEWEST_TOLD = 2
# «Ce n'est pas du tout ça», «vous n'avez pas du tout compris»
_ABOUT_ANSWER = frozenset({"ce", "vous", "that", "you"})
_PLEASE = frozenset({"plait", "please"})
# Its hyphen alone tells a shaken head from hesitation.
_SHAKEN_HEAD = re.compile(r"\b(?:n?uh-uh|nuh[ -]?uh|mm-mm)\b(?!-)", re.IGNORECASE)


class Answer(StrEnum):
    YES = "yes"
    NO = "no"
    UNCLEAR = "unclear"


class _Sign(StrEnum):
    """The sections of words/yes_no.toml."""

    YES = "yes"
    SHORT = "short"
    ALONE = "alone"
    AGREE = "agree"
    NO = "no"
    DENY = "deny"
    AMISS = "amiss"
    DOUBT = "doubt"
    ASIDE = "aside"


@cache
def _lexicon(language: str) -> Lexicon[_Sign]:
    lists = table("yes_no")[language]
    return lexicon([(lists[sign], sign) for sign in _Sign], language)


@cache
def _phrases(section: str, language: str) -> frozenset[tuple[str, ...]]:
    return frozenset(tuple(words(phrase, language)) for phrase in table("yes_no")[section][language])


def yes_no(text: str, language: str) -> Answer:
    """Whether the caller agreed. The last firm word counts: «oui, enfin non» is a no.

    Not what it says of something else: «oui, ça ne marche plus du tout» is a yes.
    """
    if language == "en":
        text = _SHAKEN_HEAD.sub("no", text)
    signs = _signs(text, language)
    if _Sign.DOUBT in signs:
        return Answer.UNCLEAR
    firm = [sign for sign in signs if sign in (_Sign.YES, _Sign.NO)]
    if len(signs) == len(firm) == 2 == len(words(text, language)) and firm[0] is not firm[1]:
        return Answer.UNCLEAR  # «oui non»
    if text.rstrip().endswith("?") and not firm:
        return Answer.UNCLEAR
    if firm:
        return Answer.YES if firm[-1] is _Sign.YES else Answer.NO
    if _Sign.DENY in signs:
        return Answer.NO
    return Answer.YES if _Sign.AGREE in signs else Answer.UNCLEAR


def only_answers(text: str, language: str) -> bool:
    """Whether words that agree or deny are all that was said: «oui, tout à fait»; «plus rien» tells something."""
    spoken = words(text, language)
    position = 0
    while position < len(spoken):
        hit = _answers(language).at(spoken, position)
        if hit is None:
            return False
        position = hit.end
    return bool(spoken)


@cache
def _answers(language: str) -> Lexicon[None]:
    lists = table("yes_no")[language]
    answers = (lists[sign] for sign in (_Sign.YES, _Sign.SHORT, _Sign.AGREE, _Sign.NO))
    return lexicon(
        [(phrases, None) for phrases in (*answers, table("requests")[language]["acknowledgement"])], language
    )


def is_future(spoken: Sequence[str], position: int, language: str) -> bool:
    """«Ma fille va voir en haut», «il va falloir attendre»: going to do something, and not well."""
    following = spoken[position + 1 : position + 2]
    return (
        language == "fr"
        and spoken[position] == "va"
        and bool(following)
        and _INFINITIVE.search(following[0]) is not None
        and following[0] not in _NO_INFINITIVES
    )


def _agrees(hit: Hit[_Sign], spoken: Sequence[str], language: str) -> bool:
    """Not «ça va durer longtemps», nor «parlez plus fort s'il vous plaît», which asks for something."""
    is_polite = spoken[hit.end - 1] in _PLEASE and hit.start > 1
    return not is_polite and not is_future(spoken, hit.end - 1, language)


def _settled(hit: Hit[_Sign], spoken: Sequence[str], before: Sequence[_Sign]) -> _Sign:
    """What is amiss takes a yes back only with a «mais»: «oui, on a changé de box» is none."""
    if hit.value is not _Sign.AMISS:
        return hit.value
    takes_back = _TAKES_BACK.intersection(spoken[: hit.start + 1])
    return _Sign.NO if takes_back or _Sign.YES not in before else _Sign.ASIDE


def _is_of_something_else(hit: Hit[_Sign], spoken: Sequence[str], start: int, language: str) -> bool:
    """«Ma box ne marche plus du tout», «it is not working», in what is told from `start` on."""
    if tuple(spoken[hit.start : hit.end + 1]) in _phrases("works_not", language):
        return True
    told = spoken[start : hit.start]
    return (
        tuple(spoken[hit.start : hit.end]) in _phrases("degree", language)
        and len(told) >= _FEWEST_TOLD
        and _ABOUT_ANSWER.isdisjoint(told)
        and _TAKES_BACK.isdisjoint(told)
    )


def _signs(text: str, language: str) -> list[_Sign]:
    spoken = words(text, language)
    clause_ends = set(accumulate(len(clause) for clause in clauses(text, language)))
    clause_starts = {0, *clause_ends}
    signs: list[_Sign] = []
    negated_up_to = -1
    firm: Hit[_Sign] | None = None
    for hit in _lexicon(language).find(spoken):
        if hit.value in (_Sign.NO, _Sign.DENY) and {"pas", "not"}.intersection(spoken[hit.start : hit.end]):
            negated_up_to = hit.end
        elif hit.value in (_Sign.YES, _Sign.AGREE) and hit.start == negated_up_to:
            continue  # «pas tout à fait exact»
        if hit.value in (_Sign.SHORT, _Sign.ALONE):
            if hit.end in clause_ends and (hit.value is _Sign.SHORT or hit.start in clause_starts):
                signs.append(_Sign.YES)
            continue
        if hit.value is _Sign.AGREE and not _agrees(hit, spoken, language):
            continue
        sign = _settled(hit, spoken, signs)
        if sign in (_Sign.YES, _Sign.NO):
            if firm is not None and sign is not firm.value:
                start = max(end for end in {firm.end, *clause_ends} if end <= hit.start)
                if _is_of_something_else(hit, spoken, start, language):
                    continue
            firm = hit._replace(value=sign)
        signs.append(sign)
    if language == "fr":
        # «si» contradicts a no; before a clause it is only «if».
        if spoken[:1] == ["si"] and (len(spoken) == 1 or spoken[1:3] == ["ce", "est"] or signs[:1] == [_Sign.YES]):
            signs.insert(0, _Sign.YES)
        if spoken[-1:] == ["non"] and len(spoken) > 2 and text.rstrip().endswith("?"):
            signs.pop()  # «c'est ça, non ?», «vous êtes un robot, non ?»
    return signs
