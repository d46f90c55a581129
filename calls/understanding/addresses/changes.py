"""What a word is that something is said of its letters: «sarah, no h», «karl with a c», «rémi avec un y à la fin»."""

from __future__ import annotations

from collections.abc import Iterator

from calls.understanding.letter_remarks import Remark

# What recognition writes for one another.
_ALIKE = ("iy", "ckqs", "sz", "gj", "vw", "aeiou", "mn", "td", "pb", "xs")
_TWO_FOR_ONE = {"ph": "fv", "ck": "k", "qu": "k", "th": "t", "ch": "ck", "gh": "g", "ie": "y", "ey": "y", "ay": "ei"}


def changes(remark: Remark, word: str) -> Iterator[str]:
    """What `word` may be, the likeliest first; nothing if the remark is true of it as it is."""
    letters = remark.letters
    if not remark.is_negated and letters in word and remark.is_true_of(word):
        return
    told = remark.applied_to(word)
    if told and told != word:
        yield told
    if remark.is_negated:
        if len(letters) > 1:
            return
        places = [place for place in range(len(word)) if word.startswith(letters, place)]
        without = (word[:place] + word[place + len(letters) :] for place in reversed(places))
        yield from (other for other in without if other != told)
        return
    one = letters[0]
    if letters == 2 * one:
        yield from (f"{word[:place]}{one}{word[place:]}" for place in _places(word, one))
        return
    if remark.place == "end" and not word.endswith(letters):
        yield word + letters
    if remark.place == "start":
        yield letters + word
    if letters in word:
        return
    others = _TWO_FOR_ONE.get(letters) or "".join(group for group in _ALIKE if one in group).replace(one, "")
    if len(letters) == 1 or letters in _TWO_FOR_ONE:
        yield from (
            word[:place] + letters + word[place + 1 :]
            for place in sorted(
                (place for other in others for place in _places(word, other)),
                key=lambda place: (place != len(word) - 1, place),
            )
        )
    yield word + letters


def _places(word: str, letter: str) -> list[int]:
    return [place for place, other in enumerate(word) if other == letter]
