"""What a caller takes back or leaves open while naming a company."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise, zip_longest

from calls.understanding.companies.names import MOST_WORDS_AMONG
from calls.understanding.companies.parts import is_town, trade_hits, trades, trades_of_goods, word_set
from calls.understanding.companies.tokens import Token, listed

_LONGEST_TOWN = 4  # words: «La Roche-sur-Yon»


def corrected(tokens: list[Token], language: str) -> list[Token]:
    """What is left when the caller has said it right."""
    mentioned = _without_side(_without_others(tokens, language), language)
    return _with_new_part(_without_denied_trade(mentioned, language), language)


def is_taken_back(plain: Sequence[str], language: str) -> bool:
    """«Weber Électricité, euh non, qu'est-ce que je raconte, Weber Frères»: whoever is meant, it is another."""
    return _new_part(plain, language) is not None or _says("mistake", plain, language)


def is_instead(between: Sequence[str], language: str) -> bool:
    """Whether what follows is meant instead: «c'est Ormelis, non, …», «la maison mère, c'est Ormelis, mais nous, …»."""
    return not listed("correction", language).isdisjoint(between) or _says("contrast", between, language)


def is_open(plain: Sequence[str], language: str) -> bool:
    """Whether it is nobody's for certain: «soit … soit», «ou celle du port, je ne sais plus», «leur prestataire»."""
    sections = ("theirs", "denial", "either", "alternative")
    theirs, denial, either, alternative = (listed(section, language) for section in sections)
    if any(one in theirs and other in denial for one, other in pairwise(plain)):
        return True
    if _says("private", plain, language) or sum(word in either for word in plain) > 1:
        return True
    is_partial = _says("partial", plain, language)  # «Nova quelque chose, Novalis, je crois»
    is_either = any(
        word in alternative and not _is_of_letters(plain[at + 1 : at + 3], language) for at, word in enumerate(plain)
    )
    return _says("doubt", plain, language) and (is_partial or is_either)


def _is_of_letters(words: Sequence[str], language: str) -> bool:
    """«En un mot ou deux, je ne sais plus», «un L ou deux L»: how it is written is open, not who it is."""
    return len(words) == 2 and words[0] in listed("some", language) and len(words[1]) < 2


def _says(section: str, plain: Sequence[str], language: str) -> bool:
    """Whether two words in a row are one of the section's phrases."""
    return not listed(section, language).isdisjoint(map(" ".join, pairwise(plain)))


def trades_around(plain: Sequence[str], language: str) -> frozenset[str]:
    """The trades that are told, but for what is denied, «pas la maison de retraite», and for jobs: «à la compta»."""
    denial, kin = listed("denial", language), listed("kin", language)
    department, jobs = listed("of_department", language), word_set("jobs")
    place = ("en", "a")  # «des escaliers en bois», «à Château-Salins»
    said: list[str] = []
    is_denied, earlier, before = False, "", ""
    for word, after in zip_longest(plain, plain[1:]):
        if is_denied and word in kin:
            break  # «pas mon cousin, lui il est couvreur»
        is_denied = word in denial or (is_denied and word != "")
        is_behind = before in department or f"{earlier} {before}" in department
        is_department = is_behind and not after and not jobs.isdisjoint(trades((word,)))
        if not is_denied and before not in place and not is_department:
            said.append(word)
        earlier, before = before, word
    return trades(said) or trades_of_goods(said)


def _without_others(tokens: list[Token], language: str) -> list[Token]:
    """«Dufour, la menuiserie. Y a aussi un cabinet Dufour» without what follows «a aussi», up to a pause."""
    there_is, also = listed("there_is", language), listed("also", language)
    kept: list[Token] = []
    is_other = False
    for before, token in zip([None, *tokens], tokens, strict=False):
        is_behind = before is not None and before.plain in there_is and token.plain in also
        is_other = bool(token.plain) and (is_other or is_behind)
        if not is_other:
            kept.append(token)
    return kept


