"""What a caller says besides an answer: that it is done, a question, a refusal to be recorded."""

from __future__ import annotations

from functools import cache

from calls.understanding.text import Lexicon, lexicon, table, words


@cache
def _phrases(section: str, language: str) -> Lexicon[str]:
    return lexicon([(table("requests")[language][section], section)], language)


def _says(section: str, text: str, language: str) -> bool:
    return bool(_phrases(section, language).find(words(text, language)))


def is_done(text: str, language: str) -> bool:
    """Whether the caller has done what he was asked to do; «oui, attendez» has not."""
    return _says("done", text, language) and not _says("not_done", text, language)


def refuses_recording(text: str, language: str) -> bool:
    """Whether the caller does not want the call to be recorded."""
    return _says("refuses_recording", text, language)


def is_question(text: str, language: str) -> bool:
    """Whether the caller asks something, by the mark of recognition or by the words."""
    return text.rstrip().endswith("?") or _says("question", text, language)


_TIMES = {
    "fr": ("une", "deux", "trois", "quatre", "cinq", "six", "sept", "huit", "neuf", "dix"),
    "en": ("once", "twice", "three", "four", "five", "six", "seven", "eight", "nine", "ten"),
}


def times(count: int, language: str) -> str:
    """How often, as it is said: «une fois», «deux fois», «de nombreuses fois»."""
    if not 1 <= count <= 10:
        return "de nombreuses fois" if language == "fr" else "many times"
    word = _TIMES[language][count - 1]
    return f"{word} fois" if language == "fr" else word if count <= 2 else f"{word} times"
