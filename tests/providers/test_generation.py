"""Phrases are spoken before a call needs them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from providers import generation
from providers.generation import make_missing
from providers.phrases import phrase_store
from providers.protocols import Failure, UsageReport, Voice
from sandbox.voice import render
from tests.providers.conftest import Handler, Vendors

FRENCH = Voice("fr")
TEXTS = [
    "Bonjour {first_name}, et merci de votre appel.",
    "Quel est votre problème ?",
    "Quel est votre problème ?",
    "{first_name} ?",
    "Au revoir.",
]
PARTS = ["Bonjour", "et merci de votre appel.", "Quel est votre problème ?", "Au revoir."]

Serve = Callable[[Handler], Awaitable[str]]


class Voices:
    """ElevenLabs with a temper: answers each request as the script says, then properly."""

    def __init__(self, *script: str, never: str = "") -> None:
        self._never = never
        self._script = list(script)
        self.asked: list[str] = []
        self.at_once = self.most_at_once = 0

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        body = await reader.readexactly(int(head.partition(b"content-length:")[2].split()[0]))
        text = json.loads(body)["text"]
        self.asked.append(text)
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        await asyncio.sleep(0.01)
        self.at_once -= 1
        answer = self._script.pop(0) if self._script else "200 OK"
        answer = "500 Internal Server Error" if text == self._never else answer
        pcm = render(text, "fr") if answer == "200 OK" else b""
        pcm = bytes(16_000) if answer == "200 silence" else pcm
        writer.write(f"HTTP/1.1 {answer}\r\ncontent-type: audio/pcm\r\ncontent-length: {len(pcm)}\r\n".encode())
        writer.write(b"character-cost: 1\r\nretry-after: 0.05\r\nconnection: close\r\n\r\n" + pcm)
        await writer.drain()


async def test_what_is_missing_is_made_once(vendors: Vendors) -> None:
    reports: list[UsageReport] = []
    told: list[str] = []
    outcome = await make_missing(TEXTS, FRENCH, reports.append, told.append)
    assert sorted(outcome.made) == sorted(told) == sorted(PARTS)
    assert (outcome.present, outcome.failed, outcome.error) == (0, [], None)
    assert sum(report.characters for report in reports) == sum(map(len, PARTS))
    assert await phrase_store().load(TEXTS, FRENCH) == []
    again = await make_missing(TEXTS, FRENCH, reports.append)
    assert (again.made, again.present) == ([], len(PARTS))
    assert len(await vendors.ledger("elevenlabs", count=len(PARTS))) == len(PARTS)


async def test_only_what_has_changed_is_made_again(vendors: Vendors) -> None:
    await make_missing(TEXTS, FRENCH, lambda report: None)
    outcome = await make_missing([*TEXTS[:-1], "À bientôt."], FRENCH, lambda report: None)
    assert outcome.made == ["À bientôt."]


async def test_the_vendor_is_not_asked_for_more_at_once_than_it_allows(vendors: Vendors, serve: Serve) -> None:
    voices = Voices()
    await vendors.use(await serve(voices))
    outcome = await make_missing([f"Phrase numéro {n}." for n in range(12)], FRENCH, lambda report: None)
    assert len(outcome.made) == 12
    assert 1 < voices.most_at_once <= generation.CONCURRENCY


async def test_a_vendor_that_asks_for_patience_gets_it(vendors: Vendors, serve: Serve) -> None:
    voices = Voices(*["429 Too Many Requests"] * 5)
    await vendors.use(await serve(voices))
    outcome = await make_missing(TEXTS, FRENCH, lambda report: None)
    assert sorted(outcome.made) == sorted(PARTS)
    assert len(voices.asked) == len(PARTS) + 5


async def test_a_failure_is_tried_once_more(vendors: Vendors, serve: Serve) -> None:
    await vendors.use(await serve(Voices("500 Internal Server Error", "200 silence")))
    outcome = await make_missing(TEXTS, FRENCH, lambda report: None)
    assert sorted(outcome.made) == sorted(PARTS)
    assert outcome.failed == []


async def test_a_phrase_that_fails_twice_does_not_stop_the_others(vendors: Vendors, serve: Serve) -> None:
    voices = Voices(never="Au revoir.")
    await vendors.use(await serve(voices))
    outcome = await make_missing(TEXTS, FRENCH, lambda report: None)
    assert outcome.failed == ["Au revoir."]
    assert sorted(outcome.made) == sorted(PARTS[:-1])
    assert outcome.error is None
    assert voices.asked.count("Au revoir.") == 2


async def test_a_vendor_that_refuses_us_is_not_asked_again_and_again(vendors: Vendors) -> None:
    await vendors.use(key="sandbox-401")
    outcome = await make_missing([f"Phrase numéro {n}." for n in range(12)], FRENCH, lambda report: None)
    assert outcome.error is not None
    assert outcome.error.failure is Failure.REFUSED
    assert len(outcome.failed) == 12
    await vendors.use()  # the next run goes on
    outcome = await make_missing([f"Phrase numéro {n}." for n in range(12)], FRENCH, lambda report: None)
    assert len(outcome.made) == 12


async def test_a_run_ends_in_time_and_the_next_one_goes_on(vendors: Vendors, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(generation, "LONGEST_SECONDS", 0.1)
    await vendors.use(key="sandbox-hang")
    outcome = await make_missing(TEXTS, FRENCH, lambda report: None)
    assert (outcome.made, sorted(outcome.failed)) == ([], sorted(PARTS))


async def test_a_file_that_was_damaged_is_made_anew(vendors: Vendors, files: Callable[[], list[Path]]) -> None:
    await make_missing(["Au revoir."], FRENCH, lambda report: None)
    (file,) = files()
    file.write_bytes(file.read_bytes()[:-10])
    assert (await make_missing(["Au revoir."], FRENCH, lambda report: None)).made == ["Au revoir."]
