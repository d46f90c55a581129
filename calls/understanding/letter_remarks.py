"""What is said of the letters of a word after it: «avec deux N», «sans H», «avec le tiret»."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

from calls.understanding.letters import Certainty, Word, letter_at, may_begin_letter, signs, spells
from calls.understanding.text import Lexicon, compact, table

# Written at the end of many words and not heard: «avec un D» tells of the end, wherever else a D may be.
_SILENT_AT_THE_END = frozenset("dtsxzep")
# A word that is said to have two of these, and is written with one, was misheard.
_DOUBLED = frozenset("bcdfglmnprst")
_VOWELS = frozenset("aeiouy")
_NEAR_THE_END = 4
_LONGEST_WORD, _LONGEST_REMARK = 30, 6
# One that is said to end without these has them not: «infos sans S».
_LEFT_OUT_AT_THE_END = frozenset("es")


MARKS = frozenset("-._")
# Of a letter that has no accent, in whatever word: «avec un C normal».
PLAIN = "plain"
# Of a mark that is between all words: «avec des tirets entre chaque mot».
EVERYWHERE, BETWEEN_TWO = "everywhere", "between two"


class Remark(NamedTuple):
    """That a word has `letters` (or one of MARKS); negated, that it has them not.

    `place` is a key of `place` in words/spelling.toml.
    """

    letters: str
    is_negated: bool = False
    place: str = ""

    def applied_to(self, word: str) -> str | None:
        """`word` as the remark has it; None when nobody can tell how that is written."""
        if self.is_true_of(word):
            return word
        letter, is_double = self.letters[0], len(self.letters) == 2
        if self.is_negated and is_double:
            return word.replace(self.letters, letter)
        if self.place == "end" and letter == "s":
            return word.removesuffix("s") if self.is_negated else word if word.endswith(("x", "z")) else f"{word}s"
        if word.count(letter) != 1:
            return None
        if self.is_negated:
            is_left_out = letter == "h" or (letter in _LEFT_OUT_AT_THE_END and word.endswith(letter))
            return word.replace(letter, "") if is_left_out else None
        return word.replace(letter, self.letters) if is_double and letter in _DOUBLED and word[0] != letter else None

    def is_true_of(self, word: str) -> bool:
        """Whether `word` is written as the remark has it."""
        letter, is_single = self.letters[0], len(self.letters) == 1
        if self.place == PLAIN:
            return self.letters in word
        if self.place == "end" and self.letters == 2 * letter:  # «Philippe, deux P à la fin»
            return (self.letters in word[-_NEAR_THE_END:]) is not self.is_negated
        if self.place == "start":
            return word.startswith(self.letters) is not self.is_negated
        if self.place == "end" or (is_single and letter in _SILENT_AT_THE_END):
            return word.endswith(self.letters) is not self.is_negated
        if self.is_negated:
            return self.letters not in word
        if letter == "i" and "y" in word:
            return False
        return self.letters in word and not (is_single and letter in _DOUBLED and letter * 2 in word)

    def may_be_of(self, word: str) -> bool:
        """Whether it can be true of `word`, wherever the letters stand in it."""
        return (self.letters in word) is not self.is_negated


class Said(NamedTuple):
    """What a remark may be of."""

    word: str
    is_spelled: bool = False
    is_apart: bool = False  # a pause came after it, or «donc»
    is_remarked: bool = False  # another remark did


@cache
def _lexicon(section: str, language: str) -> Lexicon[str]:
    lists = table("email")[language]["remark"][section]
    groups = lists.items() if isinstance(lists, dict) else [(section, lists)]
    return Lexicon(
        ([compact(word) for word in re.split(r"[ -]", phrase)], value)
        for value, phrases in groups
        for phrase in phrases
    )


def _letters(heard: Sequence[Word], plain: Sequence[str], position: int, language: str) -> tuple[str, int]:
    """The letters from `position` on, as many as a word may have, and where they end."""
    letters = ""
    while position < len(plain) and len(letters) < _LONGEST_WORD and not signs("place", language).at(plain, position):
        letter = letter_at(heard, plain, position, language)
        if not letter or letter.certainty is not Certainty.SURE:
            break
        letters, position = letters + compact(letter.value), letter.end
    return letters, position


def between_end(plain: Sequence[str], position: int) -> int:
    """Where «entre le F et Ferrero», «entre les deux», «au milieu» ends, if it stands at `position`."""
    if plain[position : position + 2] == ["au", "milieu"]:
        return position + 2
    if plain[position : position + 1] != ["entre"]:
        return position
    if plain[position + 1 : position + 4] in (
        ["tous", "les", "mots"],
        ["les", "deux", "mots"],
        ["les", "trois", "mots"],
    ):
        return position + 4
    if plain[position + 1 : position + 3] in (
        ["les", "deux"],
        ["les", "mots"],
        ["chaque", "mot"],
        ["chaque", "lettre"],
    ):
        return position + 3
    both = next((end for end in range(position + 2, min(position + 5, len(plain))) if plain[end] == "et"), None)
    return min(both + 2, len(plain)) if both else position + 1


@cache
def _first_words(language: str) -> frozenset[str]:
    lists = (_lexicon(section, language) for section in ("plural", "singular", "lead", "article", "mark"))
    return frozenset(("comme", "like", "as", "et", "and", *(word for words in lists for word in words.first_words())))


def may_begin_remark(heard: Sequence[Word], plain: Sequence[str], position: int, language: str) -> bool:
    """Whether anything may be said at `position` of the word before it."""
    return plain[position] in _first_words(language) or may_begin_letter(heard[position], plain, position, language)


def remark_at(
    heard: Sequence[Word], plain: Sequence[str], position: int, language: str, said: Said
) -> tuple[int, Remark] | None:
    """The remark on what was `said` before, and where it ends.

    After another remark «et un T» is one too; on its own «deux N» only of a word with an N.
    """
    if position >= len(plain):
        return None
    for section in ("plural", "singular"):
        if ending := _lexicon(section, language).at(plain, position):
            return ending.end, Remark("s", section == "singular", "end")
    lead = _lexicon("lead", language).at(plain, position)
    if lead and (heard[lead.end - 1].text == "à" or _is_spelled(heard, plain, position, lead.end, language, said)):
        lead = None  # «Y à la fin», «yahoo, Y A H deux O»
    is_joined = said.is_remarked and lead is None and plain[position] in ("et", "and")
    at = lead.end if lead else position + is_joined
    article = _lexicon("article", language).at(plain, at) if at < len(plain) else None
    at = article.end if article else at
    if at >= len(plain):
        return None
    is_only_one = article is not None and article.value == "only one"
    is_negated = lead is not None and lead.value == "without"
    may_be_mark = not lead or lead.value == "with"
    if may_be_mark and (mark := _lexicon("mark", language).at(plain, at)):
        end = between_end(plain, mark.end)
        if lead or is_only_one or end > mark.end:  # «marc aubert, point au milieu»
            between = plain[mark.end : end]
            is_everywhere = not {"chaque", "mots"}.isdisjoint(between)
            return end, Remark(mark.value, place=BETWEEN_TWO if "deux" in between else EVERYWHERE * is_everywhere)
    if lead and len(plain[at]) == 2 and _VOWELS.isdisjoint(plain[at]) and plain[at].isalpha():
        return at + 1, Remark(plain[at], is_negated)  # «avec PH»
    letter = letter_at(heard, plain, at, language)
    if not letter or letter.certainty < (Certainty.HOMOPHONE if article else Certainty.SURE):
        return None
    letters, end = _letters(heard, plain, at, language)
    place = signs("place", language).at(plain, end) if end < len(plain) else None
    may_be_placed = said.is_apart if said.is_spelled else said.word and not spells(letters, said.word)
    # «un L, deux P à la fin»
    is_counted_apart = letters[-1:] == letters[-2:-1] and len(letters) > 2 and plain[at - 1] == "un"
    if letters and place and may_be_placed and (len(letters) > 1 or not article) and not is_counted_apart:
        return place.end, Remark(letters, is_negated, place.value)  # «D, I, N à la fin»
    is_letter_denied = is_negated and said.is_spelled and len(said.word) == 1  # «N comme Nicolas, pas M, A, D…»
    if lead and not is_letter_denied and (several := _several(heard, plain, at, language, said.word)):
        return several[1], Remark(several[0], is_negated)
    letters = compact(letter.value)
    if not letters.isalpha() or len(letters) > 2:
        return None
    is_double = len(letters) == 2
    is_in_it = letters in said.word
    is_another = said.is_remarked and (article or is_double or (is_joined and is_in_it))
    if not lead and not is_only_one and not is_another:
        # «Nicolas, deux S»; of what is spelled only what was heard before: «G U I L L O U, donc deux L»
        is_counted = is_double and ((said.is_apart and is_in_it) if said.is_spelled else letters[0] in said.word)
        # «Philippe, un L, deux P»
        near = letter.end + _LONGEST_REMARK
        if article and is_in_it and remark_at(heard[:near], plain[:near], letter.end, language, said):
            is_only_one = True
        elif not is_counted:
            return None
    place = signs("place", language).at(plain, letter.end) if letter.end < len(plain) else None
    if (lead or article) and not place and letter.end < len(plain):
        place = _lexicon(PLAIN, language).at(plain, letter.end)
    end = place.end if place else letter.end
    following, _ = _letters(heard, plain, end, language)
    is_letter = following and heard[end].text != "à" and not signs("two", language).at(plain, end)
    if not place and is_letter and not spells(following, said.word):
        return None  # «…, deux N, E»: the word is spelled
    if is_only_one:
        return end, Remark(letters * 2, not is_negated)
    is_first = letter.has_example and not is_negated and said.word.startswith(letters)  # «avec un S comme Suzanne»
    return end, Remark(letters, is_negated, place.value if place else "start" if is_first else "")


def _is_spelled(
    heard: Sequence[Word], plain: Sequence[str], position: int, end: int, language: str, said: Said
) -> bool:
    """Whether «y a» are the first letters of the word, which is spelled."""
    if any(len(word) > 1 for word in plain[position:end]):
        return False
    return spells(_letters(heard, plain, position, language)[0], said.word)


def _several(
    heard: Sequence[Word], plain: Sequence[str], position: int, language: str, word: str
) -> tuple[str, int] | None:
    """The letters of «avec P H», «pas A U L T», and where they end; not those that spell the word again."""
    end = position + 1
    while end < len(heard) and heard[end].start == heard[end - 1].end + 1 and heard[end].text != "à":
        end += 1
    letters, end = _letters(heard[:end], plain[:end], position, language)
    if len(letters) != end - position or len(letters) < 2 or spells(letters[1:], word):
        return None
    return (letters[:2], position + 2) if spells(letters[2:], word) else (letters, end)
