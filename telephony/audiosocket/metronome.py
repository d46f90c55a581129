"""The clock of all calls of a process: every 20 ms each of them sends one frame.

Asterisk keeps no playout buffer: a frame is heard when it comes. So frames follow an
absolute schedule, in which being late once does not make the rest late. One timer
turns a wheel of slots, so that the work of many calls is spread over the 20 ms.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from typing import Final, Protocol

from monitoring import metrics
from telephony.media import FRAME_SECONDS

logger = logging.getLogger(__name__)

SLOTS: Final = 10
SLOT_SECONDS: Final = FRAME_SECONDS / SLOTS
# Asterisk gives RTP new time stamps at a gap of 100 ms; a burst must stay well below.
CATCH_UP_FRAMES: Final = 3
# uvloop's timers are in whole milliseconds and may be early by half of one.
_EARLY_SECONDS: Final = SLOT_SECONDS / 2


class Beating(Protocol):
    """What the metronome drives."""

    late_frames: int  # sent more than one frame's time after they were due

    def beat(self) -> None:
        """Send one frame. Must neither wait nor raise."""

    def skip(self, frames: int) -> None:
        """The time of so many frames is over, and they will not be sent."""


class CallLater(Protocol):
    """As of an event loop."""

    def __call__(self, delay: float, callback: Callable[[], None], /) -> asyncio.TimerHandle: ...


class Lateness:
    """How long after their time frames were sent, as a histogram in steps of 0.25 ms."""

    _STEPS_PER_SECOND: Final = 4000
    _STEPS: Final = 800  # up to 0.2 s; beyond it only the maximum is known

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self._counts = [0] * (self._STEPS + 1)
        self.frames = 0
        self.maximum = 0.0

    def add(self, seconds: float, frames: int) -> None:
        self._counts[min(int(seconds * self._STEPS_PER_SECOND), self._STEPS)] += frames
        self.frames += frames
        if seconds > self.maximum:
            self.maximum = seconds

    def quantile(self, share: float) -> float:
        """Seconds that `share` (0 to 1) of the frames stayed within; 0 when there are none."""
        wanted, seen = share * self.frames, 0
        for step, count in enumerate(self._counts[: self._STEPS]):
            seen += count
            if count and seen >= wanted:
                return min((step + 1) / self._STEPS_PER_SECOND, self.maximum)
        return self.maximum


class Metronome:
    """Beats every line once in 20 ms. Without lines there is no timer."""

    def __init__(self, call_later: CallLater, clock: Callable[[], float] = time.monotonic) -> None:
        """`clock` is not the loop's: uvloop's stands still while a callback runs."""
        self.lateness = Lateness()
        self.recent_lateness = Lateness()  # since somebody last looked, and reset it
        self.late_frames = 0
        self.gaps = 0  # of all lines: how often the schedule was given up after a stall
        self._call_later = call_later
        self._clock = clock
        self._slots: list[dict[Beating, None]] = [{} for _ in range(SLOTS)]
        self._slot_of: dict[Beating, dict[Beating, None]] = {}
        self._turn = 0  # of the slot that is next
        self._due = 0.0  # when it is
        self._timer: asyncio.TimerHandle | None = None

    def __len__(self) -> int:
        return len(self._slot_of)

    def add(self, line: Beating) -> None:
        """Beat `line` from now on."""
        slot = self._slot_of[line] = min(self._slots, key=len)
        slot[line] = None
        if self._timer is None:
            self._due = self._clock() + SLOT_SECONDS
            self._schedule()

    def remove(self, line: Beating) -> None:
        """Beat it no more; nothing happens when it was not beaten."""
        slot = self._slot_of.pop(line, None)
        if slot is not None:
            del slot[line]
        if not self._slot_of and self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _tick(self) -> None:
        now = self._clock()
        behind = now - self._due
        if behind >= CATCH_UP_FRAMES * FRAME_SECONDS:
            self._rebase(behind)
        # Up to `now` only: in an overload the loop must still come to read its sockets.
        while self._slot_of and self._due <= now + _EARLY_SECONDS:
            self._serve(self._slots[self._turn])
            self._advance()
        if not self._slot_of:
            self._timer = None
            return
        while not self._slots[self._turn]:
            self._advance()
        self._schedule()

    def _schedule(self) -> None:
        if self._timer is not None:  # the last line may have gone and another come in one beat
            self._timer.cancel()
        self._timer = self._call_later(max(self._due - self._clock(), 0), self._tick)

    def _advance(self) -> None:
        self._turn = (self._turn + 1) % SLOTS
        self._due += SLOT_SECONDS

    def _serve(self, slot: dict[Beating, None]) -> None:
        if not slot:
            return
        lines = list(slot)  # a beat may end a call
        for line in lines:
            line.beat()
        # Taken after the work: it is the slot's last frame that tells the truth.
        late = self._clock() - self._due
        self._measure(max(late, 0.0), len(lines))
        if late > FRAME_SECONDS:
            self._count_late(lines)

    def _rebase(self, behind: float) -> None:
        """Give up the frames that a long stall held back; the phase of each line stays."""
        frames = int(behind / FRAME_SECONDS)
        self._due += frames * FRAME_SECONDS
        lines = list(self._slot_of)
        for line in lines:
            line.skip(frames)
        logger.warning("the event loop stood still for %.3f s: %d calls skip", behind, len(lines))
        self._measure(behind, len(lines))
        self._count_late(lines)
        self.gaps += len(lines)
        metrics.schedule_gaps.inc(len(lines))

    def _measure(self, late: float, frames: int) -> None:
        self.lateness.add(late, frames)
        self.recent_lateness.add(late, frames)

    def _count_late(self, lines: list[Beating]) -> None:
        for line in lines:
            line.late_frames += 1
        self.late_frames += len(lines)
        metrics.late_frames.inc(len(lines))
