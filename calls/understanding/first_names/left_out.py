"""What is said beside a first name, and is none of it."""

from __future__ import annotations

from calls.understanding.names import Token, is_compound, is_first_name, is_no_name, listed, phrases, tokens_of

# «C'est norvégien comme prénom»
_LONGEST_ORIGIN = 4


def without_counter_question(text: str, language: str) -> str:
    """«Mine or his? I'm Linda» without what is asked before the answer."""
    asked, mark, answer = text.partition("?")
    names = [token.plain for token in tokens_of(asked, language)]
    is_name = any(is_first_name(name, language) for name in names) or (
        len(names) == 1 and not is_no_name(names[0], language)
    )
    return answer if mark and answer.strip() and not is_name else text


def without_idioms(tokens: list[Token], language: str) -> list[Token]:
    """Without «mark my words», which names nobody."""
    said = phrases("idiom", language).find([token.plain for token in tokens])
    idle = {position for hit in said for position in range(hit.start, hit.end)}
    return [token for position, token in enumerate(tokens) if position not in idle]


def without_company(tokens: list[Token], language: str) -> list[Token]:
    """«Delphine Roux, et la société c'est Globex» without what answers a later question."""
    for hit in phrases("company", language).find([token.plain for token in tokens]):
        if any(token.plain not in listed("filler", language) for token in tokens[: hit.start]):
            return tokens[: hit.start]
    return tokens


def without_remark(tokens: list[Token], language: str) -> list[Token]:
    """«Ophélie, c'est bon», «Linh, c'est vietnamien» without what was said of it."""
    for position in range(1, len(tokens) - 1):
        is_origin = tokens[position + 1].plain in listed("origin", language)
        if is_origin and tokens[position].plain in listed("is", language) and len(tokens) - position <= _LONGEST_ORIGIN:
            return tokens[: position - (tokens[position - 1].plain == "it")]
    remarks = [hit for hit in phrases("remark", language).find([token.plain for token in tokens]) if hit.start > 0]
    return tokens[: remarks[-1].start] if remarks and remarks[-1].end == len(tokens) else tokens


def without_question(tokens: list[Token], language: str) -> list[Token]:
    """«Fabrice, pourquoi vous me demandez ça ?» without what the caller asks."""
    for hit in phrases("question", language).find([token.plain for token in tokens]):
        head = [token for token in tokens[: hit.start] if not is_no_name(token.plain, language)]
        if any(is_first_name(token.plain, language) for token in head) or len(head) == hit.start == 1:
            return tokens[: hit.start]
    return tokens


def without_others(tokens: list[Token], language: str) -> list[Token]:
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


def without_denied(tokens: list[Token], language: str) -> list[Token]:
    """«Pas Véronique, Valérie»: what the name is not, left out."""
    denials = {
        hit.end: hit.end - hit.start for hit in phrases("deny", language).find([token.plain for token in tokens])
    }
    kept: list[Token] = []
    is_denied = False
    for position, token in enumerate(tokens):
        after_denial = position in denials
        is_denied = is_first_name(token.plain, language) and (
            after_denial or (is_denied and is_compound(tokens[position - 1].plain, token.plain))
        )
        if is_denied and after_denial:
            del kept[-denials[position] :]
        if not is_denied:
            kept.append(token)
    return kept
