"""Which of the letters that were told are the caller's last name: «le prénom c'est P A U L et le nom C O L I N»."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import dropwhile, takewhile

from calls.understanding.letters import resembles, signs, sound_alike
from calls.understanding.names import is_first_name
from calls.understanding.spellings.pieces import Kind, Piece
from calls.understanding.text import compact

# So many letters more than the name are another name, and no remark on it.
_LONGEST_REMARK = 3
_SHORTEST_WORD = 3
_CERTAINLY_SPELLED = 4
_OF_LETTERS = (Kind.LETTERS, Kind.MARK)
_VOWELS = frozenset("aeiouy")
_LEADS = (Kind.FILLER, Kind.AGAIN)


def letters_of(pieces: Sequence[Piece]) -> str:
    return "".join([piece.value for piece in pieces if piece.kind is Kind.LETTERS])


def stands(name: str, letters: str, place: str | None) -> bool:
    """Whether `letters` are where in the name they were told to be: at its end, or «après le T»."""
    match (place or "").split():
        case ["start"]:
            return name.startswith(letters)
        case ["end"]:
            return name.endswith(letters)
        case ["after", near]:
            return near + letters in name
        case ["before", near]:
            return letters + near in name
        case ["between", near, far]:
            return near + letters + far in name
        case _:
            return letters in name


def with_beside(name: str, letters: str, place: str) -> str | None:
    """«G A U T I E R, avec un H après le T» with the H."""
    how, near, *_ = place.split()
    if stands(name, letters, place):
        return name
    if name.count(near) != 1 or how == "between":
        return None
    if how == "before":
        return name.replace(near, letters + near)
    one = near + letters[0]
    return name.replace(one, near + letters) if one in name else name.replace(near, near + letters)


def is_alike(word: str, name: str) -> bool:
    return resembles(compact(word), compact(name))


def is_like(piece: Piece, name: str) -> bool:
    """Whether the piece is `name` as it was said, beside its letters."""
    return piece.kind is Kind.WORD and is_alike(piece.value, name)


def of_surname(pieces: Sequence[Piece]) -> list[Piece]:
    """Without the first name, or the former one, that was spelled too."""
    sections: list[tuple[str, list[Piece]]] = []
    role, since = "", list[Piece]()
    for position, piece in enumerate(pieces):
        if piece.kind is not Kind.ROLE:
            since.append(piece)
            continue
        marked, _, where = piece.value.partition(" ")
        if where and marked == "first_name" and _is_of_word(since):
            since.pop()  # «B O U C H A R E B. Mohamed, c'est le prénom»
            continue
        ahead = takewhile(lambda other: other.kind is not Kind.ROLE, pieces[position + 1 :])
        is_of_last = where == "behind" or not any(other.kind in (Kind.LETTERS, Kind.WORD) for other in ahead)
        if is_of_last and (where or not role) and letters_of(since):
            sections.append((marked, since))  # «M A S S O N pour le nom»
            role, since = "", []
        elif not (is_of_last and letters_of(since)) and not (where and _has_words(since)):
            sections.append((role, since))
            role, since = marked, []
    sections.append((role, since))
    if {role for role, _ in sections} <= {"", "surname"}:
        return [piece for _, section in sections for piece in section]
    spelled = [(role, section) for role, section in sections if letters_of(section)]
    surnames = [section for role, section in spelled if role == "surname"]
    unmarked = [piece for role, section in spelled if not role for piece in section]
    former = [section for role, section in spelled if role == "former"]
    return (surnames[-1:] or [unmarked] if surnames or unmarked else former[-1:] or [[]])[0]


def _is_of_word(since: Sequence[Piece]) -> bool:
    """Whether the last thing that was said is a name, and not the one that was spelled."""
    name, last = letters_of(since), since[-1] if since else None
    is_word = last is not None and last.kind is Kind.WORD and last.is_apart
    return bool(name and last and is_word and last.value[0].isupper() and not is_alike(last.value, name))


def is_doubted(pieces: Sequence[Piece]) -> bool:
    """Whether two spellings are offered: «L E F E B V R E ou bien L E F E V R E», «C H O U L E T ou Chollet»."""
    for position, piece in enumerate(pieces):
        before, after = letters_of(pieces[:position]), pieces[position + 1 :]
        if piece.kind is Kind.DOUBT and before:
            return letters_of(after) != "" or any(is_like(other, before) for other in after)
    return False


def _has_words(pieces: Sequence[Piece]) -> bool:
    return any(piece.kind is Kind.WORD for piece in pieces)


def without_contrast(pieces: Sequence[Piece]) -> Sequence[Piece]:
    """«C R O I Z A T, Z, pas S», «Z I E G L E R. I E, pas E I» without what is told once more, and what is denied."""
    place = next((position for position, piece in enumerate(pieces) if piece.kind is Kind.DENIAL), 0)
    start = place - 1
    while start > 0 and pieces[start].kind is Kind.LETTERS and not pieces[start].is_apart:
        start -= 1
    if start >= 0 and pieces[start].kind is Kind.FILLER and start + 1 < place:
        start += 1  # «… It's O U, not O W»
    run, before = pieces[start:place], pieces[: max(start, 0)]
    again, name = letters_of(run), letters_of(before)
    spelled = [piece.is_apart for piece in before if piece.kind is Kind.LETTERS][1:]
    is_again = len(name) >= _CERTAINLY_SPELLED and again in name and (len(run) > 1 or not all(spelled))
    are_letters = all(piece.kind is Kind.LETTERS for piece in run) and len(run) > 0
    is_end = all(piece.kind in (*_LEADS, Kind.LETTERS) for piece in pieces[place + 1 :])
    is_short = len(letters_of(pieces[place:])) <= _LONGEST_REMARK
    return before if place and are_letters and is_again and is_end and is_short else pieces


def without_denied(pieces: Sequence[Piece]) -> list[Piece]:
    """Without «pas S» and «pas H U O T»; in «G O M, non pas M, N» without the M that is denied."""
    kept: list[Piece] = []
    rest = list(pieces)
    while rest:
        piece = rest.pop(0)
        if piece.kind is not Kind.DENIAL:
            kept.append(piece)
            continue
        run = list(takewhile(lambda other: other.kind in _OF_LETTERS, rest))
        denied = letters_of(run)
        if not denied:
            kept.append(piece)
            continue
        ahead = list(dropwhile(lambda other: other.kind is Kind.FILLER, rest[1:]))
        after = letters_of(list(takewhile(lambda other: other.kind in _OF_LETTERS, ahead)))
        while kept and kept[-1].kind in (Kind.FILLER, Kind.CORRECTION):
            kept.pop()
        name = letters_of(kept)
        if length := _spelling_denied(denied, name):
            rest = rest[len(_first_of(run, length)) :]
            if name and letters_of(rest):
                rest.insert(0, Piece(Kind.AGAIN, ""))
            continue
        again = spelled_again(after, name)
        if again is not None:
            rest = [Piece(Kind.AGAIN, ""), *ahead[len(_first_of(ahead, again)) :]]
            if kept and kept[-1].value == run[0].value:
                kept.pop()
            continue
        is_last = not letters_of(rest[len(run) :]) and len(denied) <= _LONGEST_REMARK
        if is_last and any(other.kind is Kind.ABOUT for other in kept):
            rest = rest[len(run) :]
            continue  # «with a V, not P H»
        if len(denied) > 1 and after and name.endswith(denied):
            kept = kept[: -len(denied)]  # «V O N I C K, non pas C K, juste C»
            rest = rest[len(run) :]
            continue
        is_together = (
            len(run) > 1 and not any(other.is_apart for other in run[1:]) and any(other.is_apart for other in kept)
        )
        if (
            is_together
            and denied[0] != name[-1:]
            and len(name) >= _CERTAINLY_SPELLED
            and not letters_of(rest[len(run) :])
        ):
            rest = rest[len(run) :]
            continue  # «J O L Y, avec un Y à la fin et pas I E»
        is_of_last = len(name) < 2 or name.endswith(denied[0]) or sound_alike(name[-1], denied[0])
        if len(run) > 1 and not is_of_last:
            is_end = is_alike(denied, name[-len(denied) :])  # «O I S et pas A I S»
            if len(name) < _CERTAINLY_SPELLED or (len(denied) >= _LONGEST_REMARK and not is_end):
                kept.append(piece)  # nobody can tell how much is denied
            rest = rest[len(run) :]
            continue
        if len(denied) > 1 and denied[0] != denied[1] and denied[1::-1] == name[-2:]:
            rest = rest[2:]  # «S C H N, E I et pas I E, D E R»
            continue
        rest = rest[1:]
        if kept and kept[-1].kind is Kind.LETTERS and kept[-1].value == run[0].value and after:
            kept.pop()
        elif name and after[:1] == name[-1]:
            rest = ahead[1:]  # «V, pas B, V comme Victor, E, R»
        elif replaced := _replaced(kept, denied[0]):
            kept = replaced
        elif len(kept) > 1 and kept[-2].kind is Kind.FILLER and kept[-1].value in letters_of(kept[:-1]):
            kept.pop()  # «S A N C H E Z, un Z, pas un S»
        elif len(after) == 1 and after in name and not letters_of(ahead[1:]):
            rest = ahead[1:]  # «C A L V E T, pas un K, un C»
        if rest and rest[0].kind is Kind.PLACE:
            rest = rest[1:]
    return kept


def _replaced(kept: Sequence[Piece], denied: str) -> list[Piece] | None:
    """«D U F O U R D, un T à la fin, pas un D», with the T instead of the D."""
    places = [position for position, piece in enumerate(kept) if piece.kind is Kind.LETTERS]
    if len(places) < _SHORTEST_WORD:
        return None
    last, new = places[-2:]
    is_told = new > last + 1 and all(piece.kind is Kind.FILLER for piece in kept[last + 1 : new])
    return [*kept[:last], *kept[new:]] if is_told and kept[last].value == denied else None


def spelled_again(letters: str, name: str) -> int | None:
    """Where in `letters` the name begins anew."""
    start = letters.find(name[:2]) if len(name) > 1 else -1
    return start if start >= 0 and len(letters) - start >= len(name) - 1 else None


def _spelling_denied(denied: str, name: str) -> int:
    """How many letters are a whole spelling that is denied, and not one letter of it: «pas H U O T»."""
    if not name:
        return len(denied) if len(denied) > _LONGEST_REMARK else 0
    if denied[1:3] == name[:2] or len(name) < _SHORTEST_WORD:
        return 0
    for length in (len(name), len(name) - 1, len(name) + 1):
        if 2 <= length <= len(denied) and denied[length:][:2] in ("", name[:2]) and is_alike(denied[:length], name):
            return length
    return 0


def _first_of(run: Sequence[Piece], length: int) -> list[Piece]:
    """The pieces that `length` letters are."""
    return [piece for position, piece in enumerate(run) if len(letters_of(run[:position])) < length]


def confirmed(pieces: Sequence[Piece]) -> list[Piece]:
    """Without what follows on a name that was spelled and said: «K R I E G E R, Krieger, K comme Karine»."""
    spelled = letters_of(pieces)
    said = [compact(piece.value) for piece in pieces if piece.kind is Kind.WORD]
    is_double = any(piece.kind is Kind.MARK for piece in pieces)  # «Martin, M A R T I N, trait d'union, Dubois, …»
    for first in filter(is_first_name, [] if is_double else said):
        if spelled.startswith(first) and spelled.removeprefix(first) in said:
            return [Piece(Kind.LETTERS, spelled.removeprefix(first))]  # «Lucie Chauvin, L U C I E C H A U V I N»
    runs = _runs(pieces)
    for position, piece in enumerate(pieces):
        if piece.kind is not Kind.WORD:
            continue
        word = compact(piece.value)
        for start, run_end in runs.get(word, ()):
            end = max(run_end, position + 1)
            after = pieces[end:]
            is_amended = any(other.kind in (Kind.CORRECTION, Kind.RESTART, Kind.AGAIN) for other in after)
            if not is_amended and len(letters_of(after)) <= _LONGEST_REMARK:
                if any(other.kind is Kind.ABOUT for other in after):
                    return [*pieces[:position], *pieces[position + 1 :]]
                return [*_without_lead(pieces[:start], word), *pieces[start:end]]
    return list(pieces)


def _runs(pieces: Sequence[Piece]) -> dict[str, list[tuple[int, int]]]:
    """Where letters are told without other words between them, by the words that they make."""
    runs: dict[str, list[tuple[int, int]]] = {}
    start = 0
    while start < len(pieces):
        run = list(takewhile(lambda piece: piece.kind in (*_OF_LETTERS, Kind.FILLER), pieces[start:]))
        word = compact(letters_of(run))
        if len(word) >= _SHORTEST_WORD:
            runs.setdefault(word, []).append((start, start + len(run)))
        start += len(run) + 1
    return runs


def _without_lead(lead: Sequence[Piece], word: str) -> list[Piece]:
    """«Rousselle avec deux S et deux L, donc …» without what is true of the name that is spelled after it."""
    about = next((place for place, piece in enumerate(lead) if piece.kind is Kind.ABOUT), len(lead))
    is_true = all(piece.value in word for piece in lead[about:] if piece.kind is Kind.LETTERS)
    return list(lead[:about]) if is_true and not letters_of(lead[:about]) else list(lead)


def without_wait(pieces: Sequence[Piece]) -> Sequence[Piece]:
    """«B A R, sorry, one second, K E R», «M O R, hang on, the dog's barking, G A N» without what was waited for."""
    wait = next((at for at, piece in enumerate(pieces) if piece.kind is Kind.INTERRUPTION), 0)
    before = list(pieces[:wait])
    while before and before[-1].kind in (Kind.CORRECTION, Kind.FILLER):
        before.pop()
    talk = (Kind.INTERRUPTION, Kind.WORD, Kind.FILLER, Kind.CORRECTION)
    rest = list(
        dropwhile(lambda piece: piece.kind in talk and piece.value[:1] == piece.value[:1].lower(), pieces[wait:])
    )
    begun, run = letters_of(before), letters_of(rest)
    goes_on = run and rest[0].kind is Kind.LETTERS and len(begun) > 1 and run[0] != begun[0]
    return without_wait([*before, *rest]) if wait and goes_on and before[-1].kind is Kind.LETTERS else pieces


