"""A dictated e-mail address, if every word of the utterance has its part in it: read by rules."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import dropwhile, takewhile

from calls.understanding.address_rules.amended import amended
from calls.understanding.address_rules.clauses import as_clauses, without_talk_after_at
from calls.understanding.address_rules.corrections import continued, corrected
from calls.understanding.address_rules.domain import is_domain
from calls.understanding.address_rules.letters import without_true_letters
from calls.understanding.address_rules.marks import with_marks_everywhere, with_marks_told, without_clauses_again
from calls.understanding.address_rules.parts import address_parts
from calls.understanding.address_rules.phrases import (
    ADDRESS,
    APOLOGY,
    ATS,
    INITIAL,
    OF_A_NOUN,
    OF_THE_ADDRESS,
    REMARKED,
    SILENT,
    TALK,
    TEXT,
    Kind,
    Part,
    has_at,
    is_over,
    text_of,
    without_last,
)
from calls.understanding.address_rules.remarks import (
    as_told,
    without_denied,
    without_name,
    without_talk_inside,
)
from calls.understanding.address_rules.retold import retold
from calls.understanding.address_rules.spelling import beside_their_words, spelled_once, with_runs
from calls.understanding.address_rules.text import joined
from calls.understanding.names import is_first_name
from calls.understanding.phonetic import sounds_like
from calls.understanding.text import LONGEST_DICTATION, table

# «Je l'ai notée là : pierre.martin@gmail.com.»
_WRITTEN = re.compile(r"(?:[:…!?]|\.\.\.)\s+(?=[\w.+-]+@[\w-]+(?:\.[\w-]+)+\W*$)")

_PAUSE = Part(Kind.PAUSE)
_SAID = (*TEXT, Kind.SEPARATOR)
# Who corrects more often is asked again.
_MOST_VERSIONS = 12
# Letters that are words too, and so no dictation.
_ARE_WORDS = ("a", "i", "y")


def by_rules(text: str, language: str) -> str | None:
    """The address, if every word of the utterance has its part in it or is known not to."""
    if len(text) > LONGEST_DICTATION:
        return None
    written = _WRITTEN.search(text)
    if written and not has_at(address_parts(text[: written.start()], language)):
        text = text[written.end() :]
    parts = address_parts(without_true_letters(text, language), language)
    parts = [part for before, part in zip([None, *parts], parts, strict=False) if part != _PAUSE or before != _PAUSE]
    if sum(part.kind in ATS for part in parts) > _MOST_VERSIONS:
        return None
    parts = as_told(as_clauses(parts))
    return _dictated(parts, language) or _told_again(parts, language)


def _told_again(parts: Sequence[Part], language: str) -> str | None:
    """The address that the parts tell twice, each time whole: «…, dubois tout attaché. Info arobase dubois…»."""
    for pause, part in enumerate(parts):
        if part not in (_PAUSE, Part(Kind.DOUBT, INITIAL)):  # «avec deux L. Luc…»
            continue
        before, after = parts[:pause], list(dropwhile(lambda other: other.kind in SILENT, parts[pause + 1 :]))
        if not has_at(before) or not has_at(after):
            continue
        address = _dictated(after, language)
        if address and address == _dictated(before, language):
            return address
    return None


def _dictated(parts: Sequence[Part], language: str) -> str | None:
    address: str | None = None
    before: list[Part] = []
    versions = _versions(parts)
    if len(versions) > _MOST_VERSIONS:
        return None
    for how, said in versions:
        whole: list[Part] | None = said
        has_content = any(part.kind not in TALK for part in said)
        if how is Kind.REPETITION:
            if not has_content:
                continue
            whole = continued(before, said)
            version = _address(whole, language)
            if address and version != address and (version or has_at(said)):
                return None
            address = retold(said, address) if address and not version else version
        elif has_content or before:
            whole = corrected(before, said)
            version = _address(whole, language) if whole else None
            if not version and address and (change := amended(address, said)):
                version = retold(change[1], change[0]) if ADDRESS.fullmatch(change[0]) else None
            address = version
        before = whole or said
    return address


def _versions(parts: Sequence[Part]) -> list[tuple[Kind, list[Part]]]:
    """The dictation cut at «non, pardon» and «je répète»."""
    versions: list[tuple[Kind, list[Part]]] = [(Kind.REPETITION, [])]
    for position, part in enumerate(parts):
        if part.kind not in (Kind.CORRECTION, Kind.REPETITION):
            versions[-1][1].append(part)
            continue
        following = next((other.kind for other in parts[position + 1 :] if other.kind not in SILENT), None)
        last = next((other for other in reversed(versions[-1][1]) if other.kind not in SILENT), None)
        if part.kind is Kind.REPETITION and last == Part(Kind.AT, "@"):
            continue  # «arobase, donc, orange point fr»
        if part.kind is Kind.REPETITION and following in (Kind.AT, Kind.SEPARATOR, Kind.REMARK):
            continue  # «pierre, donc, point martin»
        if part == Part(Kind.CORRECTION, APOLOGY) and following and _ends_correction(parts, position):
            continue  # «tiret du six, non, tiret du bas pardon, Simon»
        versions.append((part.kind, []))
    return versions


def _ends_correction(parts: Sequence[Part], position: int) -> bool:
    """Whether «pardon» stands behind what was said instead, in one breath, and a pause after it."""
    if position + 1 == len(parts) or parts[position + 1].kind is not Kind.PAUSE:
        return False
    instead = list(takewhile(lambda part: part.kind is not Kind.PAUSE, reversed(parts[:position])))
    before = dropwhile(lambda part: part.kind in SILENT, reversed(parts[: position - len(instead)]))
    return bool(instead) and (
        any(part.kind is Kind.CORRECTION for part in instead) or next(before, None) == Part(Kind.CORRECTION)
    )


def _address(parts: Sequence[Part], language: str) -> str | None:
    """The address that the parts make, if they make one without a doubt."""
    told = without_clauses_again(with_marks_told(_with_mailbox_once(_with_domain_once(_with_chez(parts)))))
    told = beside_their_words(without_denied(with_marks_everywhere(told)))
    parts = without_talk_inside(told, language)
    ats = [position for position, part in enumerate(parts) if part.kind in (Kind.AT, Kind.WEAK_AT)]
    strong = [position for position in ats if parts[position].kind is Kind.AT]
    ats = strong or ats
    if len(ats) != 1:
        return None
    glued = any(part.kind is Kind.GLUED for part in parts)
    before, after = parts[: ats[0]], without_talk_after_at(parts[ats[0] + 1 :], language)
    if _is_told_before(before):
        return None
    local = _local(_without_provider(before, after), language, glued=glued)
    address = _with_domain(local, after, glued=glued) if local else None
    if not local or not address or local in table("email")["providers"]:
        return None  # «orange arobase orange point fr»: the domain, told twice
    denied = [(part.value, part in before) for part in parts if part.kind is Kind.GLUED and part.value]
    if any(mark in (local if mark == "." or is_before else address) for mark, is_before in denied):
        return None  # «pierre point martin, sans point»
    return address if ADDRESS.fullmatch(address) else None


def _is_told_before(parts: Sequence[Part]) -> bool:
    """«Info at lune point com, info arobase lune…»: all of it was told there, the at sign heard as a word."""
    return any(
        part.kind is Kind.PAUSE and is_over(parts[:place]) and parts[place + 1].kind in TEXT
        for place, part in enumerate(parts[:-1])
    )


def _with_chez(parts: Sequence[Part]) -> list[Part]:
    """«Friterie chez Momo arobase…»: where the at sign was said too, a word among others."""
    if all(part.kind is not Kind.AT for part in parts):
        return list(parts)
    kinds = [part.kind for part in parts]
    kept: list[Part] = []
    for position, part in enumerate(parts):
        if part.kind is not Kind.WEAK_AT:
            kept.append(part)
            continue
        before = list(dropwhile(lambda kind: kind is Kind.INTRO, kinds[:position][::-1]))
        beside = before[:1] + kinds[position + 1 : position + 2]
        if beside == [Kind.AT, Kind.PROVIDER]:
            continue
        is_word = beside in ([Kind.WORD, Kind.WORD], [Kind.AT, Kind.WORD])
        kept.append(Part(Kind.WORD, part.value) if is_word else part)
    return kept


def _with_mailbox_once(parts: Sequence[Part]) -> list[Part]:
    """«Commande arobase, euh, commandes avec un S, arobase…» without the first."""
    ats = [position for position, part in enumerate(parts) if part.kind is Kind.AT]
    if len(ats) != 2:
        return list(parts)
    if all(part.kind in (Kind.INTERJECTION, *SILENT) for part in parts[ats[0] + 1 : ats[1]]):
        return [*parts[: ats[0]], *parts[ats[1] :]]  # «arobase, euh, arobase»
    start = max((at + 1 for at, part in enumerate(parts[: ats[0]]) if part.kind is Kind.INTRO), default=0)
    first, second = (
        list(with_runs(part for part in said if part.kind in _SAID))
        for said in (parts[start : ats[0]], parts[ats[0] + 1 : ats[1]])
    )
    marks = [[part.value for part in said if part.kind is Kind.SEPARATOR] for said in (first, second)]
    keys = [sounds_like(tuple(part.value for part in said if part.kind in TEXT)) for said in (first, second)]
    is_told = first == second or any(part.remark or part.kind is Kind.LETTERS for part in parts[ats[0] : ats[1]])
    is_same = is_told and keys[0] == keys[1] and marks[0] == marks[1] and bool(keys[0])
    return [*parts[:start], *parts[ats[0] + 1 :]] if is_same else list(parts)


def _is_ending(said: Sequence[Part], parts: Sequence[Part]) -> bool:
    """«(Gmail) com», without the point"""
    if [part.kind for part in said] != [Kind.PROVIDER] or said[0].value not in table("email")["providers"]:
        return False
    letters = text_of(takewhile(lambda part: part.kind is Kind.LETTERS, parts))
    return (letters or parts[0].value) in table("email")["providers"][said[0].value]["endings"]


def _with_domain_once(parts: Sequence[Part]) -> list[Part]:
    """«…, chez orange, arobase orange point fr» without the first."""
    ats = [position for position, part in enumerate(parts) if part.kind in ATS]
    if len(ats) != 2:
        return list(parts)
    first, second = ([part for part in parts[at + 1 :] if part.kind not in SILENT] for at in ats)
    named = [part.value for part in spelled_once(list(takewhile(lambda part: part.kind in _SAID, first)))]
    is_all = [part.kind for part in first if part.kind not in _SAID][:1] in ([Kind.AT], [Kind.WEAK_AT])
    if not named or not is_all or named != [part.value for part in second[: len(named)]]:
        return list(parts)
    before = without_last(parts[: ats[0]], Kind.INTRO)
    return [*before, *parts[ats[1] :]]


def _without_provider(before: Sequence[Part], after: Sequence[Part]) -> list[Part]:
    """«Une adresse gmail, Sophie arobase gmail» without the first; «orange bleue arobase gmail» is a doubt."""
    start = max((place for place, part in enumerate(before) if part.kind is Kind.INTRO), default=0)
    place = next((place for place in range(start, len(before)) if before[place].kind in _SAID), len(before))
    named, following = list(before[place : place + 1]), list(before[place + 1 : place + 2])
    if not named or not following or following[0].kind not in (Kind.INTERJECTION, Kind.PAUSE, Kind.WORD, Kind.LETTERS):
        return list(before)
    provider = table("email")["providers"].get(named[0].value)
    if not provider or provider.get("is_a_word"):
        return list(before)
    introduced = [part for part in before[:place] if part.kind not in SILENT][-1:]
    is_apart = following[0].kind in (Kind.INTERJECTION, Kind.PAUSE) or introduced == [Part(Kind.INTRO, OF_THE_ADDRESS)]
    is_same = [part.value for part in after if part.kind in TEXT][:1] == [named[0].value]
    if not is_same or not (is_apart or any(part.kind is Kind.WEAK_AT for part in introduced)):
        return [Part(Kind.DOUBT)]
    return list(before[place + 1 :])


def _begins_with_talk(said: Sequence[Part], language: str) -> bool:
    """«Regardez Pierre arobase», «lentement Pierre arobase»: more likely a remark than a name."""
    first = said[0].value
    is_first_of_two = [part.kind for part in said[:2]] == [Kind.WORD, Kind.WORD]
    return (
        is_first_of_two and first.endswith(tuple(table("email")[language]["talk_endings"])) and not is_first_name(first)
    )


def _begins_with_article(said: Sequence[Part]) -> bool:
    """«La compta»; but «le gall point yves» is a name."""
    kinds = [part.kind for part in said]
    is_name = kinds == [Kind.PARTICLE, Kind.WORD, Kind.SEPARATOR, Kind.WORD] and is_first_name(said[-1].value)
    marks = [part for part in said if part.kind is Kind.SEPARATOR]
    # «les tiret amis tiret du…»
    is_marked = said[1:2] == marks[:1] and len(marks) > 1 and len(set(marks)) == 1 and marks[0].value != "."
    return kinds[0] is Kind.PARTICLE and not is_name and not is_marked


def _local(parts: Sequence[Part], language: str, *, glued: bool) -> str | None:
    cut = max((position + 1 for position in range(len(parts)) if _is_introduction(parts, position)), default=0)
    if any(
        part.kind is Kind.SEPARATOR or (part.kind is Kind.LETTERS and part.value not in _ARE_WORDS)
        for part in parts[:cut]
    ):
        return None
    if (
        _is_remarked(parts[cut:])
        or _is_first_letter(parts[cut:])
        or _may_open_a_name(parts[cut:], language)
        or (cut and _may_belong_to_it(parts[cut - 1], parts[cut:]))
    ):
        return None
    told_once = without_name(parts[cut:])
    said = _without_glosses([part for part in told_once if part.kind not in SILENT])
    mailbox = said[-1].value if said else ""
    said = list(dropwhile(lambda part: part.kind is Kind.INTERJECTION, said))
    if not said and mailbox in table("email")[language]["mailbox"]:
        return mailbox
    if not said or (not glued and (_begins_with_article(said) or _begins_with_talk(said, language))):
        return None
    first = list(takewhile(lambda part: part.kind in TEXT, said))
    if not glued and len(first) > 1 and len(first) < len(said) and _ends_with_initial(first):
        return None
    return joined(said, glued=glued)


def _may_open_a_name(parts: Sequence[Part], language: str) -> bool:
    """«Allô taxi arobase», «bon pain arobase»: talk, or the first word of the name?"""
    if len(parts) < 2 or parts[0].kind is not Kind.INTERJECTION or parts[1].kind is not Kind.WORD:
        return False
    lists = table("email")[language]
    is_title = parts[0].value in lists["title"]
    is_one_word = all(part.kind in (*TEXT, *SILENT) for part in parts[1:])
    return is_one_word and (
        is_title or (parts[0].value in lists["interjection_or_word"] and not is_first_name(parts[1].value))
    )


def _is_remarked(parts: Sequence[Part]) -> bool:
    """«Générale hein accueil arobase»"""
    beside = zip(parts, parts[1:], parts[2:], strict=False)
    return any(
        remarked == Part(Kind.FILLER, REMARKED) and before.kind in TEXT and after.kind in TEXT
        for before, remarked, after in beside
    )


def _is_first_letter(parts: Sequence[Part]) -> bool:
    """«(Ça commence par) L, Luc arobase»"""
    is_apart = [part.kind for part in parts[:3]] == [Kind.LETTERS, Kind.PAUSE, Kind.WORD]
    return is_apart and parts[2].value.startswith(parts[0].value)


def _may_belong_to_it(introduction: Part, said: Sequence[Part]) -> bool:
    """«Mon petit jardin arobase»: all of it, or only the last word?"""
    if introduction != Part(Kind.INTRO, OF_A_NOUN) or any(part.kind not in (*TEXT, *SILENT) for part in said):
        return False
    return bool(said) and said[0].kind is Kind.WORD and not is_first_name(said[0].value)


def _ends_with_initial(parts: Sequence[Part]) -> bool:
    """«Sonia D point Roy»: more likely D. Roy, after something else."""
    *_, word, letter = parts
    return word.kind is Kind.WORD and letter.kind is Kind.LETTERS and len(letter.value) == 1


def _is_introduction(parts: Sequence[Part], position: int) -> bool:
    """Whether what is said up to there is no part of the address: «parce que moi j'en ai pas,»."""
    kind, following = parts[position].kind, parts[position + 1 : position + 2]
    is_clause_end = kind in (Kind.DOUBT, Kind.DENIAL) and [part.kind for part in following] == [Kind.PAUSE]
    return kind is Kind.INTRO or (is_clause_end and any(part.kind in TEXT for part in parts[position:]))


