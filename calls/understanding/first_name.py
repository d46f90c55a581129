"""First names."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import dropwhile, pairwise, takewhile

from calls.understanding.names import (
    Token,
    is_first_name,
    is_no_name,
    is_particle,
    listed,
    names_that_are_words,
    no_names,
    phrases,
    refuses,
    tokens_of,
)
from calls.understanding.spelled_first_name import as_spelled, cased, is_last_name, spelled_name, with_letter
from calls.understanding.text import fold, table
from calls.understanding.trading_names import without_trading_names

# «j'appelle», «qu'il»: the beginning of a sentence. «N'Golo» is a name, «m'entendez» is none.
_ELIDED = re.compile(r"(?:[jcsdl]|qu)'|[mtn]'\w+(?:ez|ais|ait|ent)$")
# «Souvent», «normalement»: no adverb is a name, but for the names that are known.
_ADVERB = re.compile(r"\w{3,}(?:ment|vent)$")
# Without an introduction a name comes with little else: «alors, Sophie Durand».
_MOST_NAME_WORDS = 4
# How far «c'est» reaches to who it is: «Pierre, c'est le prénom de mon mari».
_RELATION_REACH = 5
# «C'est norvégien comme prénom»
_LONGEST_ORIGIN = 4
# In English what may stand behind a name that is a word, too.
_BEHIND_NAME = ("short", "speaking", "calling", "here", "and", "please", "thanks", "again", "as", "with")
_PAUSE = re.compile(r"[.,;:!?…]+(?=\s|$)")


@cache
def _compounds() -> dict[str, frozenset[str]]:
    return {first: frozenset(seconds.split()) for first, seconds in table("first_names")["compounds"].items()}


def first_name(text: str, language: str) -> str | None:
    """The caller's first name, as «Jean-Luc»; None when none was given.

    A name that nobody has heard of is taken when it was introduced («je m'appelle
    Xochitl») or said alone. «helene» is Hélène, unless «sans accent» was said; other accents
    stay as recognition wrote them. A company that is told instead is none.
    """
    text = _without_counter_question(without_trading_names(text, language), language)
    spoken = _without_idioms(_hyphenated(tokens_of(text, language), language), language)
    told = _without_question(_without_remark(spoken, language), language)
    # «Olivier, ça suffira» keeps nothing back.
    if refuses(text if len(told) == len(spoken) else " ".join(token.text for token in told), language):
        return None
    tokens = _without_others(_without_denied(_without_company(told, language), language), language)
    name, is_other_talk = None, False
    for clause, is_nickname in _clauses(tokens, language):
        more = None if is_nickname and name else _name_in(clause, language)
        if more and (
            _replaces(fold(more), fold(name), language)
            if name
            else not is_other_talk or is_first_name(fold(more), language)
        ):
            name = more
        # «J'habite Paris, enfin Lyon»: no name is being corrected.
        is_other_talk = is_other_talk or not all(token.plain in listed("filler", language) for token in clause)
    name = _grown(name or _alone(text, tokens, language), tokens, language)
    if _is_doubted(spoken, language):
        return None
    if name is None and _is_only_last_name(spoken, language):
        return None
    name = _in_two_words(as_spelled(text, spoken, name, language), spoken, language)
    name = with_letter(name, spoken) if name and language == "en" else name
    is_plain = bool(phrases("unaccented", language).find([token.plain for token in spoken]))
    return name if name is None or is_plain or language != "fr" else _accented(name)


def _without_counter_question(text: str, language: str) -> str:
    """«Mine or his? I'm Linda» without what is asked before the answer."""
    asked, mark, answer = text.partition("?")
    names = [token.plain for token in tokens_of(asked, language)]
    is_name = any(is_first_name(name, language) for name in names) or (
        len(names) == 1 and not is_no_name(names[0], language)
    )
    return answer if mark and answer.strip() and not is_name else text


