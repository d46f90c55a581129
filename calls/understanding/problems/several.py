"""More than one matter at once: «la box coupe sans arrêt, et mon portable ne reçoit plus les SMS»."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from calls.understanding.fixed import listed
from calls.understanding.problem import Mention, read
from calls.understanding.problems.index import ProblemIndex, is_symptom, singular
from calls.understanding.problems.words import is_listed, phrases_of, words_of
from calls.understanding.text import words


class _Part(NamedTuple):
    """What is said of one kind between two «et»; the code of what may be of any kind is empty."""

    code: str
    fails: bool


def faults(text: str, index: ProblemIndex, language: str) -> list[str]:
    """The kinds that fail, each with words of its own, in the order told; "" for what may be any («le téléphone»).

    «Le wifi de mon portable ne marche pas» is one matter, whichever.
    """
    return list(dict.fromkeys(part.code for part in _parts(text, index, language) if part.fails))


def listed_kinds(text: str, index: ProblemIndex, language: str) -> list[str]:
    """The kinds named one beside the other, whether or not they fail: «les deux, internet et le fixe»."""
    return list(dict.fromkeys(part.code for part in _parts(text, index, language) if part.code))


def goes_on_telling(text: str, language: str) -> bool:
    """Whether it is told besides: «et mon portable non plus», «le fixe aussi»."""
    told = singular(words(text, language))
    return bool(told) and (told[0] in words_of("as_well", language) or bool(phrases_of("too", language).find(told)))


def _parts(text: str, index: ProblemIndex, language: str) -> Iterator[_Part]:
    # In the singular «plus» denies nothing any more.
    plural = {one: word for word in words(text, language) for one in singular([word])}
    echoes, failed = words_of("echo", language), False
    for clause, said in read(text, index, language):
        if _is_denial(clause, language):
            continue
        hits = index.find(clause)
        told = [plural.get(word, word) for word in clause]
        for start, end in _between(clause, language):
            here = [mention for hit, mention in zip(hits, said, strict=False) if start <= hit.start and hit.end <= end]
            is_echo = clause[start] in echoes  # «and so has the landline», of what was told before
            things = [mention for mention in here if _is_thing(mention, language, may_be_denied=is_echo)]
            # «mon portable n'a plus de réseau»
            own = [mention for mention in things if not is_listed(mention.words, "anywhere", language)]
            codes = {mention.code for mention in own or things}
            if len(codes) == 1:
                named = {at for hit in hits for at in range(hit.start, hit.end)}
                beside = {word for at, word in enumerate(clause[start:end], start) if at not in named}
                says_no_more = beside <= _shared(language)
                shared = failed if is_echo and start == 0 else _fails(told, language)
                yield _Part(codes.pop(), _fails(told[start:end], language) or (says_no_more and shared))
        # «internet sur mon téléphone» is one matter, of any kind.
        if any(not mention.code for mention in said) and (not hits or not _joints(language).isdisjoint(clause)):
            yield _Part("", _fails(told, language))
        failed = _fails(told, language)


def _shared(language: str) -> frozenset[str]:
    """What stands beside a thing that shares what is said of another: «et le fixe aussi»."""
    sections = ("linking", "shares", "echo", "together", "unnamed")
    return frozenset().union(*(words_of(section, language) for section in sections))


def _is_denial(clause: Sequence[str], language: str) -> bool:
    """«Neither the internet nor the mobiles.» is no fault; «ni internet ni le fixe» is one."""
    return language == "en" and clause[0] == "neither" and not phrases_of("works", language).find(clause)


def _between(clause: Sequence[str], language: str) -> Iterator[tuple[int, int]]:
    """The clause cut at its «et» and «ni»."""
    joints = _joints(language)
    cuts = [-1, *(at for at, word in enumerate(clause) if word in joints), len(clause)]
    yield from ((start + 1, end) for start, end in pairwise(cuts) if end > start + 1)


def _joints(language: str) -> frozenset[str]:
    return words_of("as_well", language) | words_of("nor", language)


def _is_thing(mention: Mention, language: str, *, may_be_denied: bool) -> bool:
    is_told = mention.counts or may_be_denied
    return bool(mention.code) and is_told and not mention.aside and not is_symptom(mention.words, language)


def _fails(told: Sequence[str], language: str) -> bool:
    return "said False" in listed(" ".join(told), language).signs
