"""Last names spelled letter by letter."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from difflib import SequenceMatcher
from functools import cache
from itertools import dropwhile, takewhile

from calls.understanding.half import tells_address
from calls.understanding.letters import Word, dictated, signs
from calls.understanding.names import is_first_name, is_no_name, is_origin, is_particle
from calls.understanding.spellings.accents import accented, without_accent_remarks
from calls.understanding.spellings.denials import without_contrast, without_denied
from calls.understanding.spellings.fit import CERTAINLY_SPELLED, is_alike, is_like, spelled_again
from calls.understanding.spellings.pieces import OF_LETTERS, Kind, Piece, are_named, pieces_of
from calls.understanding.spellings.recounts import without_recount
from calls.understanding.spellings.remarks import is_hesitation, told_once
from calls.understanding.spellings.said import as_said, with_names_whole
from calls.understanding.spellings.small_words import with_articles
from calls.understanding.spellings.tellings import after_all, confirmed, is_doubted, of_surname, without_wait
from calls.understanding.text import Lexicon, compact, table

_FEWEST_LETTERS = 2
_LONGEST_NAME = 40
_VOWELS = frozenset("aeiouy")
# So many are one whatever talk there was before them.
_SURELY_SPELLED = 5
_SHORTEST_REMARK = 3
_PAUSE = re.compile(r"[,.;](?=\s)")
_SOUND = re.compile(
    r"[,.;]?\s*(?:comme (?:ça|il|elle) se|(?:et |mais )?(?:ça|il|elle) se) (?:prononce|lit|dit)\b", re.IGNORECASE
)
# «Oh, S M I T H»; but «Oh, H, A, R, A» is how recognition may write a letter.
_EXCLAMATION = re.compile(r"^\W*(?:oh|ah)[,.!]\s+(?=(?:[a-z]\s+){2,}[a-z]\b)", re.IGNORECASE)
_IN_NO_NAME = re.compile(r"(.)\1\1")  # a letter three times was misheard
_DOUBLE_LETTER = re.compile(r"([^aeiouy])\1$")  # «two Ls» is no name
# A word that has less in common with the letters is another name.
_UNLIKE = 0.5
# With so many letters as it begins with a name is begun again.
_FEWEST_AGAIN = 3


def spelling(text: str, language: str) -> str | None:
    """The last name that was spelled: in capitals in French («MARTIN»), as «Martin» in English.

    French usage writes family names in capitals, accents kept («LEFÈVRE»). The name said
    as a word beside its letters is no part of it; a name that was only said is None.
    """
    text = _EXCLAMATION.sub("", _without_sound(_without_company_or_address(text, language)))
    heard, remarks = without_accent_remarks(
        _with_accents_at_once(_with_plain_e(with_articles(dictated(text), language), language), language), language
    )
    heard, words = with_names_whole(heard, text, language)
    told = after_all(without_wait(_with_prefix(pieces_of(heard, language, words), language)))
    said = of_surname(told)
    borne_out = None if is_doubted(said) else as_said(said, language)
    if borne_out is None or (borne_out is said and _is_interrupted(heard, said, language)):
        return None
    if name := _with_end_told(said):
        return name.upper() if language == "fr" else name.capitalize()
    settled = confirmed(without_denied(without_contrast(_with_instead(_without_stammer(borne_out, language)))))
    pieces = told_once(without_recount(settled, language), language)
    if pieces is None:
        return None
    name = _assembled(pieces)
    if not name or _IN_NO_NAME.search(name) or any(unicodedata.combining(letter) for letter in name):
        return None  # «N cédille»: the letter or its accent was misheard
    amended = _amended(pieces)
    if amended:
        name = amended
    elif len(name) < _FEWEST_LETTERS or _DOUBLE_LETTER.match(name) or not _belongs(pieces, name, told[0], language):
        return None
    with_accents = accented(name, remarks)
    if with_accents is None:
        return None
    name = with_accents
    if name.isascii() and signs("accented", language).find([word.plain for word in heard]):
        name = _as_it_was_written(name, heard)
    if len(name) > _LONGEST_NAME or not any(letter.isalpha() for letter in name):
        return None
    return name.upper() if language == "fr" else re.sub(r"[^\W\d_]+", lambda part: part[0].capitalize(), name)


def _without_company_or_address(text: str, language: str) -> str:
    """«R O U X, de chez Globex, delphine arobase globex» without what answers our next questions."""
    heard = dictated(text)
    company = signs("company", language).find([word.plain for word in heard])
    ends = [heard[hit.start].start for hit in company]
    ends += [at.start() for at in _PAUSE.finditer(text) if tells_address(text[at.start() :], language)][-1:]
    spelled = [end for end in ends if sum(len(word.plain) == 1 for word in heard if word.end <= end) >= _FEWEST_LETTERS]
    return text[: min(spelled)] if spelled else text


def _without_sound(text: str) -> str:
    """«N G U Y E N, comme ça se prononce pas» without how it sounds."""
    sound = _SOUND.search(text)
    letters = sum(len(word.plain) == 1 for word in dictated(text[: sound.start()])) if sound else 0
    return text[: sound.start()] if sound and letters > _FEWEST_LETTERS else text


def _as_it_was_written(name: str, heard: Sequence[Word]) -> str:
    """«Traoré, T R A O R E, avec l'accent»: with the accents of the word that was said; «» if it has none."""
    return next((word.text.lower() for word in heard if word.plain == name and not word.text.isascii()), "")


