"""A caller's audio in messages: nothing waits longer than it must, nothing grows without end."""

import pytest

from providers.outgoing import LEAST, LONGEST, MOST, Outgoing

FRAME = 320


def drained(outgoing: Outgoing) -> list[int]:
    return [len(outgoing.take()) for _ in iter(outgoing.__bool__, False)]


@pytest.mark.parametrize("frames", [4, 5, 6])
def test_what_comes_about_every_100_ms_goes_as_it_came(frames: int) -> None:
    outgoing = Outgoing()
    assert outgoing.add(bytes(frames * FRAME))
    assert drained(outgoing) == [frames * FRAME]


def test_single_frames_are_gathered() -> None:
    outgoing = Outgoing()
    assert [outgoing.add(bytes(FRAME)) for _ in range(4)] == [False, False, False, True]
    assert drained(outgoing) == [LEAST]


def test_much_at_once_is_cut_and_the_end_is_not_kept_back() -> None:
    outgoing = Outgoing()
    outgoing.add(bytes(2 * MOST + FRAME))
    outgoing.finish()
    assert drained(outgoing) == [MOST, MOST, FRAME]


def test_of_what_is_not_taken_the_oldest_is_lost() -> None:
    outgoing = Outgoing()
    outgoing.add(b"\x01" * MOST)
    outgoing.add(bytes(LONGEST))
    assert outgoing.dropped_bytes == MOST
    assert outgoing.take() == bytes(MOST)
    assert sum(drained(outgoing)) == LONGEST - MOST
