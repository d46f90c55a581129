"""Words as they are compared: small letters, no accents, elisions undone.

The tables under `words/` are written as people write; they pass through the same
functions as what a caller says, so «c'est ça», "C'EST ÇA." and «cela, c'est ça» meet.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterable, Sequence, Set
from functools import cache
from importlib import resources
from typing import Any, Generic, NamedTuple, TypeVar

# In letters. Two minutes of speech: what is longer was no answer, and must not take longer to read.
LONGEST_UTTERANCE = 2000
# A name or an address, every letter with its example.
LONGEST_DICTATION = 800
# In the tables: up to so many words of any kind, as in «me prenez … pour».
GAP = "…"
_LONGEST_GAP = 2

_LIGATURES = str.maketrans(
    {"œ": "oe", "æ": "ae", "ß": "ss", "ø": "o", "ł": "l", "’": "'", "ʼ": "'", "‘": "'", "`": "'"}
)
# The letters of Western Europe, as taking them apart would leave them: most of what is said needs no more.
_BARE = _LIGATURES | {
    ord(letter): bare
    for letter in map(chr, range(0xC0, 0x180))
    if ord(letter) not in _LIGATURES
    and (bare := unicodedata.normalize("NFKD", letter)[0]).isascii()
    and all(map(unicodedata.combining, unicodedata.normalize("NFKD", letter)[1:]))
}

_FRENCH_ELISION = re.compile(r"\b(j|c|ç|d|l|m|t|s|n|qu|jusqu|lorsqu|puisqu|quelqu)'")
_FULL = {
    "j": "je", "c": "ce", "d": "de", "l": "le", "m": "me", "t": "te", "s": "se", "n": "ne",
    "qu": "que", "jusqu": "jusque", "lorsqu": "lorsque", "puisqu": "puisque", "quelqu": "quelque",
}  # fmt: skip
# `ne` carries nothing that `pas` does not, and half of all speakers leave it out.
_FRENCH_SPOKEN = {
    "ne": "", "cela": "ca", "chais": "je sais", "chui": "je suis", "chuis": "je suis", "jsuis": "je suis",
    "ouai": "ouais", "oue": "ouais", "ouep": "ouais", "ouaip": "ouais", "nan": "non", "okay": "ok", "oke": "ok",
    "okey": "ok", "wifi": "wi fi", "svp": "s il vous plait", "rdv": "rendez vous",
}  # fmt: skip

_ENGLISH_CONTRACTION = re.compile(r"\b(\w+?)(n't|'m|'re|'s|'ve|'ll|'d)\b")
_EXPANDED = {"n't": " not", "'m": " am", "'re": " are", "'s": " is", "'ve": " have", "'ll": " will", "'d": " would"}
_ENGLISH_SPOKEN = {
    "ca": "can", "wo": "will", "cannot": "can not", "dont": "do not", "doesnt": "does not", "isnt": "is not",
    "cant": "can not", "wont": "will not", "didnt": "did not", "gonna": "going to", "wanna": "want to",
    "okay": "ok", "dunno": "do not know", "wifi": "wi fi",
}  # fmt: skip

_WORD = re.compile(r"[^\W_]+")
_CLAUSE_END = re.compile(r"[.,;:!?…]+(?=\s|$)|\s[–—-]\s")


@cache
def table(name: str) -> dict[str, Any]:
    """The word lists of `words/NAME.toml`."""
    file = resources.files(__package__).joinpath("words", f"{name}.toml")
    return tomllib.loads(file.read_text(encoding="utf-8"))


def fold(text: str) -> str:
    """`text` in small letters, without accents and ligatures, apostrophes straight."""
    if text.isascii() and "`" not in text:
        return text.lower()
    lowered = text.lower()
    bare = lowered.translate(_BARE)
    if bare.isascii():
        return bare
    decomposed = unicodedata.normalize("NFKD", lowered.translate(_LIGATURES))
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))


def words(text: str, language: str) -> list[str]:
    """The words of an utterance, folded, with elisions and contractions written out."""
    return _words(_written_out(text, language), language)


def clauses(text: str, language: str) -> list[list[str]]:
    """The utterance cut at its punctuation, each part as words."""
    parts = (_words(part, language) for part in _CLAUSE_END.split(_written_out(text, language)))
    return [part for part in parts if part]


def _written_out(text: str, language: str) -> str:
    folded = fold(text[:LONGEST_UTTERANCE])
    if "'" not in folded:
        return folded
    if language == "fr":
        return _FRENCH_ELISION.sub(lambda match: f"{_FULL.get(match[1], match[1])} ", folded)
    return _ENGLISH_CONTRACTION.sub(lambda match: match[1] + _EXPANDED[match[2]], folded)


def _words(folded: str, language: str) -> list[str]:
    spoken = _FRENCH_SPOKEN if language == "fr" else _ENGLISH_SPOKEN
    found: list[str] = _WORD.findall(folded)
    if spoken.keys().isdisjoint(found):
        return found
    return [part for word in found for part in (spoken[word].split() if word in spoken else (word,))]


V = TypeVar("V")


class Hit(NamedTuple, Generic[V]):
    """A phrase found at words[start:end]."""

    start: int
    end: int
    value: V


class Lexicon(Generic[V]):
    """Phrases of one or more words, each with a value.

    Search is linear in the utterance: at each word the longest phrase wins, and
    phrases never overlap.
    """

    def __init__(self, phrases: Iterable[tuple[Sequence[str], V]]) -> None:
        self._exact: dict[tuple[str, ...], V] = {}
        # By first word: how many words the phrases have, and those with a gap.
        self._starts: dict[str, tuple[list[int], list[tuple[Sequence[str], V]]]] = {}
        for phrase, value in phrases:
            if not phrase:
                continue
            lengths, with_gap = self._starts.setdefault(phrase[0], ([], []))
            if GAP in phrase:
                with_gap.append((phrase, value))
                continue
            self._exact.setdefault(tuple(phrase), value)
            if len(phrase) not in lengths:
                lengths.append(len(phrase))
        for lengths, with_gap in self._starts.values():
            lengths.sort(reverse=True)
            with_gap.sort(key=lambda candidate: -len(candidate[0]))

    def first_words(self) -> Set[str]:
        """What the phrases begin with."""
        return self._starts.keys()

    def find(self, spoken: Sequence[str]) -> list[Hit[V]]:
        """All phrases in `spoken`, in order."""
        hits: list[Hit[V]] = []
        starts = self._starts
        if starts.keys().isdisjoint(spoken):
            return hits
        end = 0
        for position, word in enumerate(spoken):
            if word in starts and position >= end:
                hit = self.at(spoken, position)
                if hit:
                    hits.append(hit)
                    end = hit.end
        return hits

    def at(self, spoken: Sequence[str], position: int) -> Hit[V] | None:
        """The longest phrase that starts at `position`."""
        starts = self._starts.get(spoken[position])
        if starts is None:
            return None
        lengths, with_gap = starts
        exact: Hit[V] | None = None
        for length in lengths:
            phrase = tuple(spoken[position : position + length])
            if phrase in self._exact and len(phrase) == length:
                exact = Hit(position, position + length, self._exact[phrase])
                break
        for candidate, value in with_gap:
            if exact and len(candidate) <= exact.end - position:
                break
            end = _matched_up_to(spoken, position, candidate)
            if end is not None:
                return Hit(position, end, value)
        return exact


def _matched_up_to(spoken: Sequence[str], position: int, phrase: Sequence[str]) -> int | None:
    """Where `phrase` ends if it stands at `position`."""
    if GAP not in phrase:
        end = position + len(phrase)
        return end if list(spoken[position:end]) == list(phrase) else None
    gap = phrase.index(GAP)
    resumes = _matched_up_to(spoken, position, phrase[:gap])
    if resumes is None:
        return None
    ends = (_matched_up_to(spoken, resumes + skipped, phrase[gap + 1 :]) for skipped in range(_LONGEST_GAP + 1))
    return next((end for end in ends if end is not None), None)


def lexicon(sections: Iterable[tuple[Iterable[str], V]], language: str) -> Lexicon[V]:
    """A lexicon of phrases as people write them: (phrases, value) per section."""
    return Lexicon((_phrase(phrase, language), value) for phrases, value in sections for phrase in phrases)


@cache
def phrases_of(name: str, section: str, language: str) -> Lexicon[str]:
    """A section of words/NAME.toml; the value is its name."""
    return lexicon([(table(name)[language][section], section)], language)


def are_all_of(spoken: Sequence[str], *lexicons: Lexicon[str]) -> bool:
    """Whether phrases of `lexicons` are all that was said."""
    position = 0
    while position < len(spoken):
        hits = [hit for phrases in lexicons if (hit := phrases.at(spoken, position))]
        if not hits:
            return False
        position = max(hit.end for hit in hits)
    return True


def _phrase(phrase: str, language: str) -> list[str]:
    first, *others = (words(part, language) for part in phrase.split(GAP))
    return [*first, *(word for part in others for word in (GAP, *part))]


def compact(word: str) -> str:
    """One word folded, without apostrophes and hyphens: «L'ONAsoft» as «lonasoft»."""
    return fold(word).replace("'", "").replace("-", "")