def after_all(pieces: Sequence[Piece]) -> Sequence[Piece]:
    """What is spelled after another was taken back: «B E R N A R D, non, ça c'est mon mari, moi c'est D U P U I S»."""
    for position, piece in enumerate(pieces):
        before = letters_of(pieces[:position])
        if piece.kind is Kind.RESTART and len(before) >= _SHORTEST_WORD:
            again = letters_of(pieces[position:])
            if len(again) >= _CERTAINLY_SPELLED and again[:2] == before[:2]:
                return after_all(pieces[position + 1 :])  # «je dis n'importe quoi, … je reprends: G I R A U L T»
        if piece.kind in (Kind.CORRECTION, Kind.INTERRUPTION) and len(before) > 1:
            run = list(dropwhile(lambda other: other.kind is not Kind.LETTERS, pieces[position:]))
            again = letters_of(list(takewhile(lambda other: other.kind in _OF_LETTERS, run)))
            if len(again) >= max(_CERTAINLY_SPELLED, len(before)) and again[:2] == before[:2]:
                return after_all(run)  # «H U double G, no, sorry, H U G H E S», «B A R, one second, B A R L O W»
        if piece.kind is not Kind.CORRECTION or len(before) < _SHORTEST_WORD:
            continue
        talk = list(takewhile(lambda other: other.kind not in _OF_LETTERS, pieces[position:]))
        start = position + len(talk)
        run = list(takewhile(lambda other: other.kind in _OF_LETTERS, pieces[start:]))
        is_led = talk[-1].kind is Kind.AGAIN or (talk[-1].kind is Kind.ROLE and talk[-1].value == "surname")
        says_why = sum(other.kind is Kind.WORD for other in talk) > 1
        # «Ah non, la ligne est à ma belle-mère, c'est Castaing, C A S T A I N G»
        is_said = any(other.kind is Kind.WORD and compact(other.value) == compact(letters_of(run)) for other in talk)
        if (is_said or (is_led and says_why)) and len(letters_of(run)) >= _CERTAINLY_SPELLED:
            return pieces[start - 1 :]
    return pieces


