"""What is said of an e-mail address beside it, and what that makes of it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import dropwhile, takewhile, zip_longest

from calls.understanding.address_rules.marks import marks_once
from calls.understanding.address_rules.phrases import (
    AFTER_A_NAME,
    AND,
    ATS,
    OF_A_NUMBER,
    ONCE_MORE,
    SILENT,
    TALK,
    TEXT,
    Kind,
    Part,
    has_at,
    is_over,
    last_of,
    text_of,
    without_last,
)
from calls.understanding.letter_remarks import MARKS, PLAIN, Remark
from calls.understanding.letters import SPELLED, sound_alike, spells
from calls.understanding.phonetic import phonetic
from calls.understanding.text import table

_NAME = (Kind.WORD, Kind.LETTERS)
_WORDS_OF_A_NAME = 2
# So many words of talk in a row are no letter misheard, as «j'ai» may be.
_MUCH_TALK = 2
_IN_SHORT = [Kind.NAMED, Kind.SEPARATOR, Kind.NAMED]  # «prénom point nom, donc luc point roy»
_BETWEEN_TRIES = (Kind.CORRECTION, Kind.REPETITION, *SILENT)


def as_told(parts: Sequence[Part]) -> list[Part]:
    """The parts with numbers, abbreviations and marks as they are said to be written."""
    return marks_once(_abbreviated(_numbers_once(_numbers_as_told(_without_named(_in_order(_once_more(parts)))))))


def _once_more(parts: Sequence[Part]) -> list[Part]:
    """«S comme Suzanne, S encore» without «encore», where it is the same letter."""
    if all(part.value != ONCE_MORE for part in parts):
        return list(parts)
    kept: list[Part] = []
    for part in parts:
        letters = [other.value for other in kept if other.kind is not Kind.PAUSE][-2:]
        is_again = kept and kept[-1].kind is Kind.LETTERS and len(letters) > 1 and letters[0][-1:] == letters[1]
        if part != Part(Kind.DOUBT, ONCE_MORE) or not is_again:
            kept.append(part)
    return kept


def _in_order(parts: Sequence[Part]) -> list[Part]:
    """«Free point fr, et devant c'est Claude» the other way round."""
    kinds = [part.kind for part in parts]
    if kinds.count(Kind.IN_FRONT) != 1 or has_at(parts):
        return [Part(Kind.DOUBT) if part.kind is Kind.IN_FRONT else part for part in parts]
    place = kinds.index(Kind.IN_FRONT)
    domain = list(takewhile(lambda part: part.kind in (*_NAME, Kind.SEPARATOR, *SILENT), reversed(parts[:place])))
    domain = [part for part in reversed(domain) if part.kind not in SILENT]
    front = parts[place + 1 :]
    if not front:
        return [Part(Kind.DOUBT)]  # «et devant»
    after = (Part(Kind.DOUBT), *front), (*front[1:], Part(Kind.DOUBT))
    beside = zip(*after, strict=False)
    ends = (Kind.SEPARATOR, Kind.LETTERS)
    # «…, et devant c'est Claude, tout en minuscules»
    end = next(
        (
            end
            for end, (one, other) in enumerate(beside)
            if front[end].kind is Kind.PAUSE and one.kind not in ends and other.kind not in ends
        ),
        len(front),
    )
    if not is_over(domain) or _is_whole([Part(Kind.AT), *front[:end]]):
        return [Part(Kind.DOUBT)]
    return [*front[:end], Part(Kind.AT, "@"), *domain, *front[end:]]


def _without_named(parts: Sequence[Part]) -> list[Part]:
    """«Mon prénom Colette point mon nom Baudoin», «Luc, mon prénom, point…» without what the names are."""
    kept: list[Part] = []
    for position, part in enumerate(parts):
        if part.kind is not Kind.NAMED:
            kept.append(part)
            continue
        told = [place for place in range(position, len(parts)) if parts[place].kind is not Kind.PAUSE][: len(_IN_SHORT)]
        if [parts[place].kind for place in told] == _IN_SHORT and _is_apart(parts[told[-1] + 1 :]):
            kept.append(Part(Kind.INTRO))
            continue
        if kept[-2:] == [Part(Kind.INTRO), parts[position - 1]] and parts[position - 1].kind is Kind.SEPARATOR:
            kept.pop()
            continue
        before = next((other.kind for other in reversed(kept) if other.kind not in SILENT), Kind.INTRO)
        talk = (Kind.INTERJECTION, *SILENT)
        after = next((other.kind for other in parts[position + 1 :] if other.kind not in talk), None)
        is_apart = part.value == AFTER_A_NAME or kept[-1:] == [Part(Kind.PAUSE)]
        names_next = after in _NAME and before in (Kind.INTRO, Kind.INTERJECTION, Kind.SEPARATOR)
        names_last = before in _NAME and is_apart and after in (Kind.SEPARATOR, Kind.AT)
        is_again = parts[position + 1 : position + 2] and parts[position + 1] in kept
        kept.append(Part(Kind.FILLER if names_next or names_last or is_again else Kind.DOUBT))
    return kept


