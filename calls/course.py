"""The course of a call: waiting for news, and what ends its script at any moment.

All times are seconds on the call's clock.
"""

from __future__ import annotations

import asyncio

from calls.audio import CallAudio
from calls.fates import CallEnds, CallerGone, CallTooLong, CannotHear, ServiceStops
from calls.hearing import Hearing
from calls.settings import CallSettings
from calls.turns import FAREWELL_SECONDS


class Course:
    """Lets a script wait, until something happens that ends it."""

    def __init__(self, settings: CallSettings, audio: CallAudio, hearing: Hearing, news: asyncio.Event) -> None:
        self.held: tuple[type[CallEnds], ...] = ()  # what waits for the end of the phrase that is being said
        self.is_warned = settings.max_seconds <= settings.warning_seconds
        self._warning_seconds = settings.warning_seconds
        self._audio = audio
        self._hearing = hearing
        self._news = news
        self._fate: CallEnds | None = None
        self._ends_at = settings.max_seconds
        self._end_of_time: CallEnds = CallTooLong()

    def end(self, fate: CallEnds) -> None:
        """Take the conversation out of its script at its next wait."""
        if not isinstance(self._fate, CallerGone):
            self._fate = fate
        self._news.set()

    def stop_within(self, seconds: float) -> None:
        """End the script in so many seconds at the latest, for a person to take over."""
        self._ends_at = min(self._ends_at, self._audio.now + max(seconds, 0.0))
        self._end_of_time, self.is_warned = ServiceStops(), True
        self._news.set()

    @property
    def seconds_to_warning(self) -> float:
        """Until the caller is to be told that the end is near, which is done once."""
        return float("inf") if self.is_warned else self._ends_at - self._warning_seconds - self._audio.now

    async def next(self, timeout: float | None = None) -> None:
        """Wait for news, or for `timeout` seconds; raise what ends the script."""
        if self._fate is None and self._hearing.error is not None:
            self._fate, self._hearing.error = CannotHear(str(self._hearing.error)), None
        if self._fate is None and self._audio.now >= self._ends_at:
            self._ends_at += FAREWELL_SECONDS
            self._fate = self._end_of_time
        if self._due() is None:
            bound = max(self._ends_at - self._audio.now, 0.02)
            try:
                async with asyncio.timeout(min(timeout, bound) if timeout is not None else bound):
                    await self._news.wait()
            except TimeoutError:
                return
            self._news.clear()
        self.meet()

    def meet(self, kind: type[CallEnds] = CallEnds) -> None:
        """Raise what ends the script, if it is of this kind."""
        fate = self._due()
        if isinstance(fate, kind):
            if not isinstance(fate, CallerGone):  # a caller who is gone stays gone
                self._fate = None
            # Another: with its traceback the one that is kept would hold the whole call.
            raise type(fate)(*fate.args)

    def _due(self) -> CallEnds | None:
        """What ends the script now; all but a hang-up may have to wait for the end of the phrase."""
        is_held = isinstance(self._fate, self.held) and not isinstance(self._fate, CallerGone)
        return None if is_held else self._fate