def without_recount(pieces: Sequence[Piece], language: str) -> Sequence[Piece]:
    """Without what a last clause tells once more: «G U I L L O T, un O, un T», «G O N T H I E R, T H»."""
    for position, piece in enumerate(pieces):
        before, after = letters_of(pieces[:position]), letters_of(pieces[position:])
        if len(before) < _CERTAINLY_SPELLED or not after:
            continue
        is_end = len(after) == 2 and len(set(after)) == 2 and before.endswith(after)  # «H A R V E Y. E Y»
        are_letters = all(other.kind is Kind.LETTERS for other in pieces[position:])
        if is_end and piece.is_apart and are_letters and not any(other.is_apart for other in pieces[1:position]):
            return pieces[:position]
        if piece.is_apart and set(after) <= set(before) and _is_of_few(pieces[position:], language):
            return pieces[:position]
        if len(after) < 2 or not before.startswith(after):
            continue
        run = [earlier for earlier in pieces[:position] if earlier.kind is Kind.LETTERS][1:]
        is_pause = piece.kind is Kind.LETTERS and piece.is_apart and not any(earlier.is_apart for earlier in run)
        # «T S H I B A N G U. Oui, T, S, H, c'est bien ça», «A C H A R D. A, C, H, c'est ça»
        if _affirms(piece, language) or (is_pause and len(after) == _LONGEST_REMARK):
            return pieces[:position]
    for number, (start, position) in enumerate(_pauses(pieces)):
        # Where there is a pause after each letter, only «un» tells that more is no end.
        is_unled = number > 0 and start == position
        name = "" if is_unled or start < _CERTAINLY_SPELLED - 1 else letters_of(pieces[:start])
        if len(name) >= _CERTAINLY_SPELLED and _are_true(name, pieces[start:], language, each_led=number > 0):
            return pieces[:start]
    return pieces


