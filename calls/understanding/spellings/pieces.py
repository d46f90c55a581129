"""What is said when a name is spelled: letters, marks, and what tells of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set
from enum import Enum, auto
from functools import cache
from itertools import groupby
from typing import NamedTuple

from calls.understanding.letters import Certainty, Letter, Word, letter_at, letter_names, nato_run, signs, sound_alike
from calls.understanding.spellings.small_words import are_capitals, is_elided
from calls.understanding.text import compact

# So many consonants standing alone are how recognition writes the letters of this call.
_WRITTEN_AT_LEAST = 4
# «MAR»: longer words in capitals are names.
_LONGEST_CLUMP = 3
# So many letters are a name that may be told to be without another.
_FEWEST_LACKED = 3
_VOWELS = frozenset("aeiouy")


class Kind(Enum):
    LETTERS = auto()
    MARK = auto()  # hyphen, apostrophe, space
    CAPITALS = auto()  # «MARTIN», as recognition joins letters
    WORD = auto()
    FILLER = auto()  # the value is how it was said
    AGAIN = auto()  # «je répète»
    CORRECTION = auto()  # «non», of a letter or of all
    RESTART = auto()  # «je recommence»
    ABOUT = auto()  # «avec deux N»: letters that tell of the name before them
    PLACE = auto()  # «à la fin», of the letter beside it
    DENIAL = auto()  # «pas», of the letters after it
    ROLE = auto()  # «le prénom c'est»: whose name the letters beside it are
    INTERRUPTION = auto()  # «attendez, on sonne»
    DOUBT = auto()  # «ou bien»


#: What a name is written with.
OF_LETTERS = (Kind.LETTERS, Kind.MARK)
#: What may stand before a letter: «donc un T».
LEADS = (Kind.FILLER, Kind.AGAIN)


class Piece(NamedTuple):
    kind: Kind
    value: str
    certainty: Certainty = Certainty.SURE
    has_example: bool = False  # «M comme Michel»
    is_apart: bool = False  # a pause was written before it


# In each, of phrases that are as long the first counts.
_BEFORE_LETTERS = ((Kind.ROLE, "role"), (Kind.ABOUT, "about"), (Kind.PLACE, "place"), (Kind.MARK, "apart"))
_PHRASES = (
    (Kind.RESTART, "restart"),
    (Kind.CORRECTION, "correction"),
    (Kind.AGAIN, "repetition"),
    (Kind.INTERRUPTION, "interruption"),
    (Kind.DOUBT, "doubt"),
    (Kind.MARK, "marks"),
    *_BEFORE_LETTERS,
)


def pieces_of(heard: Sequence[Word], language: str, said: Set[str] = frozenset()) -> list[Piece]:
    """What each of the words is, in order; those `said` as a name are no letters."""
    consonants = [word for word in heard if len(word.text) == 1 and word.text.isalpha() and word.plain not in _VOWELS]
    pieces = list(_pieces(heard, language, said))
    if are_named(heard, language):
        pieces = _with_names(pieces)
    return _settled(_with_scraps(pieces), are_written=len(consonants) >= _WRITTEN_AT_LEAST)


def are_named(heard: Sequence[Word], language: str) -> bool:
    """Whether consonants are written by their names: «bé é enne»."""
    named = [word for word in heard if len(word.plain) > 1 and letter_names(language).at([word.plain], 0)]
    written = [word for word in heard if len(word.plain) == 1 and word.plain.isalpha() and word.plain not in _VOWELS]
    # English names of letters are often written as the words that they sound like, some of them as letters.
    return len(named) > 1 and len(written) < (len(named) if language == "en" else 1)


def _with_names(pieces: Sequence[Piece]) -> list[Piece]:
    """Where letters are named, words that may be names are, from the first to the last letter in a row."""
    settled: list[Piece] = []
    for are_letters, group in groupby(pieces, key=lambda piece: piece.kind is Kind.LETTERS):
        run = list(group)
        is_end = len(settled) + len(run) == len(pieces) and len(run) > _LONGEST_CLUMP  # «effe a bé erre eu»
        places = [
            place
            for place, piece in enumerate(run)
            if piece.certainty is not Certainty.INSIDE or (is_end and place == len(run) - 1)
        ]
        if are_letters and any(piece.certainty is Certainty.SURE for piece in run):
            for place in range(places[0], places[-1] + 1):
                run[place] = run[place]._replace(certainty=Certainty.SURE)
        settled += run
    return settled


def _pieces(heard: Sequence[Word], language: str, said: Set[str]) -> Iterator[Piece]:
    plain = [word.plain for word in heard]
    clumps = [word.plain for word in heard if _is_clump(word)]
    fewest = 2 if language == "en" and any(word.text.islower() for word in heard) else 3  # «HO double L AND»
    is_clumped = len(clumps) >= fewest and not all(letter_names(language).at([clump], 0) for clump in clumps)
    are_spelled = are_capitals(heard)
    position = 0
    spelled = ""
    near: list[Piece] = []
    while position < len(heard):
        word = heard[position]
        is_repeated = len(spelled) > _LONGEST_CLUMP - 1 and word.plain == spelled  # «H, U, G, O, Hugo comme Victor»
        if word.plain in said:
            piece, end = Piece(Kind.WORD, word.text), position + 1
        elif is_repeated or (is_clumped and _is_clump(word)):
            piece, end = Piece(Kind.WORD if is_repeated else Kind.CAPITALS, word.text.lower()), position + 1
        elif are_spelled and is_elided(heard, position):
            end = position + 3  # «On l'a perdu»
            piece = Piece(Kind.WORD, "".join(part.text for part in heard[position:end]))
        elif beside := _beside_at(heard, plain, position, language, near, spelled):
            piece, end = beside
        elif recounted := _recount_at(heard, plain, position, language, spelled):
            piece, end = recounted
        elif lack := _lack_at(heard, plain, position, language, spelled):
            piece, end = lack
        else:
            piece, end = _piece_at(heard, plain, position, language, spelled=bool(spelled))
        if piece.has_example and len(word.plain) == 1 and spelled and spelled + word.plain in plain:
            piece = piece._replace(value=word.text.lower())  # «F, E, R, R, Y comme Jules Ferry»
        spelled += compact(piece.value) if piece.kind is Kind.LETTERS else ""
        piece = piece._replace(is_apart=_is_pause(heard, position))
        near = [*near[-1:], piece]
        yield piece
        position = end


def _beside_at(
    heard: Sequence[Word], plain: Sequence[str], position: int, language: str, near: Sequence[Piece], spelled: str
) -> tuple[Piece, int] | None:
    """«(un H) après le T», «(une apostrophe) entre le C et le H»: of which letters what is before it stands beside."""
    lead = signs("beside", language).at(plain, position)
    if not lead or not near or near[-1].kind not in OF_LETTERS:
        return None
    if heard[position].start > heard[position - 1].end + 1:
        return None
    # «Le D après le A» goes on, «un D après le A» or «le D avant le A» does not.
    is_one = near[-1].kind is Kind.MARK or len(near[-1].value) > 1 or near[0].kind is Kind.ABOUT
    is_one = is_one or (bool(near[0].value) and near[0].value.split()[-1] in signs("one", language).first_words())
    end, letters, wanted = lead.end, list[str](), 2 if lead.value == "between" else 1
    while len(letters) < wanted and end < len(plain):
        which = signs("which", language).at(plain, end) or signs("bearing", language).at(plain, end)
        end = which.end if which else end
        letter = letter_at(heard, plain, end, language) if end < len(plain) else None
        if not letter or letter.certainty is not Certainty.SURE:
            return None
        letters.append(compact(letter.value)[0])
        end = letter.end
    is_there = len(spelled) > _LONGEST_CLUMP and "".join(letters) + spelled[-1:] in spelled[:-1]
    is_told = len(letters) == wanted and (is_one or is_there or lead.value != "after")
    return (Piece(Kind.PLACE, " ".join((lead.value, *letters))), end) if is_told else None


def _is_clump(word: Word) -> bool:
    """«GA», «UT»: letters that recognition took together; «ER» is the name of one elsewhere."""
    return word.text.isupper() and word.text.isalpha() and 1 < len(word.text) <= _LONGEST_CLUMP


def _piece_at(
    heard: Sequence[Word], plain: Sequence[str], position: int, language: str, *, spelled: bool
) -> tuple[Piece, int]:
    if plain[position] not in _phrases_begin(language):
        letter = letter_at(heard, plain, position, language)
        return _letter_or_word(heard, position, letter)
    filler = signs("filler", language).at(plain, position)
    if denial := signs("denial", language).at(plain, position):
        letter = letter_at(heard, plain, denial.end, language) if denial.end < len(plain) else None
        if letter and letter.certainty is Certainty.SURE:
            return Piece(Kind.DENIAL, ""), denial.end
        if end := _denied_end(heard, plain, denial.end, language):
            return Piece(Kind.FILLER, ""), end
    phrases = [
        (hit.end, kind, hit.value)
        for kind, section in (_PHRASES if spelled else _BEFORE_LETTERS)
        if (hit := signs(section, language).at(plain, position))
        and not (filler and filler.end > hit.end)
        and not _are_letters(heard[position : hit.end])
    ]
    if phrases:
        end, kind, value = max(phrases, key=lambda phrase: phrase[0])
        return Piece(kind, value), end
    if (like := signs("aside", language).at(plain, position)) and like.end < len(plain):
        is_spelled = [len(word) for word in plain[like.end : like.end + 2]] == [1, 1]  # «Graeme as in G R A E M E»
        return Piece(Kind.FILLER, ""), like.end + (not is_spelled)  # «comme le prénom»
    if run := nato_run(plain, position, language):
        return Piece(Kind.LETTERS, run[1]), run[0]
    letter = letter_at(heard, plain, position, language)
    if filler and not (letter and letter.end >= filler.end):
        return Piece(Kind.FILLER, " ".join(plain[position : filler.end])), filler.end
    return _letter_or_word(heard, position, letter)


def _are_letters(phrase: Sequence[Word]) -> bool:
    """«Y, A, un N» is no «y a un»."""
    return len(phrase) > 1 and len(phrase[0].plain) == len(phrase[1].plain) == 1 and phrase[1].start > phrase[0].end + 1


@cache
def _phrases_begin(language: str) -> frozenset[str]:
    sections = ("filler", "denial", "aside", "nato", *(section for _, section in _PHRASES))
    return frozenset().union(*(signs(section, language).first_words() for section in sections))


def _letter_or_word(heard: Sequence[Word], position: int, letter: Letter | None) -> tuple[Piece, int]:
    said = heard[position]
    if letter:
        ahead = heard[position + 1 : position + 2]
        leads_word = bool(ahead) and len(ahead[0].plain) > 1 and ahead[0].start == said.end + 1  # «À la portugaise, …»
        # «Avec un E à Sainte»
        is_within = letter.end == position + 1 and (said.text == "à" or (said.text == "À" and leads_word))
        certainty = Certainty.INSIDE if is_within else letter.certainty
        return Piece(Kind.LETTERS, letter.value, certainty, letter.has_example), letter.end
    word = said.text
    if len(word) > 1 and word.isupper() and word.isalpha():
        return Piece(Kind.CAPITALS, word.lower()), position + 1
    return Piece(Kind.WORD, word), position + 1


def _recount_at(
    heard: Sequence[Word], plain: Sequence[str], position: int, language: str, spelled: str
) -> tuple[Piece, int] | None:
    """«…, y a deux K en tout» tells of letters that are there if none come after; «L, enfin deux L, O» corrects."""
    lead = signs("recount", language).at(plain, position)
    if not lead or lead.end >= len(plain) or not signs("two", language).at(plain, lead.end):
        return None
    letter = letter_at(heard, plain, lead.end, language)
    if not letter:
        return None
    if plain[position] == "y" and heard[position].text.islower() and heard[letter.end - 1].text.isupper():
        return Piece(Kind.ABOUT, "has"), lead.end  # «Alors y a deux N, B O N N A R D»; but «Y A deux N I C K»
    if compact(letter.value)[0] not in spelled:
        return None
    if not any(len(word) == 1 for word in plain[letter.end :]):
        return Piece(Kind.ABOUT, "has"), lead.end
    is_of_last = compact(letter.value)[0] == spelled[-1] and heard[position].text.islower()
    return (Piece(Kind.CORRECTION, "recount"), lead.end) if is_of_last else None


def _lack_at(
    heard: Sequence[Word], plain: Sequence[str], position: int, language: str, spelled: str
) -> tuple[Piece, int] | None:
    """«Thomson, no P», «Clark, no E. C L A R K»: a letter that the name has not; but «S M I, no, Y» corrects."""
    lead = signs("lack", language).at(plain, position)
    if not lead or lead.end >= len(plain) or _is_pause(heard, lead.end):
        return None
    letter = letter_at(heard, plain, lead.end, language)
    if not letter or letter.certainty is not Certainty.SURE:
        return None
    goes_on = letter.end < len(plain) and len(plain[letter.end]) == 1 and not _is_pause(heard, letter.end)
    if not spelled:
        is_told = position == 0 or not (goes_on and _is_pause(heard, position))
    else:
        corrects = not _is_pause(heard, position) and sound_alike(spelled[-1], compact(letter.value)[0])
        is_told = len(spelled) >= _FEWEST_LACKED and not goes_on and not corrects
    return (Piece(Kind.ABOUT, "other"), lead.end) if is_told else None


def _is_pause(heard: Sequence[Word], position: int) -> bool:
    """Whether a pause was written before the word."""
    return position > 0 and heard[position].start > heard[position - 1].end + 1


def _denied_end(heard: Sequence[Word], plain: Sequence[str], position: int, language: str) -> int | None:
    """Where «(c'est pas) Durant avec un T» ends."""
    about = signs("about", language).at(plain, position + 1) if position + 1 < len(plain) else None
    letter = letter_at(heard, plain, about.end, language) if about and about.end < len(plain) else None
    return letter.end if letter else None


def _with_scraps(pieces: Sequence[Piece]) -> list[Piece]:
    """«BR u n», «tr u CH o t»: consonants that were taken together, among letters."""

    def are_letters(near: Sequence[Piece]) -> bool:
        return len(near) > 1 and all(_is_sure(piece) or _is_scrap(piece) for piece in near)

    return [
        piece._replace(kind=Kind.LETTERS, value=piece.value.lower())
        if _is_scrap(piece)
        and (are_letters(pieces[position + 1 : position + 3]) or are_letters(pieces[max(0, position - 2) : position]))
        else piece
        for position, piece in enumerate(pieces)
    ]


def _is_sure(piece: Piece) -> bool:
    return piece.kind is Kind.LETTERS and piece.certainty is Certainty.SURE


def _is_scrap(piece: Piece) -> bool:
    is_short = piece.kind is Kind.WORD and len(piece.value) <= _LONGEST_CLUMP
    return is_short and piece.value.isalpha() and _VOWELS.isdisjoint(compact(piece.value))


def _settled(pieces: list[Piece], *, are_written: bool) -> list[Piece]:
    """Words that may be letters become the one or the other, by what stands beside them.

    Where letters `are_written` as such, «c'est» is none: «pas F A V R E, c'est F A U R E».
    """

    def is_sure(position: int) -> bool:
        return 0 <= position < len(pieces) and _is_sure(pieces[position])

    settled = []
    for position, piece in enumerate(pieces):
        if piece.kind is Kind.LETTERS and piece.certainty is not Certainty.SURE:
            beside = is_sure(position - 1), is_sure(position + 1)
            is_inside = all(beside) and not are_written
            if not (is_inside if piece.certainty is Certainty.INSIDE else any(beside)):
                piece = Piece(Kind.FILLER, "")
        settled.append(piece)
    if any(piece.kind is Kind.LETTERS for piece in settled):
        # «MA RT IN»: scraps of two or three among letters; longer ones are the name repeated.
        return [
            piece._replace(kind=Kind.LETTERS if len(piece.value) <= _LONGEST_CLUMP else Kind.WORD)
            if piece.kind is Kind.CAPITALS
            else piece
            for piece in settled
        ]
    capitals = [piece.value for piece in settled if piece.kind is Kind.CAPITALS]
    if len(capitals) > 1 and all(len(value) <= _LONGEST_CLUMP for value in capitals):
        return [piece._replace(kind=Kind.LETTERS) if piece.kind is Kind.CAPITALS else piece for piece in settled]
    return [
        piece._replace(
            kind=Kind.LETTERS if piece.value == capitals[0] and settled.index(piece) == position else Kind.WORD
        )
        if piece.kind is Kind.CAPITALS
        else piece
        for position, piece in enumerate(settled)
    ]
