"""What is said of a name's letters beside them: «…, deux N», «…, avec un R à la fin», «un tiret entre les deux»."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import dropwhile, takewhile

from calls.understanding.letters import signs
from calls.understanding.spellings.fit import is_alike, letters_of, spelled_again, stands, with_beside
from calls.understanding.spellings.marks import in_words, with_mark
from calls.understanding.spellings.pieces import OF_LETTERS, Kind, Piece
from calls.understanding.text import compact

# So many letters after a remark are the name again.
_NAME_AGAIN = 4
_VOWELS = frozenset("aeiouy")
# So few letters are no name that a remark could have been made on before.
_FEWEST_REMARKED = 3
# After another consonant no French name ends in these.
_NO_ENDING = frozenset("bfjlmpqrvwxz")


def told_once(pieces: Sequence[Piece], language: str) -> list[Piece] | None:
    """Without the letters that tell of the name spelled before them: «…, deux N», «…, R à la fin».

    None when what they tell does not fit the name.
    """
    pieces = _without_examples(_begun_again(pieces, language), language)
    pieces = in_words(pieces, language)
    told = [piece for piece in pieces if piece.kind not in (Kind.FILLER, Kind.INTERRUPTION)]
    told = _without_place_behind(_without_place_before(told))
    if _are_placed(told):
        return None  # «ça commence par un B et ça finit par un T»
    marked = with_mark(_last_telling(told), language)
    return marked and _told_once(marked)


def _begun_again(pieces: Sequence[Piece], language: str) -> Sequence[Piece]:
    """«D U B, euh, D U B O S C» without what broke off."""
    run = list(takewhile(lambda piece: piece.kind is Kind.LETTERS, pieces))
    rest = pieces[len(run) :]
    hesitates = bool(rest) and is_hesitation(rest[0], language)
    begun, again = letters_of(run), letters_of(list(takewhile(lambda piece: piece.kind is Kind.LETTERS, rest[1:])))
    is_again = hesitates and len(begun) > 1 and again.startswith(begun) and len(again) > len(begun)
    return rest[1:] if is_again else pieces


def _without_place_before(told: list[Piece]) -> list[Piece]:
    """«Ça commence par Q U, Q U E R E» without what is true of the name, and «Deux L ? Non, un seul. V A L E R Y»."""
    if len(told) > 1 and _is_counted(told[0]) and (told[1].kind is Kind.CORRECTION or told[1].value == "only one"):
        return told[2:] if len(letters_of(told[2:])) >= _NAME_AGAIN else told
    place = next((position for position, piece in enumerate(told) if piece.kind is Kind.PLACE), None)
    if place is None or letters_of(told[:place]):
        return told
    ahead = told[place + 1 :]
    run = [*ahead[:1], *takewhile(lambda piece: piece.kind is Kind.LETTERS and not piece.is_apart, ahead[1:])]
    rest = ahead[len(run) :]
    is_told = letters_of(run[:1]) and len(letters_of(rest)) >= _FEWEST_REMARKED and rest[0].is_apart
    is_true = is_told and stands(letters_of(rest), letters_of(run), told[place].value)
    return [*told[:place], *rest] if is_true else told


def _without_place_behind(told: list[Piece]) -> list[Piece]:
    """«L I N D S E Y, ending in E Y» without what is true of the name."""
    run = list(takewhile(lambda piece: piece.kind is Kind.LETTERS, reversed(told)))[::-1]
    place = len(told) - len(run) - 1
    if len(run) < 2 or place < 1 or told[place].kind is not Kind.PLACE:
        return told
    name = letters_of(told[:place])
    is_true = len(name) >= _FEWEST_REMARKED and stands(name, letters_of(run), told[place].value)
    return told[:place] if is_true else told


def _are_placed(told: Sequence[Piece]) -> bool:
    """Whether there are no letters but those whose place is told."""
    if not any(piece.kind is Kind.PLACE for piece in told) or any(piece.kind is Kind.ABOUT for piece in told):
        return False
    if told[0].kind is Kind.PLACE and len(letters_of(told)) <= _FEWEST_REMARKED and len(told) <= _FEWEST_REMARKED:
        return True  # «Starts with M C»
    return all(
        any(near.kind is Kind.PLACE for near in told[max(position - 1, 0) : position + 2])
        for position, piece in enumerate(told)
        if piece.kind is Kind.LETTERS
    )


def _last_telling(told: list[Piece]) -> list[Piece]:
    """«M U E N I E R, pardon, j'ai inversé, M U E N I E R»: what was spelled last."""
    for position in range(len(told) - 1, 0, -1):
        before, after = letters_of(told[:position]), letters_of(told[position:])
        if len(after) >= _NAME_AGAIN and after == before:
            return told[position:]
        is_again = _NAME_AGAIN - 1 <= len(before) - 1 <= len(after) and after[0] == before[0]
        if told[position].kind is Kind.WORD and is_again and is_alike(after, before):
            return told[position + 1 :]
    return told