def _without_side(tokens: list[Token], language: str) -> list[Token]:
    """«Tessier, côté ambulances» as «Tessier, ambulances»; «à côté» and «côté gare» are where others are."""
    side = listed("side", language)
    return [
        token
        for before, token, after in zip([None, *tokens], tokens, [*tokens[1:], None], strict=False)
        if token.plain not in side
        or (before and before.plain in listed("before_place", language))
        or not (after and trades((after.plain,)))
    ]


def _without_denied_trade(tokens: list[Token], language: str) -> list[Token]:
    """«Le Bihan, mais pas la boulangerie, hein, la couverture» as «Le Bihan, la couverture»."""
    plain = [token.plain for token in tokens]
    negation, but, article = (listed(section, language) for section in ("negation", "but", "article"))
    pause = listed("filler", language) | {""}
    for position in (position for position, word in enumerate(plain) if word in negation):
        at = position + 1
        while at < len(plain) and plain[at] in article:
            at += 1
        end = next((at + hit.end for hit in trade_hits(plain[at : at + MOST_WORDS_AMONG]) if hit.start == 0), at)
        after = end
        while after < len(plain) and plain[after] in pause:
            after += 1
        if at < end < after and trades(plain[after : after + MOST_WORDS_AMONG]):
            start = position - 1 if plain[max(0, position - 1)] in but else position
            return [*tokens[:start], tokens[end]._replace(plain=""), *tokens[after:]]
    return tokens


def _with_new_part(tokens: list[Token], language: str) -> list[Token]:
    """«La pharmacie des Carmes, non pardon, du marché» as «la pharmacie du marché»."""
    plain = [token.plain for token in tokens]
    if anew := _begun_anew(plain, language) or _town_anew(plain, language):
        first, second = anew
        return _with_new_part(tokens[:first] + tokens[second:], language)
    instead = _new_part(plain, language)
    if instead is None:
        return tokens
    before, of = plain[:instead], listed("of", language)
    ends = [hit.end for hit in trade_hits(before) if hit.start == 0 or plain[hit.start - 1] not in of]
    return tokens[: ends[-1]] + tokens[instead:] if ends else tokens


def _begun_anew(plain: Sequence[str], language: str) -> tuple[int, int] | None:
    """Where the name behind a trade begins, and begins again: «la mairie de Raon-l'Étape, euh non, Raon-aux-Bois»."""
    correction = listed("correction", language)
    for hit in trade_hits(plain):
        first = hit.end + (plain[hit.end : hit.end + 1] == ["de"])
        for second in range(first + 2, len(plain)):
            before = plain[second - 1] or plain[second - 2]
            if plain[first] and plain[second] == plain[first] and before in correction:
                return first, second
    return None


def _town_anew(plain: Sequence[str], language: str) -> tuple[int, int] | None:
    """Where a town begins, and one instead of it: «l'hôtel Bellerive à Annecy, non pardon, à Vichy»."""
    correction, places = listed("correction", language), listed("before_place", language) | {""}
    if correction.isdisjoint(plain) and not _says("mistake", plain, language):
        return None
    lengths = range(1, _LONGEST_TOWN + 1)
    towns = [at for at in range(len(plain)) if any(is_town(plain[at : at + length]) for length in lengths)]
    for first, second in pairwise(towns):
        before = second
        while before > first and plain[before - 1] in places:
            before -= 1
        between = plain[first + 1 : before]
        if not correction.isdisjoint(between[-1:]) or _says("mistake", between[-2:], language):
            return first, second
    return None


def _new_part(plain: Sequence[str], language: str) -> int | None:
    """Where a part begins that replaces one of a name, the last such: at «du» of «…, non pardon, du Pont-Vieux»."""
    correction, of = listed("correction", language), listed("of", language)
    said = [position for position, word in enumerate(plain) if word]
    parts = [position for before, position in pairwise(said) if plain[before] in correction and plain[position] in of]
    return parts[-1] if parts else None
