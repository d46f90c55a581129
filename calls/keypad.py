"""The telephone's keys: what the caller has pressed, and when that is an answer."""

from __future__ import annotations

import asyncio
from typing import Final

from calls.audio import CallAudio
from calls.course import Course
from calls.fates import CallerWantsHuman
from calls.floor import Floor
from calls.models import Turn
from calls.scribe import Said, Scribe
from calls.turns import DIGIT_SECONDS, STRAY_SECONDS

MOST_KEYS: Final = 32  # that wait to be taken


class Keypad:
    """The keys of one call."""

    def __init__(self, audio: CallAudio, course: Course, floor: Floor, scribe: Scribe, news: asyncio.Event) -> None:
        self.pressed = ""  # and not taken yet
        self._audio = audio
        self._course = course
        self._floor = floor
        self._scribe = scribe
        self._news = news

    def press(self, digit: str) -> None:
        if digit == "#" and not self.pressed:
            return  # the end of a number that was complete without it
        if len(self.pressed) < MOST_KEYS:
            self.pressed += digit
        self._news.set()

    @property
    def asks_for_a_person(self) -> bool:
        """Whether nothing but zeros was pressed."""
        return self.pressed != "" and not self.pressed.strip("0#")

    async def take(self, keys: int) -> str:
        """The keys of one answer; several end with «#» or a pause. A zero alone asks for a person.

        Where no key is an answer, all that are pressed in a row are one mistake.
        """
        pause = DIGIT_SECONDS if keys else STRAY_SECONDS
        until = self._audio.now + pause
        while self._audio.now < until and not self.pressed.endswith("#"):
            if len(self.pressed) >= keys and (keys or not self.pressed.strip("0")):
                break
            before = len(self.pressed)
            await self._course.next(until - self._audio.now)
            if len(self.pressed) > before:
                until = self._audio.now + pause
        digits, self.pressed = self.pressed.removesuffix("#"), ""
        now = self._floor.quiet_since = self._audio.now
        self._scribe.turn(Said(speaker=Turn.Speaker.CALLER, text=f"[{digits}]", started_at=now, ended_at=now))
        if digits and not digits.strip("0"):
            raise CallerWantsHuman
        return digits