def _is_apart(following: Sequence[Part]) -> bool:
    return bool(following) and following[0].kind in _BETWEEN_TRIES


def without_denied(parts: Sequence[Part]) -> list[Part]:
    """«Alex, pas Alexandre, point roy», «N comme Nicolas, pas M, A…» without what the word or the letter is not."""
    if all(part.kind is not Kind.DENIAL for part in parts):
        return list(parts)
    kept: list[Part] = []
    rest = list(parts)
    while rest:
        before = [part.kind for part in kept[-2:]]
        is_denied = [part.kind for part in rest[:3]] == [Kind.DENIAL, Kind.WORD, Kind.PAUSE]
        is_of_a_word = before[1:] == [Kind.PAUSE] and before[0] in _NAME and not has_at(kept)
        if is_denied and is_of_a_word and parts.count(rest[1]) == 1:
            del rest[:3]
        elif _is_letter_denied(kept, rest) or _is_likeness_denied(kept, rest):
            del rest[:2]
        else:
            kept.append(rest.pop(0))
    return kept


def _is_letter_denied(before: Sequence[Part], parts: Sequence[Part]) -> bool:
    said = next((part for part in reversed(before) if part.kind is not Kind.PAUSE), Part(Kind.DOUBT))
    is_denied = [part.kind for part in parts[:2]] == [Kind.DENIAL, Kind.LETTERS]
    return is_denied and said.kind is Kind.LETTERS and said.has_example and sound_alike(said.value, parts[1].value)


def _is_likeness_denied(before: Sequence[Part], parts: Sequence[Part]) -> bool:
    """«R E Y, pas comme le roi,»"""
    is_denied = parts[:3] == [Part(Kind.DENIAL), Part(Kind.FILLER), Part(Kind.PAUSE)]
    is_denied = is_denied and all(part.kind is not Kind.LETTERS for part in parts[3:4])  # not «…, R O Y»
    return is_denied and [part.kind for part in before[-2:]] == [Kind.LETTERS, Kind.PAUSE]


def _numbers_as_told(parts: Sequence[Part]) -> list[Part]:
    """«Les trois frangines, trois en lettres»: the numbers as they are said to be written, said once."""
    kept: list[Part] = []
    for part in parts:
        if part.kind not in (Kind.IN_DIGITS, Kind.IN_LETTERS):
            kept.append(part)
            continue
        rest = list(dropwhile(lambda other: other.kind is Kind.PAUSE, reversed(kept)))
        told = list(takewhile(lambda other: other.kind is Kind.DIGITS, rest))[::-1]
        numbers = [other for other in kept if other.kind is Kind.DIGITS]
        if not told and len(numbers) == 1 and not part.value and kept[-1:] == [Part(Kind.PAUSE)]:
            place = kept.index(numbers[0])  # «les trois chênes, en lettres»
            is_figure = part.kind is Kind.IN_DIGITS
            kept[place] = (
                numbers[0]._replace(spoken="")
                if is_figure
                else Part(Kind.WORD, numbers[0].spoken)
                if numbers[0].spoken.isalpha()
                else Part(Kind.DOUBT)
            )
            continue
        number_told = text_of(told)
        rest = rest[len(told) :][::-1]
        is_again = any(other.kind is Kind.DIGITS and other.value == number_told for other in rest)
        if len(told) > 1 and _number_before(rest) == number_told:
            kept = rest  # «zéro sept, zéro sept en chiffres»
        elif is_again:
            is_led = rest[-1].kind is Kind.CORRECTION or (
                rest[-1].kind is Kind.PARTICLE and rest[-2:-1] != [Part(Kind.AT, "@")]
            )
            kept = rest[:-1] if is_led else rest
        if part.value == OF_A_NUMBER and not told:
            kept.append(Part(Kind.DOUBT))
        if part.kind is Kind.IN_DIGITS:
            kept = [other._replace(spoken="") if other.value == number_told else other for other in kept]
        else:
            spoken = told[0].spoken if len(told) == 1 and told[0].spoken.isalpha() else ""
            kept = [
                Part(Kind.WORD if spoken else Kind.DOUBT, spoken)
                if other.kind is Kind.DIGITS and other.value == number_told
                else other
                for other in kept
            ]
            kept += [] if told else [Part(Kind.DOUBT)]
    return kept


