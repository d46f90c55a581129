"""Which of the addresses that may have been dictated was, or that nobody can tell.

A logistic model of whole addresses: how likely the network finds them and that there is none,
what is told twice in them, what of the sentence they leave out. Where that is not enough, what
the rules of `address_rules/` read counts as well, with weights of its own. Both are made from
sentences that the network had not seen.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from itertools import pairwise
from math import exp
from typing import NamedTuple

import numpy as np

from calls.understanding.address_rules.reading import by_rules
from calls.understanding.addresses.clues import relation
from calls.understanding.addresses.decoder import Reading, read
from calls.understanding.addresses.hearing import ATS, CORRECTIONS, TALK_KINDS, heard, is_plain, may_have_at
from calls.understanding.addresses.lattice import Edge, Label, Lattice, lattice_from
from calls.understanding.addresses.network import network
from calls.understanding.learned import weights_file
from calls.understanding.text import LONGEST_DICTATION, table

# As «null» in the corpora.
NOTHING = ""
MOST_CANDIDATES = 5
_REPEATED = re.compile(r"([a-z0-9]{3,})[._-]?\1")
_STUTTERED = re.compile(r"([a-z0-9]{2})[._-]?\1")
_PARTS = re.compile(r"[._-]")
_LONG = 22
_BESIDE = 8
# Of the logarithm of a likelihood: what is less likely is as good as impossible.
_FURTHEST = 8.0
_WORDS = (Label.WORD, Label.PROVIDER, Label.CHANGED, Label.MARKED)
_FIGURES = (Label.NUMBER, Label.FIGURES)
# How likely an address must be to be taken: without a look at what the rules read, and with it.
_CERTAIN, _SURE = 0.97, 0.75

Answers = list[tuple[str, dict[str, float]]]


class Ranked(NamedTuple):
    address: str
    likelihood: float


class Weights(NamedTuple):
    """What each sign is worth, without what the rules read, and with it."""

    alone: dict[str, float]
    beside_rules: dict[str, float]


def likeliest(text: str, language: str) -> str | None:
    """The address that was dictated, if one is likely enough."""
    if len(text) > LONGEST_DICTATION or not may_have_at(text, language):
        return by_rules(text, language)
    said = heard(text, language)
    if is_plain(said) and (address := by_rules(text, language)):
        return address
    lattice = lattice_from(said, language)
    reading = read(lattice, network(), MOST_CANDIDATES)
    answers = signs(lattice, reading)
    found = ranked(answers, weights().alone)[0]
    if found.likelihood < _CERTAIN or found.address == NOTHING:
        found = ranked(beside_rules(answers, by_rules(text, language)), weights().beside_rules)[0]
    return found.address if found.address != NOTHING and found.likelihood >= _SURE else None


def signs(lattice: Lattice, reading: Reading) -> Answers:
    """The addresses that may have been said, and that none was, each with its signs."""
    found = reading.candidates
    answers = [(candidate.address, dict(_signs(lattice, reading, rank))) for rank, candidate in enumerate(found)]
    nothing = {
        "nothing": 1.0,
        f"nothing of {min(len(found), 3)}": 1.0,
        f"nothing, ats {_ats(lattice)}": 1.0,
        "nothing is likely": min(_FURTHEST, max(0.0, reading.nothing)),
        "nothing is unlikely": max(-_FURTHEST, min(0.0, reading.nothing)),
        "likeliest": max(-_FURTHEST, found[0].score) if found else -_FURTHEST,
    }
    plain = lattice.plain
    nothing |= dict.fromkeys((f"word {word}" for word in plain), 1.0)
    nothing |= dict.fromkeys((f"words {one} {other}" for one, other in pairwise(plain)), 1.0)
    return [*answers, (NOTHING, nothing)]


def beside_rules(answers: Answers, read_: str | None) -> Answers:
    """The same beside what the rules read: how near each is to it, and itself if it is none of them."""
    found = [(address, told | {_to_rules(address, read_): 1.0}) for address, told in answers]
    if read_ and all(address != read_ for address, _ in answers):
        found.insert(-1, (read_, {"rules only": 1.0, **dict(_written(read_))}))
    return found


def _to_rules(address: str, read_: str | None) -> str:
    if address == NOTHING:
        return f"nothing, rules {read_ is not None}"
    if not read_:
        return "no rules"
    if read_ == address:
        return "as rules"
    return "near rules" if read_ in address or address in read_ else "not as rules"


def _ats(lattice: Lattice) -> int:
    return min(sum(kind in ATS for kind in lattice.kinds), 3)


def _signs(lattice: Lattice, reading: Reading, rank: int) -> Iterator[tuple[str, float]]:
    found = reading.candidates
    address, score, path = found[rank]
    yield "likely", max(-_FURTHEST, score)
    yield "behind", max(-_FURTHEST, score - found[0].score)
    if rank == 0:
        yield "first", 1.0
        yield "ahead", min(_FURTHEST, score - found[1].score) if len(found) > 1 else _FURTHEST
    yield f"ats {_ats(lattice)}", 1.0
    yield from _written(address)
    kept = [(position, edge) for position, edge in path if edge.text]
    yield from _kept(lattice, kept)
    yield from _told(lattice, kept, address)
    first = kept[0][0]
    yield f"begins {lattice.kinds[first]}", 1.0
    if first:
        yield f"behind {lattice.kinds[first - 1]} {lattice.gaps[first]}", 1.0
        yield f"behind {lattice.plain[first - 1]}", 1.0
    left_out = [(position, edge) for position, edge in path if not edge.text]
    yield from _left_out(lattice, left_out, first, kept[-1][0], address)


def _written(address: str) -> Iterator[tuple[str, float]]:
    mailbox, _, domain = address.partition("@")
    name, _, ending = domain.rpartition(".")
    providers = table("email")["providers"]
    for which, text in (("mailbox", mailbox), ("domain", name)):
        parts = _PARTS.split(text)
        yield f"{which} repeats", float(_REPEATED.search(text) is not None)
        yield f"{which} stutters", float(_STUTTERED.search(text) is not None)
        yield f"{which} same", float(len(set(parts)) < len(parts))
        yield f"{which} parts {min(len(parts), 4)}", 1.0
        yield f"{which} long", float(len(text) > _LONG)
        yield f"{which} short", float(len(text) < 2)
    yield f"provider {ending in providers[name]['endings'] if name in providers else None}", 1.0
    yield "mailbox provider", float(mailbox in providers)


def _kept(lattice: Lattice, kept: Sequence[tuple[int, Edge]]) -> Iterator[tuple[str, float]]:
    words = [(position, edge.text) for position, edge in kept if edge.label in _WORDS and len(edge.text) > 2]
    figures = [edge.text for _, edge in kept if edge.label in _FIGURES and len(edge.text) > 1]
    yield "word twice", float(len(words) - len({text for _, text in words}))
    yield "figures twice", float(len(figures) - len(set(figures)))
    yield (
        "spelled and said",
        float(
            any(
                abs(start - position) < _BESIDE and relation(text, letters) in "=~"
                for start, letters in _letters(kept)
                for position, text in words
            )
        ),
    )
    found: Counter[str] = Counter()
    for (_, edge), (following, other) in pairwise(kept):
        found["gaps"] += following > edge.end
        is_beside = following == edge.end and edge.label in _WORDS and other.label in _WORDS
        found["words together"] += is_beside
        found["words together, pause"] += is_beside and lattice.gaps[following] in ",."
    for position, edge in kept:
        kind = lattice.kinds[position]
        if edge.label in (Label.WORD, Label.WEAK_LETTER) and kind in TALK_KINDS:
            found[f"wrote {kind}"] += 1
        if edge.label in (Label.WEAK_LETTER, Label.CHANGED, Label.MARKED, Label.RETOLD):
            found[f"wrote {edge.label}"] += 1
        if edge.label == Label.AT and lattice.kinds[position] not in ATS:
            found["weak at"] += 1
    yield from ((sign, min(count, 4)) for sign, count in found.items())


def _told(lattice: Lattice, kept: Sequence[tuple[int, Edge]], address: str) -> Iterator[tuple[str, float]]:
    """Whether what is said of letters and figures is true of the address."""
    parts = [part for part in re.split(r"[^a-z]+", address) if part]
    true = sum(any(remark.is_true_of(part) for part in parts) for _, remark in lattice.remarks)
    yield "remarks true", float(min(true, 3))
    yield "remarks false", float(min(len(lattice.remarks) - true, 3))
    end = kept[-1][1].end
    behind = [remark for place, remark in lattice.remarks if place >= end]
    own = _own_parts(address)
    yield "false behind", float(any(not any(map(remark.may_be_of, own)) for remark in behind))
    has_figures = any(map(str.isdigit, address))
    for how in lattice.how:
        yield f"in {how} {has_figures}", 1.0


def _own_parts(address: str) -> list[str]:
    """The words of the address, without those of a provider that everybody knows."""
    mailbox, _, domain = address.partition("@")
    name = domain.rpartition(".")[0]
    own = mailbox if name in table("email")["providers"] else f"{mailbox}.{name}"
    return [part for part in re.split(r"[^a-z]+", own) if part]


def _letters(kept: Sequence[tuple[int, Edge]]) -> list[tuple[int, str]]:
    """Letters one after another, with where they begin."""
    runs: list[tuple[int, str]] = []
    end = -1
    for position, edge in kept:
        if edge.label not in (Label.LETTER, Label.WEAK_LETTER, Label.SPELLED):
            continue
        if position == end:
            runs[-1] = (runs[-1][0], runs[-1][1] + edge.text)
        else:
            runs.append((position, edge.text))
        end = edge.end
    return [(start, letters) for start, letters in runs if len(letters) > 2]


def _left_out(
    lattice: Lattice, left_out: Sequence[tuple[int, Edge]], first: int, last: int, address: str
) -> Iterator[tuple[str, float]]:
    letters = "".join(filter(str.isalnum, address))
    found: Counter[str] = Counter()
    runs: list[str] = []
    end = -1
    for position, _edge in left_out:
        word, kind = lattice.plain[position], lattice.kinds[position]
        where = "before" if position < first else "after" if position > last else "inside"
        if kind == "letter":
            if position == end:
                runs[-1] += word
            else:
                runs.append(word)
            end = position + 1
        elif kind[0] in "MW":
            found[f"left {kind} {where}"] += 1
            found[f"left mark {kind[1:] in address} {where}"] += 1
        elif kind in TALK_KINDS:
            if kind in CORRECTIONS or kind in ("denial", "doubt", "poison"):
                found[f"left {kind} {where}"] += 1
        elif figures := [edge.text for edge in lattice.edges[position] if edge.label in _FIGURES]:
            found[f"left figures {any(text in letters for text in figures)} {where}"] += 1
        elif len(word) > 2:
            if word in letters:
                found[f"confirmed {where}"] += 1
            else:
                found[f"left {kind} {where}"] += 1
                found[f"left word {where}"] += 1
                found[f"left in one breath {where}"] += lattice.gaps[position] == lattice.gaps[position + 1] == " "
    for run in runs:
        found[f"left {'letters' if len(run) > 1 else 'letter'} {run in letters}"] += 1
    yield from ((sign, float(min(count, 4))) for sign, count in found.items())


def ranked(answers: Sequence[tuple[str, Mapping[str, float]]], worth: Mapping[str, float]) -> list[Ranked]:
    """The answers with how likely each is, the likeliest first."""
    scores = [sum(worth.get(sign, 0.0) * value for sign, value in told.items()) for _, told in answers]
    top = max(scores)
    likelihoods = [exp(score - top) for score in scores]
    total = sum(likelihoods)
    found = [Ranked(address, value / total) for (address, _), value in zip(answers, likelihoods, strict=True)]
    return sorted(found, key=lambda answer: -answer.likelihood)


@cache
def weights() -> Weights:
    with weights_file("address_ranking").open("rb") as file, np.load(file) as stored:
        names = bytes(stored["names"]).decode().split("\n")
        alone, beside = (
            {name: value for name, value in zip(names, stored[which].tolist(), strict=True) if value}
            for which in Weights._fields
        )
        return Weights(alone, beside)
