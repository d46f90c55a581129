"""What of a dictated telephone number is digits, what takes digits back, and what is talk between them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto
from functools import cache

from calls.understanding.numbers import is_number, number, readings
from calls.understanding.text import LONGEST_UTTERANCE, clauses, fold, table, words

PLUS = "plus"
# Between two words that are never one number: «soixante, dix-huit».
PAUSE = ","
REPEATS = {"twice": 2, "thrice": 3}

_COMPOUND = re.compile(r"(?<![^\W_])[^\W\d_]++(?:-[^\W\d_]++)+")
_COUNTRY_CODE = re.compile(r"\bcountry code(?:'s| is)?,? (?:plus )?", re.IGNORECASE)
# «Zéro neuf. Le zéro neuf à la fin.»
_SENTENCE_END = re.compile(r"[.!?…]+(?=\s|$)")

# Words, at least.
_WHOLE_NUMBER = 6
_LONGEST_PAIR = 4
# Digits of a French number, and how many of its pairs are enough to tell that it is one.
_FEWEST_PAIRS = 4
_AFTER_AND = ("un", "une", "onze", "1")
_ARTICLES = (["un"], ["une"])
_ZERO = ("zero", "0")


@cache
def _lists(language: str) -> dict[str, frozenset[str]]:
    return {use: frozenset(fold(word) for word in said) for use, said in table("phone")[language].items()}


def is_doubted(text: str, language: str) -> bool:
    """Whether the caller says that he does not know the number: «0611 something»."""
    return not _lists(language)["doubts"].isdisjoint(words(text, language))


def are_pairs(said: Sequence[Part], language: str) -> bool:
    """Whether a number is dictated in pairs, as French ones are."""
    numbers = [digits for part in said for digits in _numbers(part.spoken, language)]
    pairs = [digits for digits in numbers if len(digits) == 2]
    return len(pairs) >= _FEWEST_PAIRS > len(numbers) - len(pairs)


def _numbers(spoken: Sequence[str], language: str) -> Iterator[str]:
    position = 0
    while position < len(spoken):
        found = number(spoken, position, language)
        if found:
            yield found[1]
        position = found[0] if found else position + 1


class Link(Enum):
    """What a part is to the digits before it."""

    NEXT = auto()
    CORRECTION = auto()
    # «Non, trente-quatre, pardon, cinquante-cinq»: excuses what was corrected, or corrects it again.
    APOLOGY = auto()
    DENIED = auto()
    # «Je répète, trente-quatre…»
    REPETITION = auto()
    # «… ou sur le fixe, zéro un…»
    ALTERNATIVE = auto()
    # «… quarante-cinq ou cinquante-quatre»: behind nothing but an «ou».
    EITHER = auto()


@dataclass
class Part:
    """Words that make digits without other words between them, and how they follow what was said before."""

    link: Link
    spoken: list[str] = field(default_factory=list)
    # «Le début c'est zéro sept»
    of_beginning: bool = False


def parts(text: str, language: str) -> list[Part]:
    """The dictated parts of an utterance, in order."""
    text = re.sub(r"\+\s*(?=[0-9])", f" {PLUS} ", text[:LONGEST_UTTERANCE]).replace("(0)", " ")
    text = _COUNTRY_CODE.sub(f" {PLUS} ", text)
    text = _COMPOUND.sub(lambda match: _whole(match[0], language), text)
    listener = _Listener(language)
    for sentence in _SENTENCE_END.split(text):
        for clause in clauses(sentence, language):
            for position in range(len(clause)):
                listener.hear(clause, position)
            listener.pause()
        listener.cut()
    said = [part for part in listener.parts if part.spoken]
    return _with_sign_before(said)


class _Listener:
    """Collects the words of a number, one after the other."""

    def __init__(self, language: str) -> None:
        self._language = language
        self._lists = _lists(language)
        self.parts: list[Part] = []
        self._open: Part | None = None
        self._link = Link.NEXT
        self._before_denial = Link.NEXT
        self._of_beginning = False

    def hear(self, spoken: Sequence[str], position: int) -> None:
        """Take the word at `position`."""
        word, language = spoken[position], self._language
        before = self._open.spoken if self._open else []
        following = spoken[position + 1] if position + 1 < len(spoken) else ""
        if word in self._lists["twice"]:
            self._add("twice")
        elif word in self._lists["thrice"]:
            self._add("thrice")
        elif language == "fr" and word in ("fois", "zeros") and before[-1:] in (["deux"], ["2"], ["trois"], ["3"]):
            before[-1] = "twice" if before[-1] in ("deux", "2") else "thrice"
            if word == "zeros":
                self._add("zero")
        elif word == "une" and before[-1:] != ["et"]:
            self.cut()  # «une seule fois»
        elif word == "un" and spoken[:position][-1:] == ["est"] and following and not is_number(following, language):
            self.cut()  # «c'est un portable»
        elif before[-1:] == ["zero"] and word in self._lists["misheard"]:
            self._add(table("phone")[language]["misheard"][word])
        elif [word] in _ARTICLES and self._open is None and following in _ZERO:
            pass  # «c'est un zéro neuf…», «avec un zéro devant»
        elif word == PLUS or is_number(word, language) or self._goes_on(word, before, following):
            self._add(word)
        elif word in self._lists["pauses"]:
            self.pause()
        elif word not in self._lists["fillers"]:
            self._remark(word)

    def _goes_on(self, word: str, before: Sequence[str], following: str) -> bool:
        """«(vingt) et un», «(seven) hundred»."""
        if word == "et":
            return bool(before) and following in _AFTER_AND
        return word in self._lists["zeros"] and bool(before) and is_number(before[-1], self._language)

    def pause(self) -> None:
        """What comes next is no part of the number before."""
        if self._open:
            if self._open.link is Link.DENIED:
                self.cut()
            elif self._open.spoken[-1] != PAUSE:
                self._open.spoken.append(PAUSE)

    def cut(self) -> None:
        """Something else than digits is said."""
        if self._open and self._open.spoken in _ARTICLES:
            self._open.spoken.clear()  # «c'est un fixe»
        if self._open and self._open.link is Link.DENIED:
            self._split(self._open)
        self._open = None

    def _add(self, word: str) -> None:
        if self._open is None:
            self._open = Part(self._link, of_beginning=self._of_beginning)
            self.parts.append(self._open)
            self._link = self._before_denial if self._link is Link.DENIED else Link.NEXT
            self._before_denial = Link.NEXT
            self._of_beginning = False
        self._open.spoken.append(word)

    def _remark(self, word: str) -> None:
        language = self._language
        if self._open and word in self._lists["counted"]:
            _drop_number(self._open.spoken, language)
        self.cut()
        last = next((part for part in reversed(self.parts) if part.spoken), None)
        if word in self._lists["corrections"]:
            self._link = Link.CORRECTION
        elif word in self._lists["apologies"] and self._link is Link.NEXT:
            again = last is not None and last.link is Link.CORRECTION
            self._link = Link.APOLOGY if again else Link.CORRECTION
        elif word in self._lists["repetitions"] and self._link is Link.NEXT:
            self._link = Link.REPETITION
        elif word in self._lists["alternatives"] and self._link is Link.NEXT:
            self._link = Link.EITHER
        elif word in self._lists["denials"]:
            self._denied()
        elif word in self._lists["beginnings"]:
            self._of_beginning = True
            if last is not None and self._link is Link.NEXT:
                last.of_beginning = True
        elif self._link is Link.DENIED:
            self._link = self._before_denial  # «pas le mien, le…»
        elif self._link is Link.EITHER and word not in self._lists["or_else"]:
            self._link = Link.ALTERNATIVE

    def _split(self, denied: Part) -> None:
        """«Pas soixante, soixante et un»: only the first pair is denied."""
        if denied.spoken[:1] in _ARTICLES:
            del denied.spoken[0]
        first = number(denied.spoken, 0, self._language)
        end = first[0] if first else 0
        if first and denied.spoken[end : end + 1] and denied.spoken[end] in self._lists["zeros"]:
            end += 1  # «It's not seven hundred, it's eight hundred»
        if first and first[1] == "0":
            end = 2 if len(denied.spoken) < _WHOLE_NUMBER else len(denied.spoken)
        before = [word for part in self.parts[:-1] for word in part.spoken if word != PAUSE]
        for length in range(_LONGEST_PAIR, 0, -1):
            if before[-length:] == denied.spoken[:length]:
                end = length
                break
        if rest := denied.spoken[end:]:
            del denied.spoken[end:]
            self.parts.append(Part(self._link, rest))
            self._link = Link.NEXT

    def _denied(self) -> None:
        if self._link is not Link.DENIED:
            self._before_denial = self._link
            self._link = Link.DENIED


def _with_sign_before(said: list[Part]) -> list[Part]:
    """«Six douze quarante-six …, avec le zéro devant»: the zero, or plus, told last where it belongs."""
    last = next((part for part in said if part.of_beginning and part.spoken[-1] in (PLUS, *_ZERO)), None)
    if last is None or last.spoken[-2:-1] not in ([], [PAUSE]):
        return said
    sign = last.spoken.pop()
    said = [part for part in said if part.spoken]
    if said and said[0].spoken[0] != PLUS and not said[0].spoken[0].startswith(_ZERO):
        said[0].spoken.insert(0, sign)
    return said


def _drop_number(spoken: list[str], language: str) -> None:
    """Take the last number from `spoken`."""
    for start in range(max(0, len(spoken) - 5), len(spoken)):
        if is_number(spoken[start], language) and any(
            end == len(spoken) for end, _ in readings(spoken, start, language)
        ):
            del spoken[start:]
            return


def _whole(compound: str, language: str) -> str:
    """«quatre-vingt-dix» as 90: what recognition joined with hyphens is one number."""
    parts = words(compound, language)
    if parts and is_number(parts[0], language):
        for end, digits in readings(parts, 0, language):
            if end == len(parts):
                return digits
    return compound