def _with_prefix(pieces: list[Piece], language: str) -> list[Piece]:
    """«Mc, then G R A T H» with the letters of Mc."""
    prefixes = signs("prefix", language)
    for position, piece in enumerate(pieces):
        if piece.kind is Kind.WORD and prefixes.at([compact(piece.value)], 0):
            behind = list(dropwhile(lambda other: other.kind is Kind.FILLER, pieces[position + 1 :]))
            if behind and behind[0].kind is Kind.LETTERS and behind[0].value[0] != compact(piece.value)[0]:
                return [*pieces[:position], Piece(Kind.LETTERS, compact(piece.value)), *behind]
    return pieces


def _with_instead(pieces: Sequence[Piece]) -> Sequence[Piece]:
    """«B A K T E R, sorry, X not K» with the X where the K was."""
    kinds = [Kind.CORRECTION, Kind.LETTERS, Kind.DENIAL, Kind.LETTERS]
    told = [piece for piece in pieces if piece.kind is not Kind.FILLER]
    new, old = (told[-3].value, told[-1].value) if len(told) > len(kinds) else ("", "")
    name = told[: -len(kinds)]
    are_letters = [piece.kind for piece in told[-len(kinds) :]] == kinds and len(new) == len(old) == 1
    if not are_letters or [piece.value for piece in name if piece.kind is Kind.LETTERS].count(old) != 1:
        return pieces
    return [
        piece._replace(value=new) if piece == piece._replace(kind=Kind.LETTERS, value=old) else piece for piece in name
    ]


def _with_plain_e(heard: list[Word], language: str) -> list[Word]:
    """«Bé, é, enne»: where consonants are written by their names, «é» is the name of E."""
    if language != "fr" or not are_named(heard, language):
        return heard
    return [word._replace(text="e") if word.text in ("é", "É") else word for word in heard]


def _with_accents_at_once(heard: list[Word], language: str) -> list[Word]:
    """«C L E, accent aigu sur le E, M E N T» without the letter told again."""
    plain = [word.plain for word in heard]
    for accent in signs("accents", language).find(plain):
        end = accent.end
        while end < len(plain) and signs("stumble", language).at(plain, end):
            end += 1  # «accent aigu, hein, sur le E»
        on = signs("on", language).at(plain, end) if end < len(plain) else None
        again = plain[on.end : on.end + 2] if on else []
        if [len(word) for word in again] == [1, 1] and on and again[:1] == plain[accent.start - 1 : accent.start]:
            return _with_accents_at_once([*heard[: accent.end], *heard[on.end + 1 :]], language)
    return heard