def _grown(name: str | None, tokens: Sequence[Token], language: str) -> str | None:
    """«Jean, euh, Jean-Luc» as «Jean-Luc»."""
    said = [token for token in tokens if token.plain not in listed("filler", language)]
    for token, longer in pairwise(said):
        if name and token.plain == fold(name) != longer.plain and longer.plain.startswith(token.plain):
            return cased(longer.text) if is_first_name(longer.plain, language) else name
    return name


def _without_idioms(tokens: list[Token], language: str) -> list[Token]:
    """Without «mark my words», which names nobody."""
    said = phrases("idiom", language).find([token.plain for token in tokens])
    idle = {position for hit in said for position in range(hit.start, hit.end)}
    return [token for position, token in enumerate(tokens) if position not in idle]


def _without_company(tokens: list[Token], language: str) -> list[Token]:
    """«Delphine Roux, et la société c'est Globex» without what answers a later question."""
    for hit in phrases("company", language).find([token.plain for token in tokens]):
        if any(token.plain not in listed("filler", language) for token in tokens[: hit.start]):
            return tokens[: hit.start]
    return tokens


def _is_only_last_name(tokens: Sequence[Token], language: str) -> bool:
    """«My surname is James, J A M E S»: letters are no first name where none was told."""
    plain = [token.plain for token in tokens]
    is_last = language == "en" and bool(phrases("last", language).find(plain))
    return is_last and not phrases("given", language).find(plain)


def _is_doubted(tokens: Sequence[Token], language: str) -> bool:
    """«Either Mike or Mick»: two names, and nobody can tell which."""
    plain = [token.plain for token in tokens]
    names = [position for position, word in enumerate(plain) if is_first_name(word, language)]
    either = listed("alternatives", language)
    if any(far == near + 2 and plain[near + 1] in either for near, far in pairwise(names)):
        return True
    return bool(phrases("doubt", language).find(plain)) and len({plain[position] for position in names}) > 1


def _in_two_words(name: str | None, tokens: Sequence[Token], language: str) -> str | None:
    """«John Paul with a dash in the middle», «Anna Maria, two words»."""
    plain = [token.plain for token in tokens]
    told = [hit for section in ("hyphenated", "two words") for hit in phrases(section, language).find(plain)]
    if not name or not told or fold(name) not in plain:
        return name
    second = plain.index(fold(name)) + 1
    if second != told[0].start - 1 or is_no_name(plain[second], language):
        return name
    return ("-" if told[0].value == "hyphenated" else " ").join((name, cased(tokens[second].text)))


def _alone(text: str, tokens: Sequence[Token], language: str) -> str | None:
    """A known name between two pauses, or at the end behind one: «… la question. Ludovic», «voilà euh René»."""
    plain = [token.plain for token in tokens]
    if not listed("another", language).isdisjoint(plain):
        return None
    pauses = listed("filler", language)
    parts = [[token for token in tokens_of(part, language) if token.plain not in pauses] for part in _PAUSE.split(text)]
    if len(plain) > 1 and plain[-2] in pauses:
        parts.append([tokens[-1]])
    names = {part[0].plain: part[0].text for part in parts if len(part) == 1 and is_first_name(part[0].plain, language)}
    untitled = {word for before, word in pairwise(["", *plain]) if before not in listed("title", language)}
    return cased(names.popitem()[1]) if len(names) == 1 and names.keys() <= untitled else None


def _clauses(tokens: list[Token], language: str) -> Iterator[tuple[list[Token], bool]]:
    """What is said before and after each «enfin» or «pardon»; and whether as a nickname («…, pour les intimes»)."""
    plain = [token.plain for token in tokens]
    start = 0
    hits = [hit for section in ("repair", "nickname") for hit in phrases(section, language).find(plain)]
    for hit in sorted(hits):
        yield tokens[start : hit.start], hit.value == "nickname"
        start = hit.end
    yield tokens[start:], False


def _replaces(name: str, earlier: str, language: str) -> bool:
    """Whether `name` corrects `earlier`: «Nicolas, enfin Nico» is Nicolas, «Alex, enfin Alexandre» is not Alex."""
    return (
        name.startswith(earlier)
        or not is_first_name(earlier, language)
        or (is_first_name(name, language) and not earlier.startswith(name))
    )