def _without_glosses(parts: Sequence[Part]) -> list[Part]:
    """«P point Durand, P comme Pierre» without the letter told again; any other after a word is doubtful."""
    kept: list[Part] = []
    for position, part in enumerate(parts):
        following = parts[position + 1].kind if position + 1 < len(parts) else None
        is_gloss = part.has_example and kept and following is not Kind.LETTERS
        before = list(takewhile(lambda earlier: earlier.kind is Kind.LETTERS, reversed(kept)))
        if is_gloss and Part(Kind.LETTERS, part.value) in before[1:]:
            return [Part(Kind.DOUBT)]  # «P, A, U, L, P comme Pierre»
        if part.has_example and following is Kind.LETTERS and before == [Part(Kind.LETTERS, part.value)]:
            return [Part(Kind.DOUBT)]  # «P point V, V comme Victor, I, D, A, L»
        if len(before) > 1 and before[0] == part and all(letter.has_example for letter in before):
            kept.append(part)  # «I comme Irène, T comme Thomas, T comme Thomas»
            continue
        if is_gloss and kept[-1] in (part, Part(Kind.LETTERS, part.value)):
            continue  # «point R, la lettre R»
        is_again = following is Kind.WORD and kept[:-1] == [Part(Kind.LETTERS, part.value)]
        if is_gloss and is_again and kept[-1].kind is Kind.SEPARATOR:
            continue  # «B point, B comme Bernard, joubert»
        if not is_gloss or kept[-1].kind is not Kind.WORD:
            kept.append(part)
        elif following is Kind.SEPARATOR:
            kept.append(part)  # «c point masson, C comme Cyril, point, M A S S O N»
        elif all(earlier.kind is not Kind.LETTERS or earlier.value != part.value for earlier in kept):
            is_more = part.value not in kept[-1].value  # «Laura, S comme Sophie»
            kept.append(part if is_more else Part(Kind.DOUBT))
    return kept


def _with_domain(local: str, parts: Sequence[Part], *, glued: bool) -> str | None:
    """The address, if the ending of its domain was said, «chez gmail» may be any, and what follows is true of it."""
    said: list[Part] = []
    after: Sequence[Part] = []
    for position, part in enumerate(parts):
        if part.kind in (Kind.FILLER, Kind.GLUED):
            continue
        if part.kind is Kind.PAUSE and not is_over(said):
            continue
        is_part = part.kind in (*TEXT, Kind.SEPARATOR) or (part.remark and said)
        if _is_ending(said, parts[position:]):
            said.append(Part(Kind.SEPARATOR, "."))
        if not is_part or (part.value != "." and is_over(said)):
            after = parts[position:]
            break
        said.append(part)
    domain = joined(said, glued=glued) if said else None
    if not domain or not is_domain(domain, said):
        return None
    return retold(after, f"{local}@{domain}")