def _is_of_few(tail: Sequence[Piece], language: str) -> bool:
    """«…, le T on l'oublie souvent», «…, oui, un G»: letters, each with its article, and that or how they are there."""
    places = [position for position, piece in enumerate(tail) if piece.kind is Kind.LETTERS]
    leads = [tail[place - 1].value for place in places if place and tail[place - 1].kind is Kind.FILLER]
    talk = [piece.kind for piece in tail[places[-1] + 1 :]]
    if len(leads) < len(places) or any(len(tail[place].value) > 1 for place in places):
        return False
    article = signs("bearing", language).at(leads[0].split() or [""], 0)
    if article and article.value == "the":
        is_same = len({tail[place].value for place in places}) == 1 < len(places)  # «Le A, c'est un A normal»
        return (Kind.WORD in talk or is_same) and all(_is_one(lead, language) for lead in leads[1:])
    return len(places) == 1 < places[0] and _affirms(tail[0], language) and _is_one(leads[0], language)


def _affirms(piece: Piece, language: str) -> bool:
    return piece.kind is Kind.FILLER and piece.is_apart and bool(signs("affirmed", language).find(piece.value.split()))


def _pauses(pieces: Sequence[Piece]) -> list[tuple[int, int]]:
    """Where letters go on after a pause: from «donc un», and from the letter itself."""
    pauses: list[tuple[int, int]] = []
    start = 0
    is_first = True
    for position, piece in enumerate(pieces):
        if piece.kind is Kind.LETTERS:
            if not is_first and any(near.is_apart for near in pieces[start : position + 1]):
                pauses.append((start, position))
            is_first = False
        if piece.kind not in _LEADS:
            start = position + 1
    return pauses