def _numbers_once(parts: Sequence[Part]) -> list[Part]:
    """«Cinquante-neuf, cinq neuf», «deux, le chiffre deux» without the figures that the number was told in."""
    kept: list[Part] = []
    for part, following in zip_longest(parts, parts[1:]):
        kept.append(part)
        if part.kind is not Kind.DIGITS or (following and following.kind is Kind.DIGITS):
            continue
        run = list(takewhile(lambda other: _is_figure(other) or other == AND, reversed(kept)))
        told = text_of(figure for figure in reversed(run) if figure != AND)
        rest = without_last(kept[: len(kept) - len(run)], *_BETWEEN_TRIES)
        is_again = len(told) > 1 or part.has_example
        if is_again and rest and (rest[-1].kind, rest[-1].value) == (Kind.DIGITS, told):
            kept = rest
        elif len(part.value) > 1 and _number_before(kept[:-1]) == part.value:
            kept.pop()  # «un deux, douze»
    return kept


def _number_before(parts: Sequence[Part]) -> str:
    """The figures that were said one by one, and before a pause."""
    rest = list(dropwhile(lambda other: other.kind is Kind.PAUSE, reversed(parts)))
    return "".join(part.value for part in reversed(list(takewhile(_is_figure, rest))))


def _is_figure(part: Part) -> bool:
    return part.kind is Kind.DIGITS and len(part.value) == 1


def _abbreviated(parts: Sequence[Part]) -> list[Part]:
    """«Docteur en abrégé D, R», «docteur, en abrégé D R» as the letters."""
    kept: list[Part] = []
    for position, part in enumerate(parts):
        if part.kind is not Kind.ABBREVIATED:
            kept.append(part)
            continue
        before = without_last(kept, Kind.PAUSE)
        if before and before[-1].kind is Kind.WORD and parts[position + 1 : position + 2]:
            letters = parts[position + 1]
            is_short_for_it = letters.kind in (Kind.LETTERS, Kind.WORD) and letters.value[0] == before[-1].value[0]
            kept = [*before[:-1], Part(Kind.FILLER) if is_short_for_it else Part(Kind.DOUBT)]
        else:
            kept.append(Part(Kind.DOUBT))
    return kept


def with_remarks(parts: Sequence[Part]) -> list[Part] | None:
    """The parts as the remarks among them have it; None when one does not fit."""
    kept: list[Part] = []
    is_told = False
    rest = list(parts)
    while rest:
        part = rest.pop(0)
        if part.remark and _is_said_again(kept[-2:], part.remark):
            del kept[-2]  # «achat, achats au pluriel»
        if part.remark and rest and rest[0].kind is Kind.WORD and rest[0] in kept:
            if not part.remark.is_true_of(rest.pop(0).value):
                return None
            is_told = True  # «les amis du jardin, au pluriel amis»
            continue
        if part.remark is None:
            if part.kind is Kind.PARTICLE and is_told:
                return None  # «au pluriel les deux»
            kept.append(part)
            is_told = False
            continue
        is_told = True
        amended = _amended(kept, part.remark)
        if amended is None:
            return None
        kept = amended
    return kept


def _is_said_again(words: Sequence[Part], remark: Remark) -> bool:
    """Whether two words sound alike, and the second is the one that the remark is true of."""
    is_of_words = [part.kind for part in words] == [Kind.WORD, Kind.WORD] and words[0] != words[1]
    return is_of_words and phonetic(words[0].value) == phonetic(words[1].value) and remark.is_true_of(words[1].value)


def _is_name_spelled(part: Part) -> bool:
    return part.kind is Kind.LETTERS and len(part.value) >= SPELLED


def _amended(parts: list[Part], remark: Remark) -> list[Part] | None:
    words = last_of(parts, *TEXT)
    if remark.letters in MARKS:
        mark = Part(Kind.SEPARATOR, remark.letters)
        if mark in parts:
            return parts
        # «anne laure, avec le tiret»
        is_pair = len(words) == 2 and all(part.kind is Kind.WORD or _is_name_spelled(part) for part in words)
        return [*parts[:-1], mark, parts[-1]] if is_pair else None
    if remark.place == PLAIN and any(part.kind in TEXT and remark.is_true_of(part.value) for part in parts):
        return parts
    if words and words[-1].kind is Kind.WORD and (word := remark.applied_to(words[-1].value)):
        return [*parts[:-1], words[-1]._replace(value=word)]
    return parts if words and remark.is_true_of(text_of(words)) else None


