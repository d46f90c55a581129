"""How long a text will sound, and what it will cost to have it spoken, before anybody speaks it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from itertools import islice
from typing import Final

from django.conf import settings

from providers import phrases, registry
from providers.models import Price
from providers.prices import ANY_MODEL, PriceBook
from providers.protocols import BYTES_PER_SECOND, Voice

USUAL_PACE: Final = 15.0  # characters a second; ElevenLabs' French and English voices are near it
MEASURED: Final = 8  # phrases; more would not change the figure


@dataclass(frozen=True, slots=True)
class Estimate:
    """`pace` in characters a second; the price of a thousand characters, None where nobody entered one."""

    pace: float
    thousand_eur: Decimal | None


def estimate(voice: Voice, spoken: Iterable[str]) -> Estimate:
    """By the voice's own pace, as far as some of the `spoken` texts are kept. Reads files; not for calls."""
    letters = seconds = 0.0
    for text in islice(phrases.PhraseStore.fixed(spoken), MEASURED):
        if pcm := phrases.read(phrases.address(text, voice)):
            letters += len(text)
            seconds += len(pcm) / BYTES_PER_SECOND
    return Estimate(letters / seconds if seconds else USUAL_PACE * voice.speed, _price(voice))


def _price(voice: Voice) -> Decimal | None:
    choice = (voice.vendors or registry.defaults("tts"))[0]
    model = choice.model or getattr(settings, f"{choice.provider.upper()}_MODEL", "")
    euros = PriceBook.load().euros
    unit = Price.Unit.THOUSAND_CHARACTERS.value
    own = euros.get((choice.provider, model, unit))
    return own if own is not None else euros.get((choice.provider, ANY_MODEL, unit))
