"""How a turn of the caller ends, in seconds of the call's clock."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final

from calls.understanding import Certainty


class Patience(Enum):
    """How long a silence ends the caller's turn, in seconds since the last word."""

    SHORT = 0.7  # yes or no
    NORMAL = 0.75  # a name, a company
    LONG = 0.8  # a description; what sounds unfinished gets more
    SPELLING = 1.4  # letters and e-mails, with pauses to think


UNFINISHED_SECONDS: Final = 1.2  # more patience for «m comme», «et puis»
WITHOUT_ENDPOINT_SECONDS: Final = 1.5  # more patience when the vendor heard no end of speech
BREATH_SECONDS: Final = 1.2  # more, for a message that may go on
LAST_WORDS_SECONDS: Final = 1.5  # a «oui» so shortly before the end of a question answers it
DIGIT_SECONDS: Final = 3.0  # between two keys of a number
STRAY_SECONDS: Final = 1.0  # the same, where no key is wanted
SETTLE_SECONDS: Final = 10.0  # the bot waits so long for a caller who talks on
MOST_ASIDES: Final = 3  # questions of the caller that are answered before one of ours counts
FIRST_WORDS_SECONDS: Final = 1.0  # of ours: nobody answers a question so soon after it began
FAREWELL_SECONDS: Final = 20.0  # what remains for the last words when the call is too long


@dataclass(frozen=True, slots=True)
class Heard:
    """One turn of the caller: words, or keys."""

    text: str = ""
    digits: str = ""
    started_at: float = 0.0
    anger: Certainty = Certainty.NO
    wish: Certainty = Certainty.NO  # for a person
    wants_callback: bool = False
