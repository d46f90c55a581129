"""A phrase with values, cut so that what never changes is spoken once and kept.

«Bonjour {first_name}, comment allez-vous ?» is 'Bonjour ', the value, and ', comment
allez-vous ?'. The first and the last are the same in every call.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

# A value and what no space parts from it: «d'{company}», «{count}e».
_VALUE: Final = re.compile(r"[\w'’]*\{\w+\}[\w'’]*")
_PLACEHOLDER: Final = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Segment:
    """A part of a phrase; the texts of all parts, joined, are the phrase."""

    text: str
    is_value: bool


def segments(template: str, values: Mapping[str, str]) -> list[Segment]:
    """Cut a phrase at its {values} and fill those in; an empty value leaves no segment.

    Raises ValueError for a placeholder that has no value, and names it.
    """

    def fill(match: re.Match[str]) -> str:
        if match[1] not in values:
            known = ", ".join(sorted(values)) or "none"
            raise ValueError(f"{match[0]} has no value in the phrase {template!r}; these have one: {known}")
        return values[match[1]].strip()

    cut = [Segment(_PLACEHOLDER.sub(fill, part.text), part.is_value) for part in _cut(template)]
    return [segment for segment in cut if segment.text]


def fixed_parts(template: str) -> list[str]:
    """What is said of a phrase whatever its values are."""
    return [part.text for part in _cut(template) if not part.is_value and says_something(part.text)]


def says_something(text: str) -> bool:
    """Whether there is a letter or a digit to be pronounced."""
    return any(character.isalnum() for character in text)


def _cut(template: str) -> list[Segment]:
    """Fixed parts, and values with their marks still in them."""
    parts: list[Segment] = []

    def add_fixed(text: str) -> None:
        if parts and not says_something(text):  # «… {first_name} ?»: the value's melody
            parts[-1] = Segment(parts[-1].text + text, is_value=True)
        elif text:
            parts.append(Segment(text, is_value=False))

    at = 0
    for match in _VALUE.finditer(template):
        add_fixed(template[at : match.start()])
        parts.append(Segment(match[0], is_value=True))
        at = match.end()
    add_fixed(template[at:])
    return parts