def without_talk_inside(parts: Sequence[Part], language: str) -> list[Part]:
    """Without what is said of a word: «Luc, mon prénom, point hamon», «Vidal, alors, V I D A L»."""
    kept: list[Part] = []
    position = 0
    while position < len(parts):
        if parts[position].kind not in TALK:
            kept.append(parts[position])
            position += 1
            continue
        talk = list(takewhile(lambda part: part.kind in TALK, parts[position:]))
        end = position + len(talk)
        is_talk = any(part.kind not in SILENT for part in talk)
        said = sum(part.kind is Kind.INTRO for part in talk)
        before = [part for part in kept if part.kind not in SILENT][-1:]
        is_inside = (
            end < len(parts) and parts[end].kind in (Kind.AT, Kind.SEPARATOR) and before and before[0].kind in TEXT
        )
        is_apart = talk[:1] == [Part(Kind.PAUSE)] or any(part.kind is Kind.SEPARATOR for part in kept)
        is_spelled = is_talk and before and not has_at(kept) and _spells(parts[end:], before[0])
        if is_talk and not said and _is_search(kept, talk, parts[end:], language):
            position = end
            position += kept[-1:] == parts[end : end + 1]
        if is_spelled or (said >= _MUCH_TALK and is_inside and is_apart and not is_over(kept)):
            position = end
        if position < len(parts):
            kept.append(parts[position])
            position += 1
    return kept


def _is_search(before: Sequence[Part], talk: Sequence[Part], after: Sequence[Part], language: str) -> bool:
    """«Hotmail point, attendez, point fr», «Luc Roy, voilà, arobase»; but «Luc, bon, arobase» may be a name."""
    if not before or not after or talk[0].kind is not Kind.PAUSE or talk[-1].kind is not Kind.PAUSE:
        return False
    if any(part.kind is Kind.GLUED and part.value for part in talk):
        return False  # «pierre point roux, alors pas de point en fait»
    may_be_words = any(part.value in table("email")[language]["interjection_or_word"] for part in talk)
    said = without_last(before, *SILENT)
    is_before_mark = after[0].kind in (Kind.AT, Kind.SEPARATOR) and not _is_whole(said)
    last = said[-1].kind if said else None
    is_said = last in TEXT or last is Kind.REMARK
    return before[-1].kind is Kind.SEPARATOR or (is_before_mark and is_said and not may_be_words)


def _is_whole(parts: Sequence[Part]) -> bool:
    """Whether an address was told there, and maybe something after it."""
    at = next((place for place, part in enumerate(parts) if part.kind in ATS), len(parts))
    return any(is_over(parts[:end]) for end in range(at, len(parts) + 1))


def _spells(parts: Sequence[Part], word: Part) -> bool:
    """Whether the letters that `parts` begin with are those of the word: «vidal, ça s'écrit V I D A L»."""
    letters = takewhile(lambda part: part.kind in (Kind.LETTERS, *SILENT), parts)
    spelled = text_of(part for part in letters if part.kind is Kind.LETTERS)
    return word.kind is Kind.WORD and len(spelled) >= SPELLED and spells(spelled, word.value)


def without_name(parts: Sequence[Part]) -> list[Part]:
    """«David Benhamou, d point benhamou» without the name that the address is made of.

    Where it is made of something else, nobody can tell what the words are there for.
    """
    position = next((position for position, part in enumerate(parts) if part.kind is Kind.PAUSE), len(parts))
    name = [part for part in parts[:position] if part.kind not in (Kind.FILLER, Kind.GLUED)]
    rest = [part for part in parts[position + 1 :] if part.kind not in SILENT]
    if len(name) > 1 and [part.value for part in rest] == [text_of(name)]:
        return rest  # «au bon pain, aubonpain»
    if len(name) < _WORDS_OF_A_NAME or any(part.kind is not Kind.WORD for part in name):
        return list(parts)
    if not rest or rest[0].kind not in (Kind.WORD, Kind.LETTERS) or rest[0].has_example:
        return list(parts)
    words = [part.value for part in rest if part.kind in TEXT]
    is_made_of_it = any(
        "".join(words).startswith(first.value[: len(words[0])]) and last.value in words
        for first, last in (name[:2], name[1::-1])
    )
    if is_made_of_it and any(part.kind is Kind.SEPARATOR for part in rest):
        return list(parts[position + 1 :])
    is_spelled = [part.kind for part in rest if part not in name][:2] == [Kind.LETTERS, Kind.LETTERS]
    return list(parts) if is_spelled else [Part(Kind.DOUBT)]
