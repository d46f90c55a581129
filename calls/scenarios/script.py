"""What a simulated caller does, one line of text per step.

Bonjour, ma box ne marche plus.     say this when the bot has finished speaking
Je m'appelle [pause 1.2] Élodie.    with a pause of 1.2 s inside
[interrupt 1.5] Attendez !          say it 1.5 s after the bot began to speak
[silence 8]                         say nothing for 8 s after the bot has finished
[dtmf 0]                            press keys
[hangup]                            hang up
# a remark
"""

from __future__ import annotations

import re
from dataclasses import dataclass

LONGEST_PAUSE = 120.0
DIRECTIVES = "[pause S], [interrupt S] TEXT, [silence S], [dtmf KEYS], [hangup]"


@dataclass(frozen=True, slots=True)
class Say:
    """Texts, and seconds of silence between them."""

    parts: tuple[str | float, ...]
    interrupt_after: float | None = None  # seconds of the bot's speech; None: let it finish

    @property
    def text(self) -> str:
        return " ".join(part for part in self.parts if isinstance(part, str))


@dataclass(frozen=True, slots=True)
class Press:
    keys: str


@dataclass(frozen=True, slots=True)
class StaySilent:
    seconds: float


@dataclass(frozen=True, slots=True)
class HangUp:
    pass


Step = Say | Press | StaySilent | HangUp


class ScriptError(ValueError):
    """A line of a script means nothing; the text says which and what may stand there."""


def parse_script(text: str) -> tuple[Step, ...]:
    """The steps of a script. Raises ScriptError."""
    steps = []
    for number, line in enumerate(text.splitlines(), start=1):
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        try:
            steps.append(_step(line))
        except ValueError as error:
            raise ScriptError(f"line {number}: {error}") from None
    return tuple(steps)


def _step(line: str) -> Step:
    if line == "[hangup]":
        return HangUp()
    if found := re.fullmatch(r"\[dtmf ([0-9*#A-D]+)\]", line):
        return Press(found[1])
    if found := re.fullmatch(r"\[silence ([^]]*)\]", line):
        return StaySilent(_seconds(found[1]))
    if found := re.fullmatch(r"\[interrupt ([^]]*)\]\s*(.+)", line):
        return Say(_parts(found[2]), interrupt_after=_seconds(found[1]))
    return Say(_parts(line))


def _parts(text: str) -> tuple[str | float, ...]:
    """The text at even places, the pauses between at odd ones."""
    pieces = re.split(r"\[pause ([^]]*)\]", text)
    parts: list[str | float] = []
    for number, piece in enumerate(pieces):
        if number % 2:
            parts.append(_seconds(piece))
        elif "[" in piece or "]" in piece:
            raise ValueError(f"{text!r} is not understood; there are: {DIRECTIVES}")
        elif piece.strip():
            parts.append(piece.strip())
    return tuple(parts)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        raise ValueError(f"{text!r} is not a number of seconds") from None
    if not 0 <= seconds <= LONGEST_PAUSE:
        raise ValueError(f"{text} s is not between 0 and {LONGEST_PAUSE:.0f}")
    return seconds