def _name_in(tokens: list[Token], language: str) -> str | None:
    """The name in one clause, the most certain of those that are introduced; else the one it begins with."""
    plain = [token.plain for token in tokens]
    found = {
        section: [
            hit
            for hit in reversed(phrases(section, language).find(plain))
            if not _is_of_others(plain, hit.start, language)
        ]
        for section in ("given", "introduced", "perhaps", "called", "but", "last")
    }
    for hit in phrases("named", language).find(plain):
        if (
            hit.start > 0
            and plain[hit.end : hit.end + 1] not in (["de"], ["du"])
            and plain[max(0, hit.start - 2)] not in listed("like", language)  # «B comme Berthe pour le prénom»
            and is_first_name(plain[hit.start - 1], language)
        ):
            return cased(tokens[hit.start - 1].text)
    for section in ("given", "introduced", "last", "perhaps"):
        for hit in found[section]:
            is_behind = section == "given" and hit.end == len(tokens) and hit.start > 0
            if is_behind and is_first_name(plain[hit.start - 1], language):
                return cased(tokens[hit.start - 1].text)  # «Simon est mon nom et Paul mon prénom»
            if section == "last":
                return _beside_last_name(tokens, hit.start, hit.end, language)
            is_answer = bool(found["given"]) and hit.end == len(tokens) - 1  # «mon prénom est rare, c'est Théophane»
            certain = section != "perhaps" or is_answer
            name = _name_at(tokens[hit.end :], language, certain=certain, is_given=section == "given" or is_answer)
            if name:
                return name
    if name := spelled_name(tokens, language):
        return name
    leads = sorted(hit for hits in found.values() for hit in hits)
    if not leads:
        certain = len(tokens) <= _MOST_NAME_WORDS or _is_followed_by_letters(tokens, language)
        return _name_at(tokens, language, certain=certain)
    if leads[-1].end == len(tokens):
        return _name_at(tokens[: leads[-1].start], language, certain=False)
    is_of_self = plain[leads[0].start : leads[0].end] == ["je", "suis"]  # «Renée, je suis une femme»
    told = plain[leads[0].end : leads[0].end + _RELATION_REACH]
    of_another = not is_of_self and not listed("another", language).isdisjoint(told)
    is_told_of = _is_followed_by_letters(tokens, language)
    name = None if of_another else _name_at(tokens[: leads[0].start], language, certain=is_told_of)
    if name and (is_told_of or is_first_name(fold(name), language)):
        return name
    for section in ("but", "called"):
        for hit in found[section]:
            name = _name_at(tokens[hit.end :], language, certain=section == "called")
            if name:
                return name
    return None


def _beside_last_name(tokens: list[Token], start: int, end: int, language: str) -> str | None:
    """What is known as a first name behind «mon nom c'est», or is told before it."""
    behind = tokens[end:]
    if language == "en":  # «My surname is James» tells no first name, «…, Peter James» does
        behind = list(dropwhile(lambda token: token.plain in listed("filler", language), behind))
    name = _name_at(behind, language, certain=False)
    if name and is_first_name(fold(name), language):
        if language != "en" or fold(name).split()[0] != behind[0].plain:
            return name
        rest = behind[1:]
        plain = [token.plain for token in rest]
        if any(phrases(section, language).find(plain) for section in ("introduced", "perhaps")):
            return _name_in(rest, language)  # «My surname is James and I'm Peter»
    is_told = start > 0 and tokens[start - 1].plain in listed("is", language)  # «Martin, c'est mon nom de famille»
    return None if is_told else _name_in(tokens[:start], language)


def _is_of_others(plain: Sequence[str], position: int, language: str) -> bool:
    """«Un prénom ancien», «her name's Joan»: not the caller's."""
    if position == 0:
        return False
    if plain[position - 1] in listed("is", language) and plain[position] == "name":
        return plain[position - 2] in listed("another", language)  # «my wife's name is Maureen»
    if plain[position] == "name" and plain[position - 1] in ("last", "family"):
        return True  # «my last name is Martin»
    return (plain[position] == "prenom" and plain[position - 1] == "un") or plain[position - 1] in listed(
        "others", language
    )


