"""When a worker stops taking calls, and when it begins again."""

from telephony.audiosocket.shedding import LoadShedding


def after(*p99_seconds: float) -> bool:
    shedding = LoadShedding(0.02)
    for seconds in p99_seconds:
        shedding.measured(seconds)
    return shedding.is_on


def test_one_hiccup_refuses_nobody() -> None:
    assert not after(0.09, 0.001, 0.09, 0.001)


def test_two_late_seconds_do() -> None:
    assert after(0.03, 0.021)


def test_it_ends_when_frames_have_been_in_time_for_a_while() -> None:
    assert after(0.03, 0.03, 0.005, 0.005)
    assert after(0.03, 0.03, 0.005, 0.005, 0.015, 0.005)
    assert not after(0.03, 0.03, 0.005, 0.005, 0.005)