def _without_stammer(pieces: Sequence[Piece], language: str) -> list[Piece]:
    """«B, R, U, euh U, N» with one U: names have consonants twice, hardly ever a vowel."""
    kept: list[Piece] = []
    for piece in pieces:
        lead = list(takewhile(lambda other: is_hesitation(other, language), reversed(kept)))
        before = kept[-len(lead) - 1 : len(kept) - len(lead)]
        is_vowel = piece.kind is Kind.LETTERS and piece.value in _VOWELS
        if not (lead and before and is_vowel and before[0][:2] == piece[:2]):
            kept.append(piece)
    return kept


def _assembled(pieces: Sequence[Piece]) -> str:
    """The letters put together, corrections and repetitions obeyed."""
    name = ""
    since = ""
    how: Kind | None = None
    for piece in [*pieces, Piece(Kind.RESTART, "")]:
        if piece.kind in OF_LETTERS:
            since += piece.value
        elif piece.kind in (Kind.AGAIN, Kind.CORRECTION, Kind.RESTART, Kind.ABOUT):
            name = _joined(name, since, how)
            since, how = "", piece.kind
    name = re.sub(" +", " ", name).strip(" -'").replace("ww", "w")  # «W, double vé»
    again = name.find(name[:_FEWEST_AGAIN], CERTAINLY_SPELLED)
    if again > 0 and len(name) - again >= again - 1 and is_alike(name[:again], name[again:]):
        return name[again:]  # «C A L B E T, euh, C A L V E T»
    for length in range(len(name) // 2, _FEWEST_LETTERS, -1):
        if name[-length:] == name[-2 * length : -length]:
            # «J E A N F A V I E R, F A V I E R»; but «L A N G L A I S, A I S»
            return name[-length:] if length > CERTAINLY_SPELLED else name[:-length]
    return name


def _joined(name: str, more: str, how: Kind | None) -> str:
    if not name or not more or how is None:
        return name + more
    begins_anew = more[0] == name[0] and len(more) >= min(len(name), CERTAINLY_SPELLED) - 1 and len(more) > 1
    again = spelled_again(more, name) if len(name) >= CERTAINLY_SPELLED else None
    if again:
        is_led = more[again:] == name and len(set(more[:again])) > 1  # «P O N T, donc D U P O N T»
        return more if is_led else more[again:]  # «…, non, un seul T, R, O, B, E, R, T»: spelled again after it
    match how:
        case Kind.ABOUT:
            return name
        case Kind.RESTART:
            # «V A L, je reprends, L I N» may go on with it.
            return more if more[0] == name[0] or is_alike(name, more) else ""
        case Kind.CORRECTION if len(set(more)) == 1 < len(more) and name.count(more[0]) == 1:
            return name.replace(more[0], more)  # «M O N I E R, oups, deux N»
        case Kind.CORRECTION if not begins_anew:
            return _corrected(name, more)
        case Kind.AGAIN if len(more) >= CERTAINLY_SPELLED and is_alike(name, more):
            return more  # «B A R B I E R, pardon, V comme Victor, donc V A R B I E R»
        case _:
            return more if begins_anew else name + more


def _corrected(name: str, more: str) -> str:
    """The last letter replaced, or as many as `more` has where it has one of them in its place."""
    if more[0] == name[-1]:
        return name.rstrip(more[0]) + more  # «B A I deux ailes, enfin deux L, Y»
    once = re.sub(r"(.)\1", r"\1", more)
    if once != more and name.endswith(once):
        return name.removesuffix(once) + more  # «H A M O N, pardon, deux M, O N»
    replaced = name[-len(more) :]
    is_in_place = len(more) == len(replaced) > 1 and (more[0] == replaced[0] or more[-1] == replaced[-1])
    return name[: -len(more)] + more if is_in_place else name[:-1] + more  # «B O deux N E T, pardon, O T»


def _amended(pieces: Sequence[Piece]) -> str | None:
    """«Bonet avec deux N»: the name as it was said, made to have these letters."""
    said = [piece.value for piece in pieces if piece.kind is Kind.WORD]
    letters = [piece.value for piece in pieces if piece.kind is Kind.LETTERS]
    kinds = [piece.kind for piece in pieces]
    is_counted = kinds[:1] == [Kind.WORD] and all(len(letter) > 1 and len(set(letter)) == 1 for letter in letters)
    is_about = Kind.ABOUT in kinds and Kind.LETTERS not in kinds[: kinds.index(Kind.ABOUT)]
    if len(said) != 1 or not letters or not (is_about or is_counted):
        return None
    name = said[0].lower()
    for letter in letters:
        if letter in name:
            continue
        if letter == "y" and name.count("i") == 1:
            name = name.replace("i", "y")  # «Henri avec un i grec»
            continue
        if len(set(letter)) > 1 or name.count(letter[0]) != 1:
            return None
        name = name.replace(letter[0], letter)
    return name


def _with_end_told(pieces: Sequence[Piece]) -> str | None:
    """«Lefebvre, B V R E à la fin»: the name as it was said, where its end is what was told."""
    kinds = [piece.kind for piece in pieces]
    end = "".join(piece.value for piece in pieces if piece.kind is Kind.LETTERS)
    if kinds != [Kind.WORD, *[Kind.LETTERS] * (len(kinds) - 2), Kind.PLACE] or pieces[-1].value != "end":
        return None
    name = pieces[0].value
    return name if len(end) > 1 and compact(name).endswith(end) and compact(name) != end else None


def _belongs(pieces: Sequence[Piece], name: str, opening: Piece, language: str) -> bool:
    """Whether what was said beside the letters is the name, or an introduction to it."""
    plain_name = compact(name)
    about = next((position for position, piece in enumerate(pieces) if piece.kind is Kind.ABOUT), len(pieces))
    all_places = [position for position, piece in enumerate(pieces) if piece.kind is Kind.LETTERS]
    places = [position for position in all_places if position < about] or all_places
    if any(piece.kind is Kind.DENIAL for piece in pieces):
        return False
    is_said = any(piece.kind is Kind.WORD and is_alike(*_stems(piece.value, name, language)) for piece in pieces)
    is_borne_out = any(piece.kind is Kind.WORD and compact(piece.value) == plain_name for piece in pieces)
    if not is_said and any(
        _is_another(piece, plain_name, language) for piece in pieces[: all_places[0]] if piece is not opening
    ):
        return False
    for position, piece in enumerate(pieces):
        if piece.kind is not Kind.WORD:
            continue
        word = compact(piece.value)
        if is_like(piece, plain_name) or is_first_name(word) or (is_borne_out and position != places[-1] + 1):
            continue  # «T, A, non, je dis des bêtises, T, O, U, Z, E, T. Touzet»
        if position == places[-1] + 1 and len(word) < _SHORTEST_REMARK and not is_no_name(word, language):
            return False  # «bé, é, èr, té, in»: more letters, misheard
        if position > places[-1] and (is_borne_out or len(plain_name) >= CERTAINLY_SPELLED):
            continue  # «…, c'est tout simple»
        if position > places[-1] and is_origin(word, language):
            continue
        if position < places[0] and len(plain_name) >= _SURELY_SPELLED:
            continue
        if places[0] < position < places[-1] or is_no_name(word, language):
            return False
        if not (piece.value[0].isupper() or (len(plain_name) >= CERTAINLY_SPELLED and position < places[0])):
            return False
    return True


def _is_another(piece: Piece, name: str, language: str) -> bool:
    """«Mon nom, c'est Lemaire, ça s'écrit D U R A N D»: a name, and nothing like what was spelled."""
    word = compact(piece.value)
    is_name = piece.kind is Kind.WORD and piece.value[0].isupper() and not piece.is_apart
    is_name = is_name and len(word) >= CERTAINLY_SPELLED
    is_other = not is_first_name(word) and not is_no_name(word, language) and not is_origin(word, language)
    return is_name and is_other and SequenceMatcher(None, *_stems(word, name, language)).ratio() < _UNLIKE


def _stems(word: str, name: str, language: str) -> tuple[str, str]:
    """Both without the article that they share, which makes no names alike: «Legrand, L E G R O S»."""
    word, name = compact(word), compact(name)
    for length in (3, 2):
        if word[:length] == name[:length] and is_particle(word[:length], language) and len(word) > _SURELY_SPELLED:
            return word[length:], name[length:]
    return word, name


def _is_interrupted(heard: Sequence[Word], pieces: Sequence[Piece], language: str) -> bool:
    """Whether the caller stopped before the end of the name: «m, a, r, attendez», «m, a, r, pardon, on m'appelle»."""
    plain = [word.plain for word in heard]
    last = {
        section: [hit.start for hit in signs(section, language).find(plain) if hit.end == len(plain)]
        for section in ("hesitation", "filler", "marks")
    }
    if last["hesitation"] and not any(start < last["hesitation"] for start in (last["filler"], last["marks"]) if start):
        return True  # but not in «…, sans tiret», «…, avec un trait d'union»
    after = list(takewhile(lambda piece: piece.kind is not Kind.LETTERS, reversed(pieces)))
    if len(after) == len(pieces):
        return False
    kinds = [piece.kind for piece in after if piece.kind is not Kind.FILLER]
    # «…, désolé, c'est polonais»
    is_of_name = any(plain[hit.end : hit.end + 1] == ["cest"] for hit in signs("correction", language).find(plain))
    is_excused = not is_of_name and Kind.WORD in kinds and Kind.CORRECTION in kinds[kinds.index(Kind.WORD) :]
    spelled = "".join(piece.value for piece in pieces if piece.kind is Kind.LETTERS)
    is_excused = is_excused and not any(is_like(piece, spelled) for piece in pieces)
    return Kind.INTERRUPTION in kinds or Kind.RESTART in kinds or is_excused


@cache
def _endings(language: str) -> Lexicon[str]:
    lists = table("unfinished")[language]
    return Lexicon(
        ([compact(word) for word in phrase.replace("-", " ").split()], kind) for kind in lists for phrase in lists[kind]
    )


def is_unfinished(text: str, language: str) -> bool:
    """Whether the caller is not done: «m comme», «a, r, euh», «pierre point», «ça s'écrit».

    One or two letters of a name are unfinished too, and so are more that recognition puts
    a comma behind. What can be an answer on its own never is.
    """
    heard = dictated(text)
    if not heard:
        return False
    plain = [word.plain for word in heard]
    endings = [hit for hit in _endings(language).find(plain) if hit.end == len(plain)]
    if endings:
        ending = endings[0]
        if ending.value == "always":
            return True
        if ending.value == "whole":
            return ending.start == 0 or len(_endings(language).find(plain[: ending.start])) > 0
        return ending.start > 0 and _is_dictation(plain[: ending.start])
    pieces = pieces_of(heard, language)
    letters = "".join(piece.value for piece in pieces if piece.kind is Kind.LETTERS)
    only_letters = all(piece.kind in (Kind.LETTERS, Kind.FILLER) for piece in pieces)
    goes_on = len(letters) <= _FEWEST_LETTERS or text.rstrip().endswith(",")
    return only_letters and bool(letters) and goes_on


def _is_dictation(plain: Sequence[str]) -> bool:
    """Letters, or the few words of an address: not a sentence."""
    return any(len(word) == 1 for word in plain) or len(plain) <= 4 or "arobase" in plain


def told_instead(text: str, language: str) -> str | None:
    """What is told instead, where words begin by taking something back: «pardon, avec un T», «non, L A M B E R T»."""
    heard = dictated(text)
    plain = [word.plain for word in heard]
    if not heard:
        return None
    if taken_back := signs("correction", language).at(plain, 0):
        return text[heard[taken_back.end].start :] if taken_back.end < len(heard) else ""
    return text if signs("about", language).at(plain, 0) else None
