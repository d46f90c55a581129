"""The cheap stand-in for Deepgram, heard by the product's own client."""

from __future__ import annotations

from decimal import Decimal

import pytest
from websockets.asyncio.server import serve

from providers import registry
from providers.protocols import SpeechOptions, StreamEnded, Transcript
from sandbox.load import hearsay
from tests.providers.conftest import Vendors
from tests.providers.helpers import Ear


async def test_it_has_everybody_say_the_same_and_counts_the_seconds(
    vendors: Vendors, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hearsay, "INTERIM_SECONDS", 0.02)
    ear = Ear()
    async with serve(hearsay.hear, "127.0.0.1", 0, compression=None) as listener:
        port = next(iter(listener.sockets)).getsockname()[1]
        await vendors.use(f"http://127.0.0.1:{port}")
        stream = await registry.speech_to_text().open(SpeechOptions("fr"), ear.on_speech, ear.reports.append)
        stream.send(bytes(16_000))
        await ear.until(lambda event: isinstance(event, Transcript) and event.ends_speech)
        await stream.close()
    said = [event for event in ear.events if isinstance(event, Transcript) and event.text]
    assert [event.text for event in said[:3]] == ["Attendez,", "Attendez, je", "Attendez, je cherche."]
    assert [event.is_final for event in said[:3]] == [False, False, True]
    assert ear.events[-1] == StreamEnded(None)
    assert [(report.audio_seconds, report.estimated) for report in ear.reports] == [(Decimal(1), False)]