def _are_true(name: str, tail: Sequence[Piece], language: str, *, each_led: bool) -> bool:
    """Whether all that is told stands in the name, and cannot be its end: «B E R G, E R» goes on."""
    if any(piece.kind is Kind.PLACE for piece in tail):
        talk = list(takewhile(lambda piece: piece.kind in (Kind.WORD, *_LEADS), reversed(tail)))
        tail = tail[: len(tail) - len(talk)]  # «…, S Z au début, je vous vois venir»
    runs: list[str] = []
    told: list[bool] = []
    for position, piece in enumerate(tail):
        before = tail[position - 1] if position else None
        if piece.kind is Kind.PLACE:
            if not runs or not stands(name, runs[-1], piece.value):
                return False
            told[-1] = True
        elif piece.kind is not Kind.LETTERS:
            if piece.kind not in _LEADS:
                return False
        elif before and before.kind is Kind.LETTERS and not piece.is_apart:
            runs[-1] += piece.value
        else:
            is_one = bool(before and before.kind is Kind.FILLER and _is_one(before.value, language))
            if each_led and not is_one and len(piece.value) == 1:
                return False
            runs.append(piece.value)
            told.append(is_one)
    is_much = len("".join(runs)) > 1 or [piece.kind for piece in tail[:2]] == [Kind.AGAIN, Kind.FILLER]  # «donc un T»
    return is_much and all(
        run in name and (is_told or _is_no_end(run)) for run, is_told in zip(runs, told, strict=True)
    )


def _is_one(said: str, language: str) -> bool:
    return said.split()[-1:] in ([word] for word in signs("one", language).first_words())


def _is_no_end(run: str) -> bool:
    return (
        len(run) >= _LONGEST_REMARK or run == "qu" or (len(run) > 1 and (_VOWELS.isdisjoint(run) or len(set(run)) == 1))
    )
