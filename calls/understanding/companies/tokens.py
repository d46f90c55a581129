"""What is said of a company, as words: initials joined, examples and pronouns left out."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache, lru_cache
from itertools import takewhile, zip_longest
from typing import NamedTuple

from calls.understanding.companies.parts import ABBREVIATED, trades, unclipped
from calls.understanding.letters import join_letters
from calls.understanding.text import LONGEST_UTTERANCE, compact, table

_SURELY_SPELLED = 3  # letters
_SHORTEST_FORM = 4  # «S A S» may begin other initials
_STOPS = ".,;:!?…"
_TOKEN = re.compile(r"[^\W_]+(?:['’][^\W_]+)*|&|[.,;:!?…]+(?=\s|$)")
# «L'hôtel», «l'E H P A D», «l'OT»; «d'accord» is one.
_UNELIDED = re.compile(
    rf"[ld]['’](?!accord\b)(?=[^\W_]{{3}}|[^\W_] [^\W_]\b|(?-i:[A-Z]{{2}})\b)|{_TOKEN.pattern}", re.IGNORECASE
)


class Token(NamedTuple):
    plain: str  # folded, without apostrophes; "" for punctuation
    start: int
    end: int
    is_spelled: bool = False


def tokens_of(text: str, language: str, *, splits_articles: bool = False) -> list[Token]:
    """With `splits_articles`, «l'hôtel» is two."""
    pattern = _UNELIDED if splits_articles else _TOKEN
    pauses = table("company")[language]["pause"]
    tokens = [
        Token(
            "" if match[0].lower() in pauses or match[0][0] in _STOPS else plain_word(match[0]),
            match.start(),
            match.end(),
        )
        for match in pattern.finditer(text[:LONGEST_UTTERANCE])
    ]
    # «R.C.F. Élec.»: the full stop of an initial ends nothing.
    tokens = [
        token
        for token, before in zip(tokens, [None, *tokens], strict=False)
        if token.plain or before is None or len(before.plain) != 1
    ]
    tokens = _without_letters(_without_signs(tokens, language), language)
    tokens = _without_pronouns(_without_examples(tokens, language), language)
    # The L of «à l'appareil» is no initial.
    letters = [token.plain + ("'" if text[token.end - 1] in "'’" else "") for token in tokens]
    return [
        Token(plain.rstrip("'"), tokens[start].start, tokens[end - 1].end)
        if end - start == 1
        else Token(_initials(plain), tokens[start].start, tokens[end - 1].end, is_spelled=True)
        for plain, start, end in join_letters(letters, language)
    ]


def _without_signs(tokens: Sequence[Token], language: str) -> list[Token]:
    """«Brunet tiret Lacoste» and «X, A, I, N, T, E accent aigu, O» as their words and letters."""
    sections = ("hyphen", "accent", "accents", "twice")
    hyphen, accent, accents, twice = (listed(section, language) for section in sections)
    kept: list[Token] = []
    for before, token, after in zip([None, *tokens], tokens, [*tokens[1:], None], strict=False):
        is_behind_letter = bool(kept) and len(kept[-1].plain) == 1
        is_accent = token.plain in accents or (token.plain in accent and after is not None and after.plain in accents)
        is_comma = not token.plain and after is not None and len(after.plain) == 1
        if token.plain in twice and after and len(after.plain) == 1 and _letters_at_end(kept) >= _SURELY_SPELLED:
            kept.append(after)  # «L H U I deux L I E R»; but «C deux L» is a name
            continue
        if is_behind_letter and (is_accent or is_comma):
            continue
        if token.plain in hyphen and before and before.plain and after and after.plain:
            continue
        kept.append(token)
    return kept


def _letters_at_end(tokens: Sequence[Token]) -> int:
    return len(list(takewhile(lambda token: len(token.plain) == 1, reversed(tokens))))


def _without_letters(tokens: Sequence[Token], language: str) -> list[Token]:
    """«Texier, T E X I E R» of «Texier, avec un X, T E X I E R», «Kastell» of «Kastell avec un K et deux L»."""
    having, some = listed("having", language), listed("some", language)
    kept: list[Token] = []
    position, is_remark = 0, False
    while position < len(tokens):
        plain = [token.plain for token in tokens[position : position + 3]]
        is_letter = len(plain) == 3 and plain[1] in some and len(plain[2]) == 1
        if is_letter and (plain[0] in having or (is_remark and plain[0] == "et")):
            position, is_remark = position + 3, True
        else:
            kept.append(tokens[position])
            position, is_remark = position + 1, False
    return kept


def _without_examples(tokens: Sequence[Token], language: str) -> list[Token]:
    """«A comme Anatole, C comme Célestin» as «A C», and «H U E T, H comme hôtel» as «H U E T»."""
    plain = [token.plain for token in tokens]
    kept: list[Token] = []
    position, has_example = 0, False
    unexplained: list[str] = []
    again: list[str] = []
    while position < len(tokens):
        is_letter = len(plain[position]) == 1
        example = is_letter and position + 2 < len(plain) and plain[position + 1] in listed("like", language)
        if has_example and is_letter and kept[-1].plain == "":
            kept.pop()
        if again and not example and plain[position] in (again[0], ""):
            again = again[1:] if plain[position] else again
            position += 1
            continue  # «S D T I, S comme Sophie, D comme Denis, T, I»
        again = []
        if is_letter and not example:
            unexplained.append(plain[position])
        elif plain[position] and not example:
            unexplained.clear()
        letters = [*unexplained, plain[position]]
        words = plain[position + 2 : position + 2 + len(letters)]
        if example and len(words) > 1 and [word[:1] for word in words] == letters:  # «J L M, comme Jean Louis Marie»
            kept.append(tokens[position])
            position += 2 + len(words)
            continue
        if example and len(unexplained) > 1 and plain[position] in unexplained:
            again = unexplained[unexplained.index(plain[position]) + 1 :]
        else:
            kept.append(tokens[position])
        has_example = example or (has_example and not plain[position])
        position += 3 if example else 1
    return kept


def _without_pronouns(tokens: Sequence[Token], language: str) -> list[Token]:
    """«La pharmacie, celle de la gare» as «la pharmacie de la gare»."""
    that, of = listed("that", language), listed("of", language)
    kept: list[Token] = []
    for token, following in zip_longest(tokens, tokens[1:]):
        if token.plain in that and following and following.plain in of:
            stop = 1 if kept and not kept[-1].plain else 0
            noun = kept[-1 - stop].plain if len(kept) > stop else ""
            if noun and trades([noun]):
                del kept[len(kept) - stop :]
                continue
        kept.append(token)
    return kept


def _initials(spelled: str) -> str:
    """«B T M, B comme Bernard, T, M»: initials told twice are the same ones; «S A R L B T R» has a legal form."""
    half = len(spelled) // 2
    if half > 1 and spelled[:half] == spelled[half:]:
        return spelled[:half]
    form = next((form for form in table("company")["legal_forms"] if spelled.startswith(form)), "")
    return spelled[len(form) :] if len(form) >= _SHORTEST_FORM and len(spelled) - len(form) > 1 else spelled


@cache
def listed(section: str, language: str) -> frozenset[str]:
    """The words of a section of words/company.toml."""
    return frozenset(plain_word(word) for word in table("company")[language][section])


@lru_cache(maxsize=8192)
def plain_word(word: str) -> str:
    """As words are compared."""
    plain = unclipped(compact(word))
    return ABBREVIATED.get(plain, plain)
