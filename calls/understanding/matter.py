"""Is the call about the case that is open?"""

from __future__ import annotations

from functools import cache

from calls.understanding.text import Lexicon, lexicon, table, words
from calls.understanding.yes_no import Answer, yes_no

_NO = {"non", "no", "nope", "nah"}


@cache
def _phrases(language: str) -> Lexicon[str]:
    lists = table("matter")[language]
    return lexicon([(lists[section], section) for section in ("same", "other", "not_other")], language)


def is_same_matter(text: str, language: str) -> Answer:
    """«Are you calling about that?»: who asks how it stands, or says «toujours pareil», does.

    «It's about another thing», and a «non» before all else, deny it.
    """
    spoken = words(text, language)
    told = {hit.value for hit in _phrases(language).find(spoken)}
    answer = yes_no(text, language)
    if "other" in told:
        return Answer.NO
    if told and (answer is Answer.YES or _NO.isdisjoint(spoken[:2])):
        return Answer.YES
    return answer