def _is_followed_by_letters(tokens: Sequence[Token], language: str) -> bool:
    """«Xabier avec un X»: whether the first word is followed by what is said of a word's letters."""
    named = list(dropwhile(lambda token: token.plain in listed("filler", language), tokens))[1:]
    lead = list(takewhile(lambda token: token.plain in listed("of_letters", language), named))
    after = named[len(lead) : len(lead) + 1]
    return bool(lead and after) and (len(after[0].plain) == 1 or after[0].plain in listed("sign", language))


def _hyphenated(tokens: list[Token], language: str) -> list[Token]:
    """«Jean tiret Luc» as «Jean-Luc»."""
    joined: list[Token] = []
    position = 0
    plain = [token.plain for token in tokens]
    while position < len(tokens):
        hyphen = phrases("hyphen", language).at(plain, position)
        after = tokens[hyphen.end] if hyphen and hyphen.end < len(tokens) else None
        is_first = bool(joined) and "-" not in joined[-1].plain and is_first_name(joined[-1].plain, language)
        if hyphen and after and is_first and not is_no_name(after.plain, language):
            before = joined.pop()
            joined.append(Token(f"{before.text}-{after.text}", f"{before.plain}-{after.plain}"))
            position = hyphen.end + 1
        else:
            joined.append(tokens[position])
            position += 1
    return joined


def _without_remark(tokens: list[Token], language: str) -> list[Token]:
    """«Ophélie, c'est bon», «Linh, c'est vietnamien» without what was said of it."""
    for position in range(1, len(tokens) - 1):
        is_origin = tokens[position + 1].plain in listed("origin", language)
        if is_origin and tokens[position].plain in listed("is", language) and len(tokens) - position <= _LONGEST_ORIGIN:
            return tokens[: position - (tokens[position - 1].plain == "it")]
    remarks = [hit for hit in phrases("remark", language).find([token.plain for token in tokens]) if hit.start > 0]
    return tokens[: remarks[-1].start] if remarks and remarks[-1].end == len(tokens) else tokens


def _without_question(tokens: list[Token], language: str) -> list[Token]:
    """«Fabrice, pourquoi vous me demandez ça ?» without what the caller asks."""
    for hit in phrases("question", language).find([token.plain for token in tokens]):
        head = [token for token in tokens[: hit.start] if not is_no_name(token.plain, language)]
        if any(is_first_name(token.plain, language) for token in head) or len(head) == hit.start == 1:
            return tokens[: hit.start]
    return tokens


def _without_others(tokens: list[Token], language: str) -> list[Token]:
    """«Christophe, Christian c'est mon frère», «Petit c'est le nom»: without that name, which is not his first."""
    kept: list[Token] = []
    rest = tokens
    while rest:
        plain = [token.plain for token in rest]
        is_told = (
            plain[1:2] and plain[1] in listed("is", language) and set(plain[2:3]) <= listed("possessive", language)
        )
        if is_told and plain[3:4] and plain[3] in listed("another", language):
            rest = rest[4:]
            while rest and rest[0].plain in listed("another_more", language):
                rest = rest[1:]
        else:
            kept, rest = [*kept, rest[0]], rest[1:]
    is_last = any(
        hit.end == len(kept) for hit in phrases("last_behind", language).find([token.plain for token in kept])
    )
    return [] if is_last and not any(is_first_name(token.plain, language) for token in kept) else kept


def _without_denied(tokens: list[Token], language: str) -> list[Token]:
    """«Pas Véronique, Valérie»: what the name is not, left out."""
    denials = {
        hit.end: hit.end - hit.start for hit in phrases("deny", language).find([token.plain for token in tokens])
    }
    kept: list[Token] = []
    is_denied = False
    for position, token in enumerate(tokens):
        after_denial = position in denials
        is_denied = is_first_name(token.plain, language) and (
            after_denial or (is_denied and _follows(tokens, position))
        )
        if is_denied and after_denial:
            del kept[-denials[position] :]
        if not is_denied:
            kept.append(token)
    return kept