def _without_examples(pieces: Sequence[Piece], language: str) -> list[Piece]:
    """Without the letters that are only explained: «L E M, M comme maman, A I R E», «B A R O N, le B de Bernard»."""
    told = [piece for piece in pieces if piece.kind is Kind.LETTERS]
    once, again = told[: len(told) // 2], told[len(told) // 2 :]
    is_again = [piece.value for piece in once] == [piece.value for piece in again]
    if len(once) > 1 and is_again and [piece.has_example for piece in told] == [False] * len(once) + [True] * len(once):
        return list(pieces[: pieces.index(again[0])])  # «L Y. L comme Laurent, Y comme Yvonne»
    kept: list[Piece] = []
    is_explained = False
    for position, piece in enumerate(pieces):
        if is_explained and piece.kind is Kind.PLACE:
            continue  # «P O I R I E R, P comme Pierre au début»
        is_explained = False
        places = [place for place, other in enumerate(kept) if other.kind is Kind.LETTERS]
        if piece.has_example and places and not kept[places[-1]].has_example:
            ahead = [other for other in pieces[position + 1 :] if other.kind is Kind.LETTERS]
            if piece.value == kept[places[-1]].value:
                is_explained = _is_said_again(piece, kept, places, is_last=not ahead) and len(places) + len(ahead) > 1
            else:
                is_behind = len(places) >= _FEWEST_REMARKED and all(other.has_example for other in ahead)
                is_first = (
                    not ahead and piece.is_apart and not kept[places[-1]].is_apart
                )  # «C A R O N, C comme Célestin»
                is_first = is_first and piece.value == kept[places[0]].value
                is_explained = is_behind and (is_first or _is_told_behind(piece, kept, language))
            if is_explained:
                continue
        kept.append(piece)
    return kept


def _is_said_again(piece: Piece, kept: Sequence[Piece], places: Sequence[int], *, is_last: bool) -> bool:
    """«M, M comme maman, A», «O Y, Y comme Yvonne», «J, non, G, G comme Gérard»; but «O, N, N comme Nicolas»."""
    last = places[-1]
    is_after_pause = last == len(kept) - 1 and piece.is_apart and not kept[last].is_apart
    is_corrected = last > 0 and kept[last - 1].kind is Kind.CORRECTION
    return len(places) == 1 or is_last or is_after_pause or is_corrected


def _is_told_behind(piece: Piece, kept: Sequence[Piece], language: str) -> bool:
    """«V I D A L, le V de Victor», «B A R O N B de Bernard»; but «B E R G E R comme Robert»."""
    name = letters_of(kept)
    is_no_ending = name[-1] not in _VOWELS and piece.value in _NO_ENDING
    follows_article = kept[-1].kind is Kind.FILLER and _is_article(kept[-1].value, language)
    return piece.value in name and (follows_article or is_no_ending)


def is_hesitation(piece: Piece, language: str) -> bool:
    said = piece.value.split() if piece.kind is Kind.FILLER else []
    return bool(said) and signs("stumble", language).at(said, 0) is not None


def _is_article(said: str, language: str) -> bool:
    hit = signs("bearing", language).at(said.split() or [""], 0)
    return hit is not None and hit.value == "the"


def _told_once(told: list[Piece]) -> list[Piece] | None:
    about = next((place for place, piece in enumerate(told) if piece.kind is Kind.ABOUT), None)
    if about is None:
        return _with_places(told)
    if led := _without_lead(told, about):
        return _told_once(led)
    if _is_miscounted(told, about):
        return None
    run = list(takewhile(lambda piece: piece.kind is Kind.LETTERS, told[about + 1 :]))
    behind = told[about + 1 + len(run) :]
    if about == 0 and [piece.kind for piece in behind] == [Kind.PLACE]:
        return None  # «Comme Martin avec E A U à la fin»
    if about == 0:
        return _told_once(told[1:]) if len(told) > _NAME_AGAIN else None
    before = _told_once(told[: about - 1] if told[about - 1].kind is Kind.CORRECTION else told[:about])
    if before is None:
        return None
    remarks = list(takewhile(lambda piece: piece.kind is Kind.LETTERS, told[about + 1 :]))
    after = told[about + 1 + len(remarks) :]
    name = _written(before)
    if _goes_on(name, remarks):
        if _is_counted(remarks[0]):
            return _told_once([*told[:about], *told[about + 1 :]])  # «M O N, avec deux N, I E R»
        if told[about].value == "only one":
            remarks, after = remarks[:1], [*remarks[1:], *after]  # «L A C, un seul C, R O I X»
    counted = [piece.value[0] for piece in told[:about] if _is_counted(piece)]
    if not name or len(letters_of(remarks)) >= _NAME_AGAIN or not (remarks or counted):
        return [*before, *(piece for piece in told[about:] if piece.kind is not Kind.PLACE)]
    # «T muet à la fin»
    places = [piece.value for piece in takewhile(lambda piece: piece.kind is Kind.PLACE, after)]
    place = places[-1] if places and letters_of(remarks) not in name else (*places, None)[0]
    after = list(dropwhile(lambda piece: piece.kind is Kind.PLACE, after))
    # «Avec deux S et un T à la fin»: only the T is at the end.
    are_apart = not place or any(_is_counted(piece) for piece in remarks)
    # «Avec un seul L et un S à la fin»
    are_apart = are_apart or (letters_of(remarks) not in name and all(piece.value in name for piece in remarks))
    values = ([piece.value for piece in remarks] if are_apart else [letters_of(remarks)]) or counted[-1:]
    for index, letters in enumerate(values, start=1):
        amended = _amended(name, letters, told[about].value, place if index == len(values) else None)
        if amended is None:
            return None
        name = amended
    if name != _written(before):
        before = [*(piece for piece in before if piece.kind is Kind.WORD), Piece(Kind.LETTERS, name)]
    return _told_once([*before, *after])


def _goes_on(name: str, remarks: Sequence[Piece]) -> bool:
    """Whether the first of the letters is a remark and the others continue the name."""
    rest = letters_of(remarks[1:])
    is_again = rest[:2] == name[:2] or spelled_again(rest, name) is not None
    is_taken_back = rest != "" and name.endswith(remarks[0].value * 2)  # «L E M O I deux N, non, un seul N, E»
    return (len(rest) > 1 or is_taken_back) and name != "" and remarks[0].value[0] in name and not is_again


def _without_lead(told: list[Piece], about: int) -> list[Piece] | None:
    """«Avec un D à la fin, D U P O N D» without the remark, if it is true of what is spelled after it."""
    if letters_of(told[:about]):
        return None
    is_negated = told[about].value == "other"
    for length in (1,) if is_negated else (3, 2, 1):  # «avec D T, S C H M I D T»
        remark, rest = told[about + 1 : about + 1 + length], told[about + 1 + length :]
        places = [piece.value for piece in takewhile(lambda piece: piece.kind is Kind.PLACE, rest)]
        name, letters = letters_of(rest), letters_of(remark)
        is_spelled = letters_of(remark[-1:]) and len(name) >= _FEWEST_REMARKED
        if is_spelled and stands(name, letters, (*places, "")[0]) is not is_negated:
            return [*told[:about], *rest[len(places) :]]
    return None


def _is_miscounted(told: Sequence[Piece], about: int) -> bool:
    """«Santini, avec deux I, S A N T O N I»: what is told before the letters is not true of them."""
    count, rest = letters_of(told[about + 1 : about + 2]), letters_of(told[about + 2 :])
    is_before = not letters_of(told[:about]) and len(rest) >= _NAME_AGAIN
    return is_before and len(count) > 1 and len(set(count)) == 1 and rest.count(count[0]) < len(count)


def _written(pieces: Sequence[Piece]) -> str:
    return "".join(piece.value for piece in pieces if piece.kind in OF_LETTERS)


def _amended(name: str, letters: str, how: str, place: str | None) -> str | None:
    """`name` as the remark has it; None when they contradict each other and nobody can tell which is right."""
    letter = letters[0]
    if how == "only one" and letters == letter and letter in name:
        return name.replace(letter * 2, letter)
    if how == "removed":
        return name.removesuffix(letters) if name.endswith(letters) else None
    if how == "other":
        return None if name.endswith(letters) and place != "start" else name
    is_counted = len(letters) > 1 and len(set(letters)) == 1
    if place and " " in place:
        return with_beside(name, letters, place)
    if place != "end" and (letters in name or (is_counted and name.count(letter) == len(letters))):
        return name  # «G O N Z A L E Z avec deux Z»
    plain = compact(letters)
    if plain != letters:
        return name.replace(plain, letters) if name.count(plain) == 1 else None  # «M E N A R D, avec un E accent aigu»
    if place:
        return _with_letters(name, letters, place, is_last=True)
    return name + letters if letter not in name else None


def _with_places(told: list[Piece]) -> list[Piece] | None:
    if not any(piece.kind is Kind.PLACE or _is_counted(piece) for piece in told):
        return _without_stutter(told)
    kept: list[Piece] = []
    told = _without_stutter(_without_count_before(told))
    recounted = _without_count_after(told)
    if recounted is None:
        return None
    told = recounted
    for position, piece in enumerate(told):
        place = next((near.value for near in told[position + 1 : position + 2] if near.kind is Kind.PLACE), None)
        if place is None and position == len(told) - 1 and kept and kept[-1].kind is Kind.PLACE:
            place = kept.pop().value  # «…, à la fin un R»
        if piece.kind is Kind.LETTERS and place == "start" and (begun := _before_correction(kept)):
            # «B E deux R O T, ah non, c'est un P au début»
            name, again = piece.value + letters_of(begun)[len(piece.value) :], letters_of(told[position + 1 :])
            is_again = len(again) >= _NAME_AGAIN and again[:2] == name[:2]  # «…, N A V A deux R O»
            kept = [*kept[: -len(begun) - 1], *([] if is_again else [Piece(Kind.LETTERS, name)])]
            continue
        if piece.kind is not Kind.LETTERS or not kept or kept[-1].kind is not Kind.LETTERS:
            # «…, deux M au milieu et deux N à la fin»: obeyed already, and more is told.
            if piece.kind is not Kind.PLACE or position >= len(told) - 2:
                kept.append(piece)
            continue
        part = list(takewhile(lambda earlier: earlier.kind is Kind.LETTERS, reversed(kept)))[::-1]
        name = "".join(letters.value for letters in part)
        amended = _with_letters(name, piece.value, place, is_last=not letters_of(told[position + 1 :]))
        if amended is None:
            return None
        if amended == name + piece.value:
            kept.append(piece)
        else:
            kept = [*kept[: -len(part)], Piece(Kind.LETTERS, amended)]
    return [piece for piece in kept if piece.kind is not Kind.PLACE]


def _before_correction(kept: Sequence[Piece]) -> list[Piece]:
    """The letters that are taken back by a «non» at the end."""
    if not kept or kept[-1].kind is not Kind.CORRECTION:
        return []
    run = list(takewhile(lambda earlier: earlier.kind is Kind.LETTERS, reversed(kept[:-1])))[::-1]
    return run if len(run) >= _FEWEST_REMARKED else []


def _is_counted(piece: Piece) -> bool:
    """«Deux L»"""
    return piece.kind is Kind.LETTERS and len(piece.value) > 1 and len(set(piece.value)) == 1


def _without_stutter(told: list[Piece]) -> list[Piece]:
    """«B, b o n n e t» without the first B; but «L L O Y D»."""
    first = next((place for place, piece in enumerate(told) if piece.kind is Kind.LETTERS), len(told))
    if [piece.kind for piece in told[first + 1 : first + 2]] == [Kind.CORRECTION]:
        following = told[first + 2 :]
        if following[:1] == [told[first]]:
            told = [*told[: first + 1], *following]  # «M comme Nathalie, non, N comme Nathalie, N I C…»
        elif len(following) > _FEWEST_REMARKED and following[0].value == following[1].value:
            return _without_stutter([*told[:first], *following])  # «J, non G, G I R A U D»
    again, rest = told[first + 1 : first + 2], letters_of(told[first + 2 :])
    if len(rest) < _FEWEST_REMARKED or not again or again[0].kind is not Kind.LETTERS:
        return told
    value = told[first].value
    is_stutter = value == again[0].value and value not in _VOWELS and value != "l"
    return _without_stutter([*told[:first], *told[first + 1 :]]) if is_stutter else told


def _tells(piece: Piece) -> bool:
    """Whether the piece may tell of letters spelled elsewhere: «deux L», «un T», but no vowel on its own."""
    return piece.kind is Kind.LETTERS and (_is_counted(piece) or piece.value not in _VOWELS)


def _without_count_before(told: list[Piece]) -> list[Piece]:
    """«Deux L au milieu, B, A, I, L, L, Y»; but «deux L, O, Y, D» is Lloyd."""
    for start in range(len(told) - 1, 0, -1):
        lead, rest = told[:start], told[start:]
        count = [piece for piece in lead if piece.kind not in (Kind.PLACE, Kind.WORD)]
        name = "".join(piece.value for piece in rest if piece.kind is Kind.LETTERS)
        is_placed = any(piece.kind is Kind.PLACE for piece in lead)
        # «N, H au milieu, …», «ça commence par un W, …»
        is_told = lead[-1].kind is Kind.PLACE or (is_placed and len(count) == 1)
        if (
            rest[0].kind is Kind.LETTERS
            and (is_placed or not any(_is_counted(piece) for piece in rest))  # «deux L, E, W, E, deux L, Y, N»
            and (is_told or any(_is_counted(piece) for piece in count))
            and count
            and all(_tells(piece) and piece.value in name for piece in count)
            and not _VOWELS.isdisjoint(name)
        ):
            return [*(piece for piece in lead if piece.kind is Kind.WORD), *rest]
    return told


def _without_count_after(told: list[Piece]) -> list[Piece] | None:
    """«B, O, U, L, L, E, T, deux L et un T»; None when the name has not what is counted."""
    whole = list(dropwhile(lambda piece: piece.kind is not Kind.LETTERS, reversed(told)))[::-1]
    for start in range(1, len(whole) - 1):
        tail = whole[start:]
        spelled = list(takewhile(lambda piece: piece.kind is Kind.LETTERS, reversed(told[:start])))
        name = "".join(piece.value for piece in reversed(spelled))
        if (
            _is_counted(tail[0])
            and all(_tells(piece) and piece.value[0] in name for piece in tail)
            and not _VOWELS.isdisjoint(name)
        ):
            return [*told[:start], *told[len(whole) :]] if all(piece.value in name for piece in tail) else None
    return told


def _with_letters(name: str, letters: str, place: str | None, *, is_last: bool) -> str | None:
    """`name` with `letters`, which go on with it or tell of what it has already; None when they contradict it."""
    if place and " " in place:
        return with_beside(name, letters, place)
    letter, is_counted = letters[0], len(letters) > 1 and len(set(letters)) == 1
    if place == "start":
        if name.startswith(letters):
            return name
        return letters + name.lstrip("v" if letters == "w" else letter) if name[0] in (letter, "v") else None
    if place == "middle":
        return name if letters in name else name.replace(letter, letters) if name.count(letter) == 1 else None
    if is_counted and is_last and letters in name and not name.endswith(letter):
        return name
    if is_counted and name.endswith(letter):
        return name.rstrip(letter) + letters
    if place == "end" and name.endswith(letters):
        return name
    if is_counted and is_last and letter in name and name[-1] not in _VOWELS:
        # No name ends in «…nll».
        return name if letters in name else name.replace(letter, letters) if name.count(letter) == 1 else None
    return name + letters
