"""Words of an e-mail address that are spelled too, or told again: «marchand, marchand M A R C H A N D»."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from difflib import SequenceMatcher
from itertools import takewhile, zip_longest

from calls.understanding.address_rules.phrases import AND, ATS, SILENT, TEXT, Kind, Part, last_of, text_of
from calls.understanding.letter_remarks import MARKS
from calls.understanding.letters import SPELLED, spells
from calls.understanding.names import is_first_name

# So many words at most are spelled in one go: «de la tour».
_MOST_WORDS = 3
_SILENT_AT_MOST = 2
_WORDS = (Kind.WORD, Kind.PROVIDER, Kind.PARTICLE)
_AT = (Kind.AT, Kind.WEAK_AT)
_BEFORE_TOLD_AGAIN = (Kind.PAUSE, Kind.FILLER, Kind.INTERJECTION)
_OF_A_WORD = (Kind.LETTERS, Kind.REMARK, Kind.INTERJECTION, *SILENT)


def beside_their_words(parts: Sequence[Part]) -> list[Part]:
    """What is told of words later on moved to them: «Agnès point Roy, Agnès A G N E S et Roy avec un Y»."""
    kept: list[Part] = []
    position = 0
    while position < len(parts):
        if told := _told_of_a_word(parts, position, kept):
            place, position, again = told
            kept[place:place] = again
        else:
            kept.append(parts[position])
            position += 1
    return kept


def _told_of_a_word(parts: Sequence[Part], position: int, kept: Sequence[Part]) -> tuple[int, int, list[Part]] | None:
    """Where the word stands in `kept` that is told again at `position`, where that ends, and what is told of it."""
    lead = list(takewhile(lambda part: part == AND or part.kind in _BEFORE_TOLD_AGAIN, parts[position:]))
    if not lead or (lead[0] != AND and lead[0].kind is not Kind.PAUSE):
        return None
    start = position + len(lead)
    for count in range(_MOST_WORDS, 0, -1):
        words = list(parts[start : start + count])
        places = [end for end in range(count, len(kept) + 1) if list(kept[end - count : end]) == words]
        if len(words) < count or len(places) != 1 or any(words[at].kind not in _WORDS for at in (0, -1)):
            continue
        rest = parts[start + count :]
        after = zip(rest, parts[start + count - 1 :], strict=False)
        of_it = [part for part, _ in takewhile(lambda pair: _is_of_a_word(*pair), after)]
        again = [part for part in of_it if part.kind is Kind.LETTERS or part.remark]
        end = start + count + len(of_it)
        letters = text_of(again)
        name = text_of(part for part in words if part.kind is not Kind.SEPARATOR)
        is_over = of_it[-1:] == [Part(Kind.PAUSE)] or end == len(parts) or parts[end] == AND or parts[end].kind in ATS
        is_earlier = any(part.kind in (Kind.SEPARATOR, *_AT) for part in kept[places[0] :])
        is_told = any(part.kind is not Kind.PAUSE for part in of_it)
        if not is_told or not is_over or not is_earlier or (letters and not spells(letters, name)):
            return None
        following = [part.kind for part in kept[places[0] :] if part.kind not in (Kind.REMARK, *SILENT)][:1]
        end -= of_it[-1:] == [Part(Kind.PAUSE)]
        return None if again and following == [Kind.LETTERS] else (places[0], end, again)
    return None


def _is_of_a_word(part: Part, before: Part) -> bool:
    is_of_all = part.remark is not None and part.remark.letters in MARKS and before.kind not in _WORDS
    return part.kind in _OF_A_WORD and not is_of_all


def spelled_once(parts: Sequence[Part]) -> list[Part]:
    """The parts with letters in a row as one, and these alone where they spell the words beside them.

    What was said of such a word comes after its letters then, which it must fit: «gautier avec un H, G A U T H…».
    """
    kept: list[Part] = []
    runs = list(with_runs(parts))
    for part, following in zip_longest(runs, runs[1:]):
        remarks = list(takewhile(lambda other: other.remark is not None, reversed(kept)))[::-1]
        before = kept[: len(kept) - len(remarks)]
        is_alone = following is None or following.kind is not Kind.WORD  # not «tpmlille, T P M lille»
        if is_alone and part.kind is Kind.LETTERS and before and _spells_part_of(before[-1], part):
            continue
        if count := spelled_words(part, before):
            word = text_of(before[-count:])
            if part.value in {word + 2 * letter for letter in word}:
                part = Part(Kind.DOUBT)  # «masson, M A S S O N, S S»
            kept = [*before[:-count], part, *remarks]
        elif not (before and _is_spelled_before(part, before[-1])):
            kept.append(Part(Kind.DOUBT) if _is_begun_again(part) else part)
    return kept


def with_runs(parts: Iterable[Part]) -> Iterator[Part]:
    """Letters said one after the other as one part."""
    run: Part | None = None
    for part in parts:
        if part.kind is Kind.LETTERS:
            has_example = part.has_example and (run is None or run.has_example)
            run = Part(Kind.LETTERS, (run.value if run else "") + part.value, has_example)
            continue
        if run:
            yield run
        run = None
        yield part
    if run:
        yield run


def spelled_words(letters: Part, before: Sequence[Part]) -> int:
    """How many words before the letters these spell: of «le gall, L, E, G, A, L, L» two."""
    if letters.kind is not Kind.LETTERS:
        return 0
    likest, alike = 0, 0.0
    for count in range(1, min(len(before), _MOST_WORDS) + 1):
        if before[-count].kind not in _WORDS:
            break
        word = text_of(before[-count:])
        if not spells(letters.value, word):
            continue
        likeness = SequenceMatcher(None, letters.value, word).ratio()
        if likeness > alike:
            first = SequenceMatcher(None, letters.value, before[-count].value).ratio() if count > 1 else 0.0
            if first > likeness:
                continue  # «hôtel du lac, H O T E L»
            likest, alike = count, likeness
    return likest


def last_unit(parts: Sequence[Part]) -> list[Part]:
    """What was said last, and may be said otherwise: a word with its spelling, letters or figures in a row."""
    kind = parts[-1].kind
    if kind not in (Kind.LETTERS, Kind.DIGITS):
        return list(parts[-1:])
    run = last_of(parts, kind)
    letters = Part(kind, text_of(run))
    return list(parts[len(parts) - len(run) - spelled_words(letters, parts[: len(parts) - len(run)]) :])


def first_unit(parts: Sequence[Part]) -> list[Part]:
    """The same of what was said first."""
    text = list(takewhile(lambda part: part.kind in TEXT, parts))
    return next((text[:end] for end in range(len(text), 1, -1) if len(last_unit(text[:end])) == end), list(parts[:1]))


def without_told_again(chunk: list[Part], pieces: Sequence[str]) -> list[Part]:
    """«(Patrick point) vidal, patrick, V I D A L», «ricard et fils, ricardetfils» without what is told again."""
    for end in range(1, len(chunk)):
        again = [part.value for part in chunk[end:] if part != AND]
        name = text_of(chunk[:end])
        if "".join(again) == name and len(name) >= SPELLED:
            return chunk[:end]
        if AND in chunk[1:end] and "".join(again) == text_of(part for part in chunk[:end] if part != AND):
            return chunk[end:]  # «soleil et levant, soleillevant»
        names = [piece for piece in (*pieces, name) if piece.isalpha()]
        initials = "".join(piece for piece in names if len(piece) == 1)
        words = text_of(part for part in chunk[:end] if part.kind in _WORDS)
        told = {*names, initials, "".join(names), words, *(part.value for part in chunk[:end])} - {""}
        is_spelled = any(
            part.kind is Kind.LETTERS and (len(part.value) > 1 or part.has_example) for part in chunk[end:]
        )
        if again == [chunk[end - 1].value] and chunk[end - 1].has_example and chunk[end].has_example:
            continue  # «T comme Thomas, T comme Thomas»: two of them
        # «Marie point anne, marie»: more likely Anne-Marie.
        is_compound = len(again) == 1 and again[0] != name and is_first_name(again[0]) and is_first_name(name)
        if is_spelled and told.issuperset(again):
            return [Part(Kind.DOUBT)] if is_compound else chunk[:end]
    return chunk


def _spells_part_of(word: Part, letters: Part) -> bool:
    """«Mattéo, deux T, E, O», «Jacqueline, Q U E», «Lucie I E»"""
    if len(letters.value) == _SILENT_AT_MOST:
        return word.kind is Kind.WORD and len(word.value) > SPELLED and word.value.endswith(letters.value)
    is_shorter = SPELLED <= len(letters.value) < len(word.value)
    # «Renoux, R E N O U»: the letters win where no more is missing than may be silent.
    is_whole = word.value.startswith(letters.value) and len(word.value) - len(letters.value) <= _SILENT_AT_MOST
    return is_shorter and not is_whole and word.kind is Kind.WORD and letters.value in word.value


def _is_begun_again(letters: Part) -> bool:
    """«D U P, euh, D U P O N T»"""
    value = letters.value
    is_again = any(value[end:].startswith(value[:end]) for end in range(SPELLED, len(value) // 2 + 1))
    return letters.kind is Kind.LETTERS and is_again


def _is_spelled_before(word: Part, letters: Part) -> bool:
    """«A, X, E, O, axeo»"""
    is_word = word.kind in (Kind.WORD, Kind.PROVIDER) and len(word.value) >= SPELLED
    return is_word and (letters.kind, letters.value) == (Kind.LETTERS, word.value)
