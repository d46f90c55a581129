from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from pathlib import Path
from typing import cast

import pytest

from providers import phrases, registry
from providers.phrases import Implausible, PhraseStore
from providers.protocols import Failure, ProviderError, UsageReport, Voice
from sandbox.voice import render
from tests.providers.conftest import Vendors

TEXT = "Bonjour, et merci de votre appel."
FRENCH = Voice("fr")
PCM = render(TEXT, "fr")


@pytest.fixture
def store(vendors: Vendors) -> PhraseStore:
    return PhraseStore()


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not condition():  # noqa: ASYNC110 - a file, written by a thread, has no event
            await asyncio.sleep(0.005)


async def hear(
    store: PhraseStore, text: str = TEXT, voice: Voice = FRENCH, **keep: bool
) -> tuple[bytes, list[UsageReport]]:
    reports: list[UsageReport] = []
    pieces = [piece async for piece in store.stream(text, voice, reports.append, **keep)]
    assert all(pieces)
    return b"".join(pieces), reports


async def test_a_missing_phrase_is_spoken_live_and_kept(store: PhraseStore, files: Callable[[], list[Path]]) -> None:
    assert store.cached(TEXT, FRENCH) is None
    pcm, reports = await hear(store)
    assert len(reports) == 1
    assert store.cached(TEXT, FRENCH) == pcm
    await until(lambda: len(files()) == 1)
    (file,) = files()
    assert file.suffix == ".pcm"
    assert file.parent.name == file.name[:2]
    again, reports = await hear(store)
    assert again == pcm
    assert reports == []


async def test_what_is_cached_comes_at_once_and_in_one_piece(store: PhraseStore) -> None:
    pcm, _ = await hear(store)
    assert [piece async for piece in store.stream(TEXT, FRENCH, lambda report: None)] == [pcm]


async def test_another_process_finds_it_on_disk(store: PhraseStore) -> None:
    store.keep(TEXT, FRENCH, PCM)
    assert store.cached(TEXT, FRENCH) is None  # the disk is not for the event loop
    other = PhraseStore()
    assert await other.load([TEXT, "Autre chose."], FRENCH) == ["Autre chose."]
    assert other.cached(TEXT, FRENCH) == PCM
    assert other.missing([TEXT, "Autre chose."], FRENCH) == ["Autre chose."]


async def test_a_phrase_that_was_not_loaded_is_read_rather_than_bought(store: PhraseStore) -> None:
    store.keep(TEXT, FRENCH, PCM)
    assert await hear(store) == (PCM, [])
    other = PhraseStore()
    assert await hear(other, keep=False) == (PCM, [])


async def test_only_fixed_parts_are_looked_for(store: PhraseStore) -> None:
    template = "Bonjour {first_name}, et merci de votre appel."
    assert await store.load([template, "{first_name} ?"], FRENCH) == ["Bonjour", "et merci de votre appel."]


async def test_a_comma_at_the_cut_changes_nothing(store: PhraseStore) -> None:
    store.keep("et merci de votre appel.", FRENCH, PCM)
    await store.load([", et merci de votre appel. "], FRENCH)
    assert store.cached(" , et merci de votre appel.", FRENCH) == PCM


async def test_nothing_to_pronounce_costs_nothing(store: PhraseStore) -> None:
    assert store.cached(" … ", FRENCH) == b""
    assert await hear(store, " …") == (b"", [])


async def test_a_value_stays_in_memory_only(store: PhraseStore, files: Callable[[], list[Path]]) -> None:
    _, reports = await hear(store, "Élodie", keep=False)
    assert len(reports) == 1
    _, reports = await hear(store, "Élodie", keep=False)
    assert reports == []
    store.keep(TEXT, FRENCH, PCM)
    assert len(files()) == 1  # the other one


async def test_a_synthesis_that_failed_is_not_kept(
    vendors: Vendors, store: PhraseStore, files: Callable[[], list[Path]]
) -> None:
    await vendors.use(key="sandbox-drop")
    with pytest.raises(ProviderError) as caught:
        await hear(store)
    assert caught.value.failure is Failure.CUT
    assert store.cached(TEXT, FRENCH) is None
    await vendors.use()
    assert len((await hear(store))[1]) == 1
    await until(lambda: len(files()) == 1)


