"""What is said in the dictation of an e-mail address, piece by piece: words, letters, marks, what is no part of it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import takewhile

from calls.understanding.address_rules.attached import possessive_name, told_attached, told_compound
from calls.understanding.address_rules.domain import provider_heard
from calls.understanding.address_rules.glosses import gloss_end, is_in_one_breath, word_follows
from calls.understanding.address_rules.phrases import (
    ATS,
    BEFORE_A_NOUN,
    BEFORE_A_WORD,
    OF_A_NOUN,
    OF_A_NUMBER,
    SILENT,
    TEXT,
    Kind,
    Part,
    asides,
    endings,
    has_at,
    is_over,
    last_of,
    phrases,
    providers,
    text_of,
    times_written,
)
from calls.understanding.address_rules.words import symbols_between, words_and_gaps
from calls.understanding.letter_remarks import Said, between_end, may_begin_remark, remark_at
from calls.understanding.letters import Certainty, Letter, Word, is_contradicted, letter_at, letter_names, signs
from calls.understanding.names import is_first_name
from calls.understanding.numbers import number, year
from calls.understanding.text import Hit, compact, table

_WITH_ARTICLE = re.compile(r"[ld]['’]", re.IGNORECASE)
# «s'appelle», «qu'elle»: a sentence, and no address; but «N'Guyen», «M'Barek» are names.
_ELIDED = re.compile(r"(?!n['’][dgktz]|m['’][bp])(?:[cjmnst]|qu)['’]", re.IGNORECASE)

# No letter is written so many times in a row.
_TRIPLE = 3
_SHORTEST_WORD = 3
_BETWEEN = (Kind.CORRECTION, Kind.REPETITION, *SILENT)
_TOO = (Part(Kind.INTERJECTION, "aussi"), Part(Kind.INTERJECTION, "egalement"))
_BEFORE_TEXT = (None, Kind.INTRO, Kind.AT, Kind.SEPARATOR)
_FIGURES = frozenset(("chiffre", "chiffres"))


def address_parts(text: str, language: str) -> list[Part]:
    """The utterance as parts of an address."""
    heard, gaps = words_and_gaps(text, language)
    plain = [word.plain for word in heard]
    parts: list[Part] = []
    position = 0
    in_domain = was_whole = False
    hits = phrases(language).find(plain)
    compounds = told_compound(plain, gaps, hits, language)
    attached = told_attached(plain, hits) | possessive_name(plain, gaps, hits, language) | compounds
    gaps = ["" if at in compounds and gap == "-" else gap for at, gap in enumerate(gaps)]
    in_digits = _told_in_digits(plain, language) if _FIGURES.intersection(plain) else {}
    while position < len(heard):
        previous = parts[-1].kind if parts else None
        ends = is_over(parts)
        was_whole = was_whole or (in_domain and ends)
        is_sentence = was_whole and heard[position].text[0].isupper()  # «…, avec un S. Il y a…»
        is_whole = ends or previous is Kind.SEPARATOR or is_sentence
        symbols = symbols_between(gaps[position], heard, position, in_domain=in_domain, may_end=not is_whole)
        in_domain = in_domain or has_at(symbols)
        if position in attached or (gaps[position] == gaps[position + 1] == "-" and len(plain[position]) > 1):
            end, part = position + 1, Part(Kind.WORD, plain[position])  # «batz-sur-mer»
        elif position in in_digits:
            end, part = position + 1, Part(Kind.DIGITS, in_digits[position])
        elif remark := _remark_at(heard, plain, position, language, parts=[*parts, *symbols] if symbols else parts):
            end, part = remark
        else:
            end, part = _part_at(
                heard, plain, gaps, position, language, after=(symbols or parts)[-1:], in_domain=in_domain
            )
        if not (gaps[position] == "-" and part.kind is previous and part.kind in (Kind.LETTERS, Kind.DIGITS)):
            parts += symbols  # but «M-A-R-T-I-N» and «quatre-vingt» have no hyphens
        parts.append(part)
        in_domain = in_domain or part.kind in ATS
        position = end
    return list(_without_talk([*parts, *symbols_between(gaps[-1], heard, len(heard), in_domain=False, may_end=False)]))


def _told_in_digits(plain: Sequence[str], language: str) -> dict[int, str]:
    """Where figures stand that may be something else, and are told to be some: «lyon un …, le un en chiffre»."""
    # «Deux a arobase» may be one letter more.
    figures = [
        (at, figure[1])
        for at in range(len(plain))
        if plain[at + 1 : at + 2] not in (["a"], ["chiffre"]) and (figure := number(plain[at : at + 1], 0, language))
    ]
    values = [value for _, value in figures]
    told = {value: at for at, value in figures if _FIGURES.intersection((plain[at - 1], *plain[at + 2 : at + 3]))}
    return {at: value for at, value in figures if values.count(value) == 2 and told.get(value, at) != at}


def _remark_at(
    heard: Sequence[Word], plain: Sequence[str], position: int, language: str, *, parts: Sequence[Part]
) -> tuple[int, Part] | None:
    """«Avec deux N», «comme la fête», said of the text before it; and where that ends."""
    if not parts or not may_begin_remark(heard, plain, position, language):
        return None
    last = next((part for part in reversed(parts) if part.kind not in _BETWEEN), None)
    if (
        not last
        or last.kind in (Kind.AT, Kind.SEPARATOR)
        or all(part.kind not in TEXT or part.kind is Kind.PARTICLE for part in parts)
    ):
        return None
    before = [part for part in parts if part.kind not in _BETWEEN]
    text = [part for part in before if part.kind is not Kind.REMARK]
    letters = last_of(text, Kind.LETTERS)
    word = text_of(part for part in letters or text[-1:] if part.kind in (Kind.LETTERS, Kind.WORD, Kind.PROVIDER))
    if end := gloss_end(heard, plain, position, language, word=word):
        return end, Part(Kind.FILLER)
    is_apart = parts[-1].kind in (Kind.PAUSE, Kind.REPETITION)
    said = Said(word, bool(letters), is_apart, is_remarked=last.kind is Kind.REMARK)
    found = remark_at(heard, plain, position, language, said)
    if (
        found
        and len(set(found[1].letters)) > 1
        and not found[1].place
        and word_follows(heard, plain, found[0], language)
    ):
        return None  # «leclercq avec C Q sandra»
    return (found[0], Part(Kind.REMARK, remark=found[1])) if found else None


def _without_talk(parts: Iterable[Part]) -> Iterator[Part]:
    """With the verb after «je», the noun after «mon» taken for what they are: no part of the address."""
    is_verb_or_noun = is_noun = is_compound = False
    last: Kind | None = None
    for part in parts:
        if is_verb_or_noun and part.kind in (Kind.WORD, Kind.DOUBT) and not is_first_name(part.value):
            part = Part(Kind.INTRO, OF_A_NOUN if is_noun else "")
            is_compound = True
        elif is_compound and part == Part(Kind.SEPARATOR, "-"):
            is_verb_or_noun = True  # «mon petit-fils»
            continue
        else:
            is_compound = False
        if part in _TOO and last in (Kind.GLUED, Kind.FILLER, Kind.REMARK):
            continue  # «tout attaché aussi»
        last = part.kind
        if (
            is_verb_or_noun
            and part.kind is Kind.PARTICLE
            and part.value.startswith("l")
            and len(part.value) > len("les")
        ):
            part = Part(Kind.INTRO)  # «je l'épelle»
        if part.kind is not Kind.PARTICLE or not is_verb_or_noun:  # «je la retrouve»
            is_noun = part == Part(Kind.INTRO, BEFORE_A_NOUN)
            is_verb_or_noun = is_noun or part == Part(Kind.INTRO, BEFORE_A_WORD)
        yield part


def _part_at(
    heard: Sequence[Word],
    plain: Sequence[str],
    gaps: Sequence[str],
    position: int,
    language: str,
    *,
    after: Sequence[Part],
    in_domain: bool,
) -> tuple[int, Part]:
    """What stands at `position`, and where it ends; `after` is the part before it, if any."""
    if in_domain:
        if list(after) == [Part(Kind.SEPARATOR, ".")] and plain[position] in endings():
            return position + 1, Part(Kind.WORD, plain[position])
        if hit := providers(right_after_at=has_at(after)).at(plain, position):
            return hit.end, hit.value
        if has_at(after) and (heard_as := provider_heard(plain, gaps, position, language)):
            return heard_as
    said = plain[: _breath_end(gaps, position)]
    if repeated := _repeated_figure(said, position, language):
        return repeated
    if spoken_year := year(said, position, language):
        return spoken_year[0], Part(Kind.DIGITS, spoken_year[1])
    if (lead := asides("before_a_number", language).at(plain, position)) and (
        dictated := year(plain, lead.end, language) or number(plain, lead.end, language)
    ):
        return dictated[0], Part(Kind.DIGITS, dictated[1], has_example=True)  # «le chiffre deux»
    lead = lead or asides("of_a_number", language).at(plain, position)
    if (
        lead
        and after
        and after[0].kind in (Kind.DIGITS, Kind.PAUSE)
        and _is_before_mark(plain, gaps, lead.end, language)
    ):
        return lead.end, Part(Kind.IN_DIGITS, OF_A_NUMBER)  # «lyon deux, le chiffre,»
    if heard[position].text == "à" and _is_inside_a_name(heard, plain, position, language):
        return position + 1, Part(Kind.WORD, "a")
    dictated = number(said, position, language)
    kind_before = after[0].kind if after else None
    if dictated and plain[position] in ("un", "une"):
        told = phrases(language).at(plain, dictated[0]) if dictated[0] < len(plain) else None
        is_told = told is not None and told.value.kind is Kind.IN_DIGITS
        if is_told or kind_before is Kind.DIGITS or number(plain, dictated[0], language):
            return dictated[0], Part(Kind.DIGITS, dictated[1])  # «zéro un», «un deux trois»; not «un»
        mark = phrases(language).find(plain[position + 1 : position + 3])[:1]
        is_apart = kind_before in (Kind.FILLER, Kind.PAUSE, Kind.INTERJECTION, Kind.INTRO, Kind.CORRECTION, Kind.DENIAL)
        if (
            is_apart
            and is_in_one_breath(heard, position)
            and mark
            and mark[0].value.kind is Kind.SEPARATOR
            and not mark[0].start
        ):
            return position + 1 + mark[0].end, mark[0].value  # «puis un tiret»
    phrase = phrases(language).at(plain, position)
    if phrase and phrase.value.kind is Kind.POISON and dictated and dictated[0] > phrase.end:
        return dictated[0], Part(Kind.DIGITS, dictated[1])  # «cent vingt»; but «cent» may be «sans»
    if phrase and phrase.value.value == "+" and (in_domain or _is_told_attached(plain, phrase.end, language)):
        return phrase.end, Part(Kind.WORD, plain[position])  # «electro plus point fr»
    if (
        phrase
        and phrase.value.kind is Kind.AT
        and heard[position].text in ("a", "A")
        and (
            kind_before in (Kind.SEPARATOR, Kind.LETTERS)
            or not is_in_one_breath(heard, position)
            or (kind_before is Kind.PAUSE and len(plain[position - 1]) == 1)
        )
        and (at := phrases(language).at(plain, position + 1))
        and at.value.kind is Kind.AT
    ):
        return position + 1, Part(Kind.LETTERS, "a")  # «point a, arobase»
    for section in ("before_a_letter", "another"):
        if (lead := asides(section, language).at(plain, position)) and lead.end < len(plain):
            letter = letter_at(heard, plain, lead.end, language)
            if letter and letter.certainty is Certainty.SURE:
                is_told = section == "before_a_letter"
                return letter.end, Part(Kind.LETTERS, compact(letter.value), has_example=is_told)
    if initials := _initials_at(plain, position, language):
        return initials
    letter = _letter_at(heard, plain, position, language)
    if letter and letter.certainty is Certainty.SURE and letter.value.isalpha() and heard[position].text != "à":
        phrase_end = phrase.end if phrase else position
        if letter.end > phrase_end or (letter.end == phrase_end and len(plain[position]) == 1):
            is_unsure = is_contradicted(letter, plain, language) or (
                heard[position].text == "2" and kind_before in _BEFORE_TEXT  # «2 L point…»: 2l, or ll?
            )
            kind = Kind.DOUBT if is_unsure else Kind.LETTERS
            return letter.end, Part(kind, compact(letter.value), letter.has_example)
    if phrase and phrase.value.kind is Kind.GLUED:
        return between_end(plain, phrase.end), phrase.value
    may_begin = kind_before in _BEFORE_TEXT
    if phrase and phrase.value.kind is Kind.SEPARATOR and may_begin and phrase.end == position + 2:
        first, second = (phrases(language).at([word], 0) for word in plain[position : phrase.end])
        if not first and second and second.value.kind is Kind.SEPARATOR:
            return position + 1, Part(Kind.WORD, plain[position])  # «petit tiret chat»
    if (
        after
        and plain[position] in table("email")[language]["first_of_a_name"]
        and (kind_before in (Kind.WORD, Kind.SEPARATOR) or plain[position] in plain[:position])
    ):
        return position + 1, _first_of_a_name(plain, position, language, after=after)
    if phrase and _is_named(plain, position, phrase, language, after=after):
        return phrase.end, Part(Kind.WORD, plain[position])
    if phrase:
        value = phrase.value
        is_word = value.kind in (Kind.PARTICLE, Kind.WEAK_AT, Kind.INTERJECTION)
        return phrase.end, value._replace(value=plain[position]) if is_word else value
    if letter:
        return letter.end, Part(Kind.DOUBT)  # «aime», «elle»: a letter, or a word?
    if dictated:
        spoken = plain[position] if dictated[0] == position + 1 else ""
        return dictated[0], Part(Kind.DIGITS, dictated[1], spoken=spoken)
    if not plain[position].isascii() or _ELIDED.match(heard[position].text):
        return position + 1, Part(Kind.DOUBT)
    has_article = _WITH_ARTICLE.match(heard[position].text)
    if has_article:
        return position + 1, Part(Kind.PARTICLE, plain[position], spoken=heard[position].text)
    return position + 1, Part(Kind.WORD, plain[position])


def _is_told_attached(plain: Sequence[str], position: int, language: str) -> bool:
    """«Elec plus, tout attaché, arobase»"""
    told = (hit.value for hit in phrases(language).find(plain[position:]))
    return any(part == Part(Kind.GLUED) for part in takewhile(lambda part: part.kind not in ATS, told))


def _is_inside_a_name(heard: Sequence[Word], plain: Sequence[str], position: int, language: str) -> bool:
    """«La cave à Michel, tout attaché, arobase»"""
    end = next((end for end in range(position, len(heard)) if not is_in_one_breath(heard, end)), position) + 1
    start = next((at for at in range(position, 0, -1) if not is_in_one_breath(heard, at - 1)), 0)
    glued = phrases(language).at(plain, end) if end < len(plain) else None
    lead = {hit.value.kind for hit in phrases(language).find(plain[start:position])}
    told = {hit.value.kind for hit in phrases(language).find(plain[position + 1 : end])}
    is_name = lead <= {Kind.PARTICLE, Kind.INTERJECTION} and told <= {Kind.PARTICLE} and start < position < end - 1
    has_noun = start < position and not phrases(language).at(plain[:position], position - 1)
    is_glued = glued is not None and glued.value == Part(Kind.GLUED)
    return is_name and has_noun and is_glued and has_at(hit.value for hit in phrases(language).find(plain[end:]))


def _repeated_figure(plain: Sequence[str], position: int, language: str) -> tuple[int, Part] | None:
    """«Deux fois le chiffre trois», «double zéro»"""
    times = times_written(language).at(plain, position)
    figure = number(plain[: times.end + 1], times.end, language) if times and times.end < len(plain) else None
    return (figure[0], Part(Kind.DIGITS, figure[1] * times.value)) if times and figure and len(figure[1]) == 1 else None


def _is_before_mark(plain: Sequence[str], gaps: Sequence[str], position: int, language: str) -> bool:
    """Whether a pause, a point or an at sign comes there, or «donc»."""
    if gaps[position] not in ("", "-") or position == len(plain):
        return True
    mark = phrases(language).at(plain, position)
    return mark is not None and mark.value.kind in (Kind.AT, Kind.WEAK_AT, Kind.SEPARATOR, Kind.REPETITION)


def _breath_end(gaps: Sequence[str], position: int) -> int:
    """Where the words from `position` on are followed by a mark: «mille neuf cent soixante, un neuf six zéro»."""
    return next((end for end in range(position + 1, len(gaps)) if gaps[end] not in ("", "-")), len(gaps))


def _initials_at(plain: Sequence[str], position: int, language: str) -> tuple[int, Part] | None:
    """«J, M comme Jean-Marie», «F, R comme France»: where it ends, and the letters, two or three."""
    if len(plain[position]) > _TRIPLE or signs("like", language).first_words().isdisjoint(plain):
        return None
    for end in range(position + 1, min(position + _TRIPLE, len(plain) - 1) + 1):
        letters = "".join(plain[position:end])
        if not 1 < len(letters) <= _TRIPLE or end - position not in (1, len(letters)):
            continue
        glued = phrases(language).at(plain, end)
        start = glued.end if glued and glued.value.kind is Kind.GLUED else end
        like = signs("like", language).at(plain, start) if start < len(plain) else None
        names = plain[like.end : like.end + len(letters)] if like else []
        are_names = all(len(name) > 1 and not phrases(language).at([name], 0) for name in names)
        if like and are_names and [name[0] for name in names] == list(letters):
            return like.end + len(names), Part(Kind.LETTERS, letters, has_example=True)
        if like and end > position + 1 and names and len(names[0]) > len(letters) and names[0].startswith(letters):
            return like.end + 1, Part(Kind.LETTERS, letters)
    return None


def _first_of_a_name(plain: Sequence[str], position: int, language: str, *, after: Sequence[Part]) -> Part:
    """«Karim point ben salah», where «ben» may be talk and «el» a letter."""
    following = phrases(language).find(plain[position + 1 : position + 2])
    is_before_mark = following and following[0].value.kind is Kind.SEPARATOR
    is_before_name = not following and after[0].kind is Kind.SEPARATOR and position + 1 < len(plain)
    is_name = is_before_mark or (is_before_name and not is_first_name(plain[position + 1]))
    return Part(Kind.WORD, plain[position]) if is_name else Part(Kind.DOUBT)


def _is_named(plain: Sequence[str], position: int, phrase: Hit[Part], language: str, *, after: Sequence[Part]) -> bool:
    """Whether a word of talk is part of the address, between two marks: «arobase perso point alliadis…»."""
    if position + 1 >= len(plain) or phrase.end > position + 1:
        return False
    is_word = len(plain[position]) >= _SHORTEST_WORD
    if phrase.value.kind not in (Kind.INTRO, Kind.INTERJECTION, Kind.DOUBT):
        return False
    following = phrases(language).at(plain, position + 1)
    marks = (Kind.AT, Kind.SEPARATOR)
    if plain[position] in table("email")[language]["mailbox"] and (not after or after[0].kind not in TEXT):
        return following is not None and following.value.kind in marks
    if not is_word:
        return False
    return bool(after) and after[0].kind in marks and following is not None and following.value.kind in marks


def _letter_at(heard: Sequence[Word], plain: Sequence[str], position: int, language: str) -> Letter | None:
    """The letter at `position`; but «noël comme la fête» is a word, though a letter may be misheard as any."""
    has_gloss = position + 1 < len(plain) and gloss_end(heard, plain, position + 1, language)
    if has_gloss and len(plain[position]) > 1 and not letter_names(language).at(plain, position):
        return None
    is_short_for = len(plain[position]) >= _SHORTEST_WORD and plain[position + 1 : position + 2] == ["comme"]
    example = "".join(plain[position + 2 : position + 3])
    is_more = is_short_for and position + 3 < len(plain) and word_follows(heard, plain, position + 3, language)
    is_other = is_more and example[:1] not in plain[position] and not letter_names(language).at(plain, position)
    if is_short_for and (example.startswith(plain[position]) or is_other):
        return None  # «pat comme Patrick», «roy comme Pierre Martin»
    is_name = is_first_name(example) or signs("nato", language).at([example], 0) is not None
    if is_short_for and not is_name and not letter_names(language).at(plain, position):
        return None  # «roux comme tout le monde»
    letter = letter_at(heard, plain, position, language)
    if letter and number(plain, position, language):
        is_triple = len(letter.value) == _TRIPLE and letter.value != "www"  # «trois D»
        return None if is_triple or letter.certainty is Certainty.INSIDE else letter  # «deux en chiffres»
    return letter
