"""The sentences that dictated addresses are learnt from; `address_training.py` does it.

`corpus/heldout/*/email_unseen.tsv` is never learnt from.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import NamedTuple

import calls.understanding
from tests.understanding.corpora import CORPUS, in_cells
from tests.understanding.ways import AROUND, CHANGED, MISREAD, hyphened, is_pointed, marked_twice

LANGUAGES = ("fr", "en")
KIND = "email"
FOLDERS = ("", "heldout", "training")
# Ways that are not taught, for `test_addresses.py`.
HELD_BACK = frozenset({"like what", "who calls, and where", "a doubt"})
# To how many addresses each way is said around.
SAID_AROUND = 50


class Sentence(NamedTuple):
    text: str
    address: str | None
    language: str
    # The rules were made for it and are not wrong about it: with all of these the ranking would trust them too much.
    # Those of corpus/fr are left as they are: most callers speak so, and there the rules are right.
    was_read_by_rules: bool
    cell: str


def sentences() -> list[Sentence]:
    """Those of the corpora, and of some what else may be said around them."""
    told = [
        Sentence(text, None if value == "null" else value, language, folder == "heldout", cell)
        for language in LANGUAGES
        for folder in FOLDERS
        for text, value, cell in in_cells(KIND, language, folder=folder)
    ]
    addresses = [
        (text, value, cell) for text, value, cell in in_cells(KIND, "fr", folder="training") if value != "null"
    ]
    around = [
        (way, ways_ is AROUND, ways_ is not MISREAD)
        for ways_ in (AROUND, CHANGED, MISREAD)
        for name, way in ways_.items()
        if name not in HELD_BACK
    ]
    pointed = [row for row in addresses if is_pointed(row[0], row[1])][: 2 * SAID_AROUND]
    marked = [
        Sentence(hyphened(text, address), address.replace(".", "-", 1), "fr", True, cell)
        for text, address, cell in pointed
    ]
    marked += [Sentence(marked_twice(text, address), None, "fr", True, cell) for text, address, cell in pointed]
    return (
        told
        + marked
        + [
            Sentence(way(text, address), address if stays else None, "fr", is_read, cell)
            for number, (way, stays, is_read) in enumerate(around)
            for text, address, cell in addresses[number :: len(addresses) // SAID_AROUND]
        ]
    )


def fingerprint() -> str:
    """Of the sentences, the words of dictations, and the code that makes clues and signs of them.

    Not of the rules and what letters and numbers are: those change often, and the weights hardly with them.
    """
    source, here = Path(calls.understanding.__file__).parent, Path(__file__).parent
    files = [CORPUS / folder / language / f"{KIND}.tsv" for language in LANGUAGES for folder in FOLDERS]
    files += [*sorted((source / "addresses").glob("*.py")), source / "words" / "email.toml"]
    files += [here / f"{name}.py" for name in ("address_sentences", "renamed", "ways")]
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.read_bytes())
    return digest.hexdigest()
