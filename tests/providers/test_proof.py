"""A key is tried before calls depend on it."""

from __future__ import annotations

import pytest

from calls.models import Usage
from providers import services
from providers.protocols import Failure, ProviderError
from providers.words import explained, vendor_of
from tests.cast import Cast
from tests.providers.conftest import KEY, Vendors


@pytest.fixture
def vendors(vendors_beside: Vendors, alpha: Cast) -> Vendors:
    return vendors_beside


@pytest.mark.parametrize("provider", ["deepgram", "groq", "elevenlabs"])
def test_a_key_that_works_passes_and_a_wrong_one_is_refused(vendors: Vendors, alpha: Cast, provider: str) -> None:
    services.try_key(tenant=alpha.alpha.tenant, provider=provider, api_key=KEY)
    with pytest.raises(ProviderError) as refusal:
        services.try_key(tenant=alpha.alpha.tenant, provider=provider, api_key=f"{KEY}-401")
    assert refusal.value.failure is Failure.REFUSED
    assert KEY not in str(refusal.value)


def test_what_the_trial_cost_is_written_down(vendors: Vendors, alpha: Cast) -> None:
    services.try_key(tenant=alpha.alpha.tenant, provider="elevenlabs", api_key=KEY)
    assert Usage.objects.get(provider="elevenlabs", call=None, characters=8).kind == "tts"


def test_a_vendor_that_is_away_is_no_proof(vendors: Vendors, alpha: Cast, closed_url: str) -> None:
    vendors.point(closed_url)
    with pytest.raises(ProviderError) as failure:
        services.try_key(tenant=alpha.alpha.tenant, provider="elevenlabs", api_key=KEY)
    assert failure.value.failure is Failure.UNREACHABLE


def test_a_vendor_that_is_asked_too_often_knows_the_key(vendors: Vendors, alpha: Cast) -> None:
    services.try_key(tenant=alpha.alpha.tenant, provider="elevenlabs", api_key=f"{KEY}-429")


def test_a_failure_is_told_in_the_reader_s_words() -> None:
    for failure in Failure:
        written = str(ProviderError("elevenlabs", failure, "401 nothing (really)"))
        told = explained(f"no voice for «greet»: {written}")
        assert told.startswith("ElevenLabs ")
        assert failure.value not in told
        assert vendor_of(written) == "elevenlabs"
    assert "(401 nothing (really))" in explained(str(ProviderError("groq", Failure.REFUSED, "401 nothing (really)")))
    assert explained("le fil est coupé") == "le fil est coupé"
    assert vendor_of("ValueError: 5") == ""
