"""Last names spelled letter by letter."""

from __future__ import annotations


def spelling(text: str, language: str) -> str | None:
    return None


def is_unfinished(text: str, language: str) -> bool:
    return False
