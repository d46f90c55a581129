"""What recognition listens for changes in the stream, and whatever comes of it, the stream goes on."""

from __future__ import annotations

import asyncio
import json
import logging
from typing import Any, cast

import pytest

from providers import registry
from providers.deepgram import keyterms
from providers.deepgram import stream as deepgram_stream
from providers.failover import FailoverSpeechToText
from providers.protocols import SpeechOptions, SpeechStream, StreamEnded, Transcript
from sandbox.vendors import deepgram
from sandbox.voice import render
from tests.providers.conftest import Vendors
from tests.providers.helpers import SENTENCE, SILENCE, Ear, spoken
from tests.providers.test_deepgram import RESULT, Deepgram, opened, own_deepgram
from tests.providers.test_failover import chain, in_real_time, is_final_word
from tests.providers.test_flux import turn

OWN = {"fibre": 1, "Wipple": 4}
OWN_TERMS = ["Wipple", "fibre"]  # the strongest first
COMPANIES = ["IT-Wave", "Sun'R Pool"]
CHUNK = bytes(1600)


def configure(*terms: str) -> dict[str, Any]:
    return {"type": "Configure", "keyterms": list(terms)}


async def hear_a_sentence(stream: SpeechStream, ear: Ear) -> None:
    """Its words come after the vendor's answer to what it was sent before."""
    ear.events.clear()
    stream.send(spoken())
    # Flux tells of a likely end before the end.
    await ear.until(lambda event: is_final_word(event) and cast(Transcript, event).is_final)
    assert ear.text == SENTENCE


async def next_text(server: Deepgram) -> Any:
    """The next message that is no audio."""
    while isinstance(message := await server.next(), bytes):
        pass
    return json.loads(message)


@pytest.mark.parametrize("model", ["nova-3", "flux-general-multi"])
async def test_terms_are_replaced_in_the_stream_and_its_own_come_back(vendors: Vendors, model: str) -> None:
    vendors.settings.DEEPGRAM_MODEL = model
    ear = Ear()
    stream = await opened(ear, keyterms=OWN)
    await hear_a_sentence(stream, ear)
    stream.expect(COMPANIES)
    await hear_a_sentence(stream, ear)
    stream.expect(())
    await hear_a_sentence(stream, ear)
    await stream.close()
    (entry,) = await vendors.ledger("deepgram")
    assert entry["keyterms"] == [OWN_TERMS, COMPANIES, OWN_TERMS]


async def test_a_stream_without_terms_of_its_own_forgets_those_it_was_told(vendors: Vendors) -> None:
    async with own_deepgram(vendors) as server:
        stream = await opened(Ear())
        socket = await server.sockets.get()
        assert await next_text(server) == {"type": "KeepAlive"}
        stream.expect(COMPANIES)
        assert await next_text(server) == configure(*COMPANIES)
        await socket.send('{"type": "ConfigureSuccess"}')
        stream.expect(())
        assert await next_text(server) == configure()
        await stream.close()


async def test_terms_come_before_the_audio_that_they_are_for(vendors: Vendors) -> None:
    async with own_deepgram(vendors) as server:
        stream = await opened(Ear())
        await server.next()
        stream.expect(COMPANIES)
        stream.send(CHUNK)
        assert [type(await server.next()) for _ in range(2)] == [str, bytes]
        await stream.close()


async def test_a_change_waits_for_the_answer_to_the_last_one_and_the_latest_counts(vendors: Vendors) -> None:
    async with own_deepgram(vendors) as server:
        stream = await opened(Ear(), keyterms=OWN)
        socket = await server.sockets.get()
        await server.next()
        stream.expect(["first"])
        assert json.loads(await server.next()) == configure("first")
        stream.expect(["second"])
        stream.expect(["third"])
        stream.send(CHUNK)
        assert await server.next() == CHUNK  # Deepgram refuses a change before it has answered
        await socket.send('{"type": "ConfigureSuccess"}')
        assert json.loads(await server.next()) == configure("third")
        await stream.close()


async def test_what_is_taken_back_at_once_is_not_told(vendors: Vendors) -> None:
    async with own_deepgram(vendors) as server:
        stream = await opened(Ear(), keyterms=OWN)
        await server.next()
        stream.expect(COMPANIES)
        stream.expect(())
        stream.send(CHUNK)
        assert await server.next() == CHUNK
        await stream.close()


