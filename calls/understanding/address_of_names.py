"""«Prénom point nom arobase société point fr»: addresses that are made of names the caller has told before."""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple

from calls.understanding.email import email
from calls.understanding.text import fold, table

# «Le prénom de ma femme», "my wife's first name": another's.
_ANOTHERS_BEHIND = re.compile(r" de (?:mon|ma|mes|son|sa|notre|votre|leur)\b", re.IGNORECASE)
_ANOTHERS_BEFORE = re.compile(
    r"\b(?:his|her|their|(?!(?:it|that|he|she|what|here|there)\b)\w+['’]s|\w+s['’]) $", re.IGNORECASE
)
_MARKS = re.compile(r"[._+-]")


class Names(NamedTuple):
    """What is known of a caller; empty where it is not."""

    first_name: str
    last_name: str
    company: str


def address_of_names(text: str, names: Names, language: str) -> str | None:
    """The address dictated; None unless it is made of the caller's names and nothing else, and can be written one way.

    A name of several words or with a hyphen cannot: «Le Goff» is legoff, le-goff or le.goff.
    """
    known = {section: fold(name) for section, name in names._asdict().items()}
    known["initial"] = known["first_name"][:1]
    used: set[str] = set()

    def written(match: re.Match[str]) -> str:
        assert match.lastgroup
        if _ANOTHERS_BEFORE.search(text, 0, match.start()) or _ANOTHERS_BEHIND.match(text, match.end()):
            return match[0]
        used.add(match.lastgroup)
        name = known[match.lastgroup]
        return name.upper() if len(name) == 1 else name

    said = _called(language).sub(written, text)
    if not used & {"first_name", "last_name", "initial"} or not all(known[section].isalpha() for section in used):
        return None
    address = email(said, language)
    mailbox, _, domain = (address or "").partition("@")
    is_of_names = _MARKS.sub("", mailbox) in _mailboxes(known)
    is_of_company = "company" not in used or _MARKS.split(domain)[0] == known["company"]
    return address if is_of_names and is_of_company else None


def _mailboxes(known: dict[str, str]) -> set[str]:
    first, initial, last = known["first_name"], known["initial"], known["last_name"]
    return {first + last, last + first, initial + last, last + initial, first, last}


@cache
def _called(language: str) -> re.Pattern[str]:
    lists = table("address_of_names")[language]
    phrases = sorted(
        ((phrase, section) for section in lists for phrase in lists[section]), key=lambda row: -len(row[0])
    )
    by_section: dict[str, list[str]] = {}
    for phrase, section in phrases:
        by_section.setdefault(section, []).append(re.escape(phrase).replace("é", "[ée]").replace("'", "['’]"))
    # «nom de la société» before «nom»: the sections with the longest phrases first.
    sections = ("company", "initial", "first_name", "last_name")
    alternatives = (f"(?P<{section}>{'|'.join(by_section[section])})" for section in sections)
    return re.compile(rf"\b(?:{'|'.join(alternatives)})\b", re.IGNORECASE)
