import asyncio
import heapq
from itertools import count, pairwise

import pytest

from telephony.audiosocket.metronome import Lateness, Metronome


class Clock:
    """Time that passes when the test says so; its timers fire late when told to."""

    def __init__(self):
        self.now = 100.0
        self._order = count()
        self._timers = []

    def __call__(self):
        return self.now

    def call_later(self, delay, callback):
        handle = Timer(self.now + delay)
        heapq.heappush(self._timers, (handle.when, next(self._order), handle, callback))
        return handle

    @property
    def waiting(self):
        return sum(not handle.was_cancelled for _, _, handle, _ in self._timers)

    def run(self, seconds):
        end = self.now + seconds
        while self._timers and self._timers[0][0] <= end:
            when, _, handle, callback = heapq.heappop(self._timers)
            if not handle.was_cancelled:
                self.now = max(self.now, when)
                callback()
        self.now = max(self.now, end)

    def stall(self, seconds):
        """The loop does something else for a while."""
        self.now += seconds


class Timer(asyncio.TimerHandle):
    def __init__(self, when):
        self._when = when
        self.was_cancelled = False

    @property
    def when(self):
        return self._when

    def cancel(self):
        self.was_cancelled = True

    def __del__(self):
        pass


class Line:
    def __init__(self, clock):
        self.late_frames = 0
        self.skipped = 0
        self.beats = []
        self.on_beat = None
        self._clock = clock

    def skip(self, frames):
        self.skipped += frames

    def beat(self):
        self.beats.append(self._clock.now)
        if self.on_beat:
            self.on_beat()


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def metronome(clock):
    return Metronome(clock.call_later, clock)


def test_a_line_beats_fifty_times_a_second(clock, metronome):
    line = Line(clock)
    metronome.add(line)
    clock.run(10)
    assert len(line.beats) == pytest.approx(500, abs=1)
    steps = [b - a for a, b in pairwise(line.beats)]
    assert steps == pytest.approx([0.02] * len(steps), abs=1e-6)
    assert line.late_frames == metronome.late_frames == 0


def test_lines_are_spread_over_the_slots(clock, metronome):
    lines = [Line(clock) for _ in range(25)]
    for line in lines:
        metronome.add(line)
    clock.run(0.04)
    phases = [round((line.beats[0] - 100) / 0.002) for line in lines]
    assert {phase: phases.count(phase) for phase in set(phases)} == dict.fromkeys(range(1, 6), 3) | dict.fromkeys(
        range(6, 11), 2
    )


def test_there_is_no_timer_without_lines(clock, metronome):
    assert clock.waiting == 0
    line = Line(clock)
    metronome.add(line)
    assert clock.waiting == 1
    clock.run(0.1)
    metronome.remove(line)
    assert clock.waiting == 0
    beats = len(line.beats)
    clock.run(1)
    assert len(line.beats) == beats
    metronome.remove(line)  # once more does no harm


def test_a_short_stall_is_caught_up(clock, metronome):
    lines = [Line(clock) for _ in range(3)]
    for line in lines:
        metronome.add(line)
    clock.run(1)
    clock.stall(0.055)
    clock.run(0.945)
    for line in lines:
        assert len(line.beats) == pytest.approx(100, abs=1)
        assert max(line.beats.count(beat) for beat in line.beats) <= 3
        assert line.late_frames == pytest.approx(2, abs=1)
    assert metronome.gaps == 0


def test_after_a_long_stall_the_schedule_begins_anew_and_the_gap_is_counted(clock, metronome):
    lines = [Line(clock) for _ in range(3)]
    for line in lines:
        metronome.add(line)
    clock.run(1)
    before = [line.beats[-1] for line in lines]
    clock.stall(1.5)
    clock.run(0.5)
    for line, last in zip(lines, before, strict=True):
        after = [beat for beat in line.beats if beat > last]
        assert after.count(after[0]) == 1  # no burst
        assert len(after) == pytest.approx(25, abs=1)
        # Its phase is what it was.
        assert (after[3] - last) / 0.02 == pytest.approx(round((after[3] - last) / 0.02), abs=1e-3)
        assert line.late_frames == 1
    assert metronome.gaps == 3
    assert {line.skipped for line in lines} == {74}  # one of the 75 is sent, late
    assert metronome.lateness.maximum == pytest.approx(1.5, abs=0.03)


def test_a_line_may_go_while_it_beats(clock, metronome):
    other = Line(clock)
    line = Line(clock)
    line.on_beat = lambda: metronome.remove(line)
    metronome.add(line)
    metronome.add(other)
    clock.run(0.1)
    assert len(line.beats) == 1
    assert len(other.beats) == pytest.approx(5, abs=1)


def test_the_last_line_may_make_room_for_another_while_it_beats(clock, metronome):
    following = Line(clock)

    line = Line(clock)
    line.on_beat = lambda: (metronome.remove(line), metronome.add(following))
    metronome.add(line)
    clock.run(1)
    assert len(line.beats) == 1
    assert len(following.beats) == pytest.approx(49, abs=1)
    assert clock.waiting == 1


def test_a_timer_that_fires_early_does_no_harm(clock, metronome):
    line = Line(clock)
    metronome.add(line)
    for _ in range(1000):
        clock._timers = [(when - 0.0005, n, handle, callback) for when, n, handle, callback in clock._timers]
        clock.run(0.01)
    assert len(line.beats) == pytest.approx(500, abs=1)
    assert metronome.lateness.frames == len(line.beats)


def test_lateness_is_read_as_quantiles():
    lateness = Lateness()
    assert lateness.quantile(0.5) == lateness.maximum == 0
    lateness.add(0.0011, 98)
    lateness.add(0.0301, 1)
    lateness.add(0.7, 1)
    assert lateness.quantile(0.5) == pytest.approx(0.0011, abs=0.00026)
    assert lateness.quantile(0.99) == pytest.approx(0.0301, abs=0.00026)
    assert lateness.quantile(1) == lateness.maximum == 0.7
    lateness.reset()
    assert lateness.frames == 0