async def test_a_server_that_never_answers_is_told_the_next_change_all_the_same(
    vendors: Vendors, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keyterms, "ANSWER_SECONDS", 0.0)
    async with own_deepgram(vendors) as server:
        stream = await opened(Ear(), keyterms=OWN)
        await server.next()
        stream.expect(COMPANIES)
        assert await next_text(server) == configure(*COMPANIES)
        stream.expect(())
        assert await next_text(server) == configure(*OWN_TERMS)
        await stream.close()


NOT_SUPPORTED = {"type": "ConfigureFailure", "code": "CONFIGURE_KEYTERMS_NOT_SUPPORTED", "description": "not here"}
ECHO = json.dumps(configure(*COMPANIES))


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (NOT_SUPPORTED, "CONFIGURE_KEYTERMS_NOT_SUPPORTED"),
        ({"type": "ConfigureFailure", "description": "no idea"}, "no idea"),
        ({"type": "ConfigureFailure"}, "no reason given"),
        ({"type": "Error", "code": "KeytermsNotSupported", "description": "nova-3 only"}, "KeytermsNotSupported"),
        ({"type": "Error", "variant": "SchemaError", "description": f"what? {ECHO}", "message": ECHO}, "understood"),
    ],
)
@pytest.mark.parametrize(("model", "words"), [("nova-3", RESULT), ("flux-general-multi", turn("Update", "oui"))])
async def test_a_refusal_is_logged_once_and_heard_by_nobody(
    vendors: Vendors,
    caplog: pytest.LogCaptureFixture,
    model: str,
    words: dict[str, Any],
    answer: dict[str, Any],
    reason: str,
) -> None:
    vendors.settings.DEEPGRAM_MODEL = model
    caplog.set_level(logging.INFO, "providers")
    async with own_deepgram(vendors) as server:
        ear = Ear()
        stream = await opened(ear, keyterms=OWN)
        socket = await server.sockets.get()
        for _ in range(2):
            ear.events.clear()
            stream.expect(COMPANIES)
            assert await next_text_of(server, "Configure") == configure(*COMPANIES)
            await socket.send(json.dumps(answer))
            await socket.send(json.dumps(words))
            await ear.until(lambda event: isinstance(event, Transcript))
        stream.expect(())  # as it was: nothing to tell
        stream.send(CHUNK)
        await stream.close()
        assert [type(event) for event in ear.events] == [Transcript, StreamEnded]
        rest = [server.messages.get_nowait() for _ in range(server.messages.qsize())]
        assert not [message for message in rest if "Configure" in str(message)]
    (told,) = [record.getMessage() for record in caplog.records if "keyterms" in record.getMessage()]
    assert reason in told
    assert "IT-Wave" not in told


async def next_text_of(server: Deepgram, kind: str) -> Any:
    while (message := await next_text(server))["type"] != kind:
        pass
    return message


async def test_an_endpoint_that_changes_no_terms_hears_as_before(vendors: Vendors) -> None:
    await vendors.use(key="sandbox-regional")
    ear = Ear()
    stream = await opened(ear, keyterms=OWN)
    for terms in (COMPANIES, ()):
        stream.expect(terms)
        await hear_a_sentence(stream, ear)
    await stream.close()
    (entry,) = await vendors.ledger("deepgram")
    assert entry["keyterms"] == [OWN_TERMS]
    assert not ear.report.estimated


async def test_nova_2_is_told_nothing(vendors: Vendors) -> None:
    vendors.settings.DEEPGRAM_MODEL = "nova-2"
    async with own_deepgram(vendors) as server:
        stream = await opened(Ear(), keyterms=OWN)
        await server.next()
        stream.expect(COMPANIES)
        stream.send(CHUNK)
        assert await server.next() == CHUNK
        await stream.close()


async def test_a_stream_that_is_over_does_not_mind(vendors: Vendors) -> None:
    ear = Ear()
    stream = await opened(ear)
    closing = asyncio.create_task(stream.close())
    stream.expect(COMPANIES)
    await closing
    stream.expect(())
    assert ear.events == [StreamEnded(None)]
    (entry,) = await vendors.ledger("deepgram")
    assert entry["seconds"] == 0


