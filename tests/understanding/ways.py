"""What callers say around an address, and whether it stays one."""

from __future__ import annotations

import re
from collections.abc import Callable

# Of a dictation and its address.
Way = Callable[[str, str], str]

NAMES = {".": "point", "-": "tiret", "_": "tiret du bas", "@": "arobase"}


def said(address: str) -> str:
    return " ".join(NAMES.get(piece, piece) for piece in re.findall(r"[a-z]+|\d+|[^a-z\d]", address))


def begun(text: str) -> str:
    return text.rstrip(" .!?…,;")


_NUMBERS = {"98": "quatre-vingt-dix-huit", "46": "quarante-six", "31": "trente et un"}


def not_in(address: str) -> str:
    """A number that it has not."""
    return next(said for figures, said in _NUMBERS.items() if figures not in address)


def spelled(address: str) -> str:
    """The letters of the first name in it."""
    return " ".join(re.findall("[a-z]+", address)[0].upper())


def missing(address: str) -> str:
    """A letter that it has not."""
    return next(letter for letter in "kqwzjxbh" if letter not in address).upper()


AROUND: dict[str, Way] = {
    "who calls": lambda text, _: f"Plomberie Chauffage Ravel, alors {text}",
    "who calls, and where": lambda text, _: f"C'est la mairie de Saint-Cyr, donc c'est {text}",
    "talk": lambda text, _: f"{begun(text)}. Vous pouvez écrire là.",
    "like what": lambda text, _: f"{begun(text)}, pareil que le nom de la société.",
    "without what": lambda text, _: f"{begun(text)}, sans accent ni tréma bien sûr.",
    "the ending again": lambda text, address: f"{begun(text)}. Oui, point {address.rpartition('.')[2]}.",
    "the mailbox again": lambda text, address: f"{begun(text)}, {said(address.partition('@')[0])}.",
    "all of it again": lambda text, address: f"{begun(text)}. {said(address)}.",
    "pause after the at sign": lambda text, _: re.sub("(?i)arobase ", "arobase, attendez, ", text, count=1),
}
CHANGED: dict[str, Way] = {
    "another one": lambda text, _: f"{begun(text)}, ou bien paul point durand arobase sfr point fr.",
    "a number": lambda text, _: f"{begun(text)}, soixante-dix-huit.",
    "a doubt": lambda text, _: f"{begun(text)}, à moins que ce soit un tiret.",
    "a doubt of a mark": lambda text, _: f"{begun(text)}, enfin un point ou un tiret du bas, je sais plus trop.",
    "a doubt of the ending": lambda text, _: f"{begun(text)}, ou alors c'est point net, faudrait vérifier.",
    "unless": lambda text, _: f"{begun(text)}, sauf si c'est avec un underscore.",
    "a number that it has not": lambda text, address: f"{begun(text)}. Pardon, dix-sept, pas {not_in(address)}.",
    "that it is another": lambda text, _: f"{begun(text)}. Non, c'est pas ça, c'est l'ancienne.",
}
# These change it, too, and the rules do not know.
MISREAD: dict[str, Way] = {
    "a letter that it has not": lambda text, address: f"{begun(text)}, avec un {missing(address)}.",
    "letters that it has not": lambda text, address: f"{begun(text)}, ça s'écrit {spelled(address)} X.",
    "that it is wrong": lambda text, _: f"{begun(text)}, non non non, c'est faux.",
}


def is_pointed(text: str, address: str) -> bool:
    """Whether it is of two names that were said as words, and once."""
    names = re.match(r"([a-z]{2,})\.([a-z]{2,})@", address)
    words = text.lower().split()
    return names is not None and all(words.count(name) == 1 for name in names.groups())


def hyphened(text: str, address: str) -> str:
    """With another mark between the names, told instead."""
    first, last = address.partition("@")[0].split(".")
    return f"{begun(text)}, euh non, {first} tiret {last}, pas point."


def marked_twice(text: str, address: str) -> str:
    """With another mark between the names, told as well: nobody knows which."""
    first, last = address.partition("@")[0].split(".")
    return f"{begun(text)}, {first} tiret {last}."
