"""What was heard of a phrase."""

import asyncio

from calls.audio import CallAudio, Playback
from calls.settings import Spoken
from calls.speaking import Speaking, Speech
from providers.phrases import PhraseStore, phrase_store
from providers.protocols import Failure, Voice


def test_nothing_is_heard_of_a_phrase_that_is_cut_off_before_it_begins():
    assert Speech(Spoken("greet", "Bonjour."), Playback(), "Bonjour.").heard == ""


def test_what_the_phrase_store_says_is_counted_as_a_vendor_would():
    voice = Voice(language="fr", pronunciations=(("Wipple", "Ouipple"),))
    for part in ("Wipple, bonjour", "je vous écoute."):
        phrase_store().keep(part, voice, b"\x10\x27\xf0\xd8" * 8000)
    asyncio.run(phrase_store().load(["Wipple, bonjour {name}, je vous écoute."], voice))
    speaking = Speaking(CallAudio(None, lambda: None), voice, on_change=lambda: None, on_usage=lambda report: None)
    speaking.start(Spoken("greet", "Wipple, bonjour"), {})
    assert speaking.cached_characters == len("Ouipple, bonjour")
    speaking.start(Spoken("listen", "je vous écoute."), {})
    assert speaking.cached_characters == len("Ouipple, bonjour") + len("je vous écoute.")
    speaking.start(Spoken("pause", "… "), {})  # nothing to pronounce
    assert speaking.cached_characters == len("Ouipple, bonjour") + len("je vous écoute.")


async def test_what_fails_in_an_unforeseen_way_is_not_taken_for_said(monkeypatch, caplog):
    async def broken(*args, **kwargs):
        yield b""
        raise RuntimeError("a bug")

    monkeypatch.setattr(PhraseStore, "stream", broken)
    changed = asyncio.Event()
    speaking = Speaking(
        CallAudio(None, lambda: None), Voice(language="fr"), on_change=changed.set, on_usage=lambda report: None
    )
    speech = speaking.start(Spoken("listen", "Je vous écoute."), {})
    async with asyncio.timeout(10):
        await changed.wait()
    assert speech.error is not None
    assert speech.error.failure is Failure.GARBAGE
    assert "RuntimeError: a bug" in caplog.text