async def test_a_long_list_keeps_within_the_limit_the_first_of_it_first(vendors: Vendors) -> None:
    names = [f"entreprise de plomberie {number}" for number in range(400)]
    ear = Ear()
    stream = await opened(ear)
    stream.expect(names)
    await hear_a_sentence(stream, ear)  # the emulator, too, hears nothing with more
    await stream.close()
    (entry,) = await vendors.ledger("deepgram")
    told = entry["keyterms"][-1]
    assert told == names[: len(told)]
    assert 35 <= len(told) <= keyterms.MOST_TERMS
    assert sum(map(len, told)) <= keyterms.MOST_LETTERS


def test_capitals_figures_and_signs_take_more_of_the_limit() -> None:
    assert len(keyterms.fitting(["abcdefghij"] * 200)) == 100
    assert len(keyterms.fitting(["ABCDEFGHIJKLMNO"] * 200)) == 40
    assert len(keyterms.fitting(["0123456789-&*'x"] * 200)) == 41


# --- Several vendors ---


async def open_chain(ear: Ear, *faults: str) -> SpeechStream:
    options = SpeechOptions("fr", keyterms=OWN)
    return await FailoverSpeechToText(chain("stt", *faults)).open(options, ear.on_speech, ear.reports.append)


async def test_the_stream_that_takes_over_listens_for_the_same(vendors: Vendors) -> None:
    ear = Ear()
    stream = await open_chain(ear, "words-drop", "")
    stream.expect(COMPANIES)
    await in_real_time(stream, SILENCE + render(SENTENCE, "fr") + SILENCE * 2)
    await ear.until(is_final_word)
    stream.expect(())
    ear.events.clear()
    await in_real_time(stream, SILENCE + render("Elle clignote.", "fr") + SILENCE * 2)
    await ear.until(is_final_word)
    await stream.close()
    dropped, taken_over = await vendors.ledger("deepgram", count=2)
    assert dropped["keyterms"] == [OWN_TERMS, COMPANIES]
    assert taken_over["keyterms"] == [OWN_TERMS, COMPANIES, OWN_TERMS]


async def test_too_long_a_list_costs_seconds_and_not_the_call(
    vendors: Vendors, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Our count of letters is a guess at Deepgram's of tokens, and Deepgram says nothing: it only falls silent."""
    monkeypatch.setattr(deepgram, "MAX_KEYTERM_TOKENS", 10)
    monkeypatch.setattr(deepgram_stream, "ANSWER_SECONDS", 0.5)
    ear = Ear()
    stream = await open_chain(ear, "")
    stream.expect(COMPANIES * 5)
    speaking = asyncio.create_task(in_real_time(stream, SILENCE + render(SENTENCE, "fr") + SILENCE * 60))
    await ear.until(is_final_word)
    speaking.cancel()
    await stream.close()
    assert ear.text == SENTENCE  # each word once
    silent, heard = await vendors.ledger("deepgram", count=2)
    assert silent["keyterms"] == [OWN_TERMS, COMPANIES * 5]
    assert heard["keyterms"] == [OWN_TERMS]


async def test_the_stand_in_takes_terms_as_well(vendors: Vendors) -> None:
    vendors.settings.SPEECH_TO_TEXT = "sandbox.stubs.StubSpeechToText"
    stream = await registry.speech_to_text().open(SpeechOptions("fr"), lambda event: None, lambda report: None)
    stream.expect(COMPANIES)
    await stream.close()


def test_a_late_answer_is_that_to_the_first_change() -> None:
    terms = keyterms.Keyterms(["own"])
    terms.want(["first"])
    assert terms.due(0.0) == ["first"]
    terms.want(["second"])
    assert terms.due(keyterms.ANSWER_SECONDS) == ["second"]
    terms.answered(taken=False)  # the first one's
    terms.answered(taken=True)
    assert terms.due(2 * keyterms.ANSWER_SECONDS) is None
    terms.want(["own"])
    assert terms.due(2 * keyterms.ANSWER_SECONDS) == ["own"]
