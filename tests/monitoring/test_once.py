"""What is logged once a minute."""

from monitoring.once import OncePerMinute


def test_each_source_is_logged_once_a_minute_and_memory_is_bounded() -> None:
    now = 0.0
    may_log = OncePerMinute(lambda: now)
    assert may_log("192.0.2.1")
    assert not may_log("192.0.2.1")
    assert sum(may_log(str(n)) for n in range(5000)) == 999
    now = 61.0
    assert may_log("192.0.2.1")
