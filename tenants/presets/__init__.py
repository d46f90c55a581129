"""What a new company account starts with, one TOML file per language.

Scenes, interruptibility and the values of a phrase belong to the product; the text is
the tenant's to change. Everything here is read once and cannot be changed.
"""

from __future__ import annotations

import string
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

from tenants.presets.names import name_of

LANGUAGES = ("fr", "en")


@dataclass(frozen=True, slots=True)
class PresetPhrase:
    """Something the bot says. `values` are the names in braces that `text` may use."""

    key: str
    scene: str
    text: str
    interruptible: bool
    values: frozenset[str]

    @property
    def name(self) -> str:
        """In the language of whoever reads."""
        return name_of(self.key)


@dataclass(frozen=True, slots=True)
class PresetKeyword:
    """A word that means something; `kind` as in Keyword.Kind, `boost` from 0 to 4."""

    text: str
    kind: str
    boost: int = 0
    replacement: str = ""


@dataclass(frozen=True, slots=True)
class PresetStep:
    """One thing to try. `wait_seconds`: how long the caller needs for it."""

    text: str
    interruptible: bool = True
    wait_seconds: int = 0


@dataclass(frozen=True, slots=True)
class PresetProblem:
    """A kind of problem: the words that name it, with their boosts, and its remedy."""

    code: str
    name: str
    tag: str
    severity: str
    cuts_fixed_line: bool
    keywords: Mapping[str, int]
    steps: tuple[PresetStep, ...]


@dataclass(frozen=True, slots=True)
class PresetTransfer:
    """Where a caller is handed over to: an extension of the dialplan's [transfer] context."""

    name: str
    extension: str


def placeholders(text: str) -> frozenset[str]:
    """The names in braces. Raises ValueError for braces that do not pair up or hold no plain name."""
    found = set()
    for _literal, name, form, conversion in string.Formatter().parse(text):
        if name is None:
            continue
        if not name.isidentifier() or form or conversion:
            raise ValueError(f"{{{name}}} is not a plain name")
        found.add(name)
    return frozenset(found)


@cache
def _read(language: str) -> dict[str, Any]:
    if language not in LANGUAGES:
        raise ValueError(f"no preset for language {language!r}; there are {', '.join(LANGUAGES)}")
    return tomllib.loads((files(__name__) / f"{language}.toml").read_text(encoding="utf-8"))


@cache
def phrases(language: str) -> Mapping[str, PresetPhrase]:
    """All phrases by key, in the order of a call. Raises ValueError for an unknown language."""
    found = {}
    for scene, entries in _read(language)["phrases"].items():
        for key, entry in entries.items():
            spoken: dict[str, Any] = {"text": entry, "interruptible": True} if isinstance(entry, str) else entry
            found[key] = PresetPhrase(key=key, scene=scene, values=placeholders(spoken["text"]), **spoken)
    return MappingProxyType(found)


@cache
def keywords(language: str) -> tuple[PresetKeyword, ...]:
    """Words that help recognition, show anger or are replaced; a problem's are with the problem."""
    preset = _read(language)
    return (
        *(PresetKeyword(text, "hearing", boost=boost) for text, boost in preset["hearing"].items()),
        *(PresetKeyword(text, "anger") for text in preset["anger"]["words"]),
        *(PresetKeyword(text, "censored", replacement=other) for text, other in preset["censored"].items()),
    )


@cache
def problem_types(language: str) -> tuple[PresetProblem, ...]:
    """The kinds of problem, the most frequent first."""
    return tuple(
        PresetProblem(
            code=code,
            name=problem["name"],
            tag=problem["tag"],
            severity=problem["severity"],
            cuts_fixed_line=problem.get("cuts_fixed_line", False),
            keywords=MappingProxyType(problem["keywords"]),
            steps=tuple(PresetStep(**step) for step in problem["steps"]),
        )
        for code, problem in _read(language)["problems"].items()
    )


@cache
def transfer(language: str) -> PresetTransfer:
    return PresetTransfer(**_read(language)["transfer"])
