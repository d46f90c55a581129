"""When a vendor is left alone, and when it is asked again."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from monitoring import metrics
from providers.breaker import (
    FAILURES,
    LONGEST_PAUSE,
    PAUSE,
    PROBE_SECONDS,
    REFUSED_PAUSE,
    CircuitBreaker,
)
from providers.protocols import Failure, ProviderError

CUT = ProviderError("vendor", Failure.CUT)


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def breaker(clock: Clock) -> Iterator[CircuitBreaker]:
    breaker = CircuitBreaker("stt", "vendor", clock=clock)
    yield breaker
    breaker.forget()


def gauge() -> float:
    return metrics.open_circuits.labels("stt", "vendor")._value.get()  # type: ignore[no-any-return]


def fail(breaker: CircuitBreaker, error: ProviderError = CUT, *, times: int = FAILURES) -> None:
    for _ in range(times):
        breaker.failed(error)


def test_a_failure_now_and_then_changes_nothing(breaker: CircuitBreaker) -> None:
    for _ in range(5):
        fail(breaker, times=FAILURES - 1)
        breaker.succeeded()
    assert breaker.allows()
    assert gauge() == 0


def test_failures_in_a_row_open_it_for_a_while(breaker: CircuitBreaker, clock: Clock) -> None:
    fail(breaker)
    assert not breaker.allows()
    assert gauge() == 1
    clock.now += PAUSE - 0.1
    assert not breaker.allows()
    clock.now += 0.1
    assert breaker.allows()


def test_one_call_probes_it_and_the_others_wait(breaker: CircuitBreaker, clock: Clock) -> None:
    fail(breaker)
    clock.now += PAUSE
    assert [breaker.allows() for _ in range(3)] == [True, False, False]
    breaker.succeeded()
    assert [breaker.allows() for _ in range(3)] == [True, True, True]
    assert gauge() == 0


def test_a_voice_that_one_company_asks_for_in_vain_is_no_reason(breaker: CircuitBreaker, clock: Clock) -> None:
    unknown = ProviderError("vendor", Failure.UNKNOWN_VOICE, status=404)
    fail(breaker, unknown, times=2 * FAILURES)
    assert breaker.allows()
    fail(breaker)
    clock.now += PAUSE
    assert breaker.allows()
    fail(breaker, unknown, times=1)
    assert breaker.allows()  # it was no probe


def test_a_probe_that_fails_opens_it_again(breaker: CircuitBreaker, clock: Clock) -> None:
    fail(breaker)
    clock.now += PAUSE
    assert breaker.allows()
    breaker.failed(CUT)
    assert not breaker.allows()
    assert gauge() == 1
    clock.now += PAUSE
    assert breaker.allows()


def test_a_probe_that_nobody_waits_for_any_more_leaves_room_for_another(breaker: CircuitBreaker, clock: Clock) -> None:
    fail(breaker)
    clock.now += PAUSE
    assert breaker.allows()
    breaker.abandoned()
    assert breaker.allows()
    clock.now += PROBE_SECONDS  # the second one never reports
    assert breaker.allows()


@pytest.mark.parametrize("status", [401, 402, 403, 404, None])
def test_a_refusal_of_the_account_opens_it_at_once(breaker: CircuitBreaker, clock: Clock, status: int | None) -> None:
    breaker.failed(ProviderError("vendor", Failure.REFUSED, status=status))
    assert not breaker.allows()
    clock.now += REFUSED_PAUSE
    assert breaker.allows()


def test_a_refusal_of_one_request_does_not(breaker: CircuitBreaker) -> None:
    breaker.failed(ProviderError("vendor", Failure.REFUSED, status=400))
    assert breaker.allows()


@pytest.mark.parametrize(("told", "pause"), [(None, 5.0), (2.5, 2.5), (0.0, 0.0), (86_400.0, LONGEST_PAUSE)])
def test_a_rate_limit_is_honoured(breaker: CircuitBreaker, clock: Clock, told: float | None, pause: float) -> None:
    breaker.failed(ProviderError("vendor", Failure.RATE_LIMITED, retry_after=told))
    if pause:
        clock.now += pause - 0.01
        assert not breaker.allows()
        clock.now += 0.01
    assert breaker.allows()


def test_one_that_is_forgotten_is_not_counted_as_open(clock: Clock) -> None:
    breaker = CircuitBreaker("stt", "vendor", clock=clock)
    fail(breaker)
    assert gauge() == 1
    breaker.forget()
    assert gauge() == 0