async def test_a_phrase_that_the_caller_interrupted_is_not_kept(
    vendors: Vendors, store: PhraseStore, files: Callable[[], list[Path]]
) -> None:
    reports: list[UsageReport] = []
    stream = cast(AsyncGenerator[bytes, None], store.stream(TEXT, FRENCH, reports.append))
    async with aclosing(stream) as pieces:
        await anext(pieces)
    assert store.cached(TEXT, FRENCH) is None
    assert files() == []
    assert [report.estimated for report in reports] == [True]


@pytest.mark.parametrize(
    "pcm", [b"", bytes(16_000 * 2), PCM[:1600], PCM * 30, PCM + b"\0"], ids=["empty", "silent", "short", "long", "odd"]
)
def test_audio_that_cannot_be_the_text_is_not_kept(store: PhraseStore, pcm: bytes) -> None:
    with pytest.raises(Implausible, match="merci"):
        store.keep(TEXT, FRENCH, pcm)
    assert store.missing([TEXT], FRENCH) == [TEXT]


async def test_implausible_audio_of_a_live_call_is_heard_and_not_kept(
    vendors: Vendors, store: PhraseStore, caplog: pytest.LogCaptureFixture
) -> None:
    """Better a strange sound than none, but only once."""
    vendors.settings.TEXT_TO_SPEECH = f"{__name__}.Mute"
    await registry.close()
    pcm, _ = await hear(store)
    assert pcm == bytes(32_000)
    assert store.cached(TEXT, FRENCH) is None
    assert "not kept" in caplog.text


class Mute:
    """A vendor that speaks silence."""

    def address(self, voice: Voice) -> str:
        return "mute"

    async def speak(
        self, text: str, voice: Voice, on_usage: Callable[[UsageReport], None], *, timeout: float = 10.0
    ) -> AsyncGenerator[bytes, None]:
        yield bytes(32_000)


async def test_companies_share_audio_only_if_text_and_voice_are_the_same(store: PhraseStore) -> None:
    pcm, _ = await hear(store, TEXT, Voice("fr", "sandbox-female"))
    assert store.cached(TEXT, Voice("fr", "sandbox-female")) == pcm
    assert store.cached(TEXT, Voice("fr", "sandbox-male")) is None
    assert store.cached(TEXT, Voice("en", "sandbox-female")) is None
    assert store.cached(TEXT + " Oui ?", Voice("fr", "sandbox-female")) is None


async def test_a_file_that_was_cut_short_is_no_file(store: PhraseStore, files: Callable[[], list[Path]]) -> None:
    store.keep(TEXT, FRENCH, PCM)
    (file,) = files()
    whole = file.read_bytes()
    for damaged in (whole[:-100], b"", whole[:3], b"x" + whole[1:]):
        file.write_bytes(damaged)
        assert await PhraseStore().load([TEXT], FRENCH) == [TEXT]
    store.keep(TEXT, FRENCH, PCM)  # put right
    assert files() == [file]
    assert file.read_bytes() == whole


async def test_a_disk_that_fails_does_not_end_the_call(
    store: PhraseStore, files: Callable[[], list[Path]], caplog: pytest.LogCaptureFixture
) -> None:
    store.keep(TEXT, FRENCH, PCM)
    (file,) = files()
    file.unlink()
    file.parent.rmdir()
    file.parent.touch()  # nothing can be read or written there
    with caplog.at_level(logging.WARNING):
        pcm, reports = await hear(store)
        await until(lambda: "cannot be kept" in caplog.text)
    assert pcm
    assert len(reports) == 1
    assert store.cached(TEXT, FRENCH) == pcm


def test_memory_is_bounded_and_forgets_what_was_not_used() -> None:
    memory = phrases._Memory(100)
    for name in "abcde":
        memory.put(name, bytes(20))
    assert memory.get("a") is not None
    memory.put("f", bytes(30))
    assert [name for name in "abcdef" if memory.get(name) is not None] == ["a", "d", "e", "f"]
    memory.put("f", bytes(10))
    memory.put("g", bytes(20))
    assert memory.get("a") is not None
    memory.put("huge", bytes(101))
    assert memory.get("huge") is None