def _follows(tokens: Sequence[Token], position: int) -> bool:
    """Whether a word makes one name with the word before it."""
    return tokens[position].plain in _compounds().get(tokens[position - 1].plain, ())


def _name_at(tokens: Sequence[Token], language: str, *, certain: bool, is_given: bool = False) -> str | None:
    """The name that `tokens` begin with; of an uncertain one, only if it is known or written like one.

    What looks like a last name is one, unless it `is_given` for a first.
    """
    fillers, titles = listed("filler", language), listed("title", language)
    end, never = listed("end", language), no_names(language)
    start = 0
    while start < len(tokens) and tokens[start].plain in fillers | titles:
        start += 1
    has_title = start > 0 and tokens[start - 1].plain in titles
    words_here = {tokens[start]} if _is_word_as_name(tokens, start, language) else set()

    def may_be_name(token: Token) -> bool:
        if is_first_name(token.plain, language) or token in words_here:
            return True
        is_word = any(part in end or part in never for part in (token.plain, *token.plain.split("-")))
        said_otherwise = is_word or _ELIDED.match(token.plain)
        return len(token.plain) > 1 and not said_otherwise and not _ADVERB.match(token.plain)

    if _is_particle_first(tokens[start:], language):
        start += 1
    candidates = list(takewhile(may_be_name, tokens[start:]))
    if not candidates or len(candidates) > _MOST_NAME_WORDS or (has_title and len(candidates) == 1):
        return None
    for position, token in enumerate(candidates):
        is_known = is_first_name(token.plain, language) or token in words_here
        if is_known and not _is_said_again_as_last(candidates, position, language):
            following = candidates[position + 1 : position + 2]
            pair = f"{token.plain}-{following[0].plain}" if following else ""
            if following and (_follows(candidates, position + 1) or any(other.plain == pair for other in tokens)):
                return ("-" if language == "fr" else " ").join([cased(token.text), cased(following[0].text)])
            return cased(token.text)
    if not is_given and is_last_name(candidates[0].plain, language):
        return None
    after = tokens[start + len(candidates) :]
    if after and after[0].plain not in end and not _is_followed_by_letters(tokens, language):
        return None
    may_be_word = candidates[0].plain in names_that_are_words(language)  # «it's will»
    if certain or candidates[0] in words_here or (not after and (candidates[0].text[0].isupper() or may_be_word)):
        return cased(candidates[0].text)
    return None


def _is_word_as_name(tokens: Sequence[Token], position: int, language: str) -> bool:
    """«It's Will», «This is Hope speaking»; but «Will you call me?»."""
    if position >= len(tokens) or tokens[position].plain not in names_that_are_words(language):
        return False
    if position == len(tokens) - 1:
        return True
    following = tokens[position + 1]
    is_written_so = tokens[position].text[0].isupper() and following.text[0].isupper()
    is_last_name = not is_no_name(following.plain, language) and following.plain not in listed("end", language)
    if is_last_name and (is_written_so or len(tokens) == 2):
        return True
    return tokens[position].text[0].isupper() and following.plain in _BEHIND_NAME


def _is_said_again_as_last(candidates: Sequence[Token], position: int, language: str) -> bool:
    """«Martin, Paul Martin»"""
    said = [token.plain for token in candidates]
    return any(
        said[again] == said[position] != said[again - 1] and is_first_name(said[again - 1], language)
        for again in range(position + 2, len(said))
    )


def _is_particle_first(tokens: Sequence[Token], language: str) -> bool:
    """«Le Floch Yann»: whether a last name that begins so is followed by nothing but the first."""
    if len(tokens) != len(("le", "Floch", "Yann")) or not is_particle(tokens[0].plain, language):
        return False
    return not is_no_name(tokens[1].plain, language) and is_first_name(tokens[2].plain, language)


def _accented(name: str) -> str:
    """«Jean-Rene» as «Jean-René»."""
    return "-".join(_with_accents().get(part, part) for part in name.split("-"))


@cache
def _with_accents() -> dict[str, str]:
    names = table("first_names")["accented"].split()
    return {fold(name).capitalize(): name for name in names}
