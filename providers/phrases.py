"""The phrase store: what was spoken once is kept and not paid for again.

Audio is addressed by what decides how it sounds: the text and the voice's address (vendor,
model, voice, language, settings). So two tenants share it only if both are the same, and
a changed phrase is simply another one. Fixed parts of phrases are kept on disk, through
Django's storage, and in memory for live calls; values (names, mostly) only in memory, for
a while: they are about people.

A call never waits for the store: what is missing is synthesised live.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import threading
import zlib
from collections import OrderedDict
from collections.abc import AsyncGenerator, AsyncIterator, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from functools import cache
from typing import Final, cast

import numpy as np
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from providers import registry
from providers.failover.text_to_speech import FailoverTextToSpeech, for_vendor
from providers.pronunciation import pronounced
from providers.protocols import BYTES_PER_SECOND, OnUsage, Voice
from providers.registry import Vendor
from providers.segments import Segment, fixed_parts, says_something, segments
from voicebot_site.threads import stand_back

__all__ = ["Implausible", "PhraseStore", "Segment", "phrase_store", "segments"]

logger = logging.getLogger(__name__)

PHRASE_BYTES: Final = 64 * 1024 * 1024  # more than an hour of speech
VALUE_BYTES: Final = 16 * 1024 * 1024
SILENCE_PEAK: Final = 200
FULL_SCALE: Final = 32_700
MOST_CLIPPED: Final = 0.02  # of the samples; a loud voice touches the limit now and then
VALUE_SECONDS: Final = 0.4  # what stands for a value in a sample
# Nobody speaks faster than 50 letters or spells slower than 1.5 characters a second.
LEAST_SECONDS_PER_LETTER: Final = 0.02
MOST_SECONDS_PER_CHARACTER: Final = 0.7
MOST_SECONDS_AROUND: Final = 3.0
# A voice pronounces nothing of these, and an address must not depend on them.
_UNSPOKEN_BEGINNING: Final = " \t\r\n\u00a0\u202f,;:.!?…)»”"


class Implausible(ValueError):
    """Audio that cannot be what the text sounds like."""


class PhraseStore:
    def __init__(self, *, phrase_bytes: int = PHRASE_BYTES, value_bytes: int = VALUE_BYTES) -> None:
        self._phrases = _Memory(phrase_bytes)
        self._values = _Memory(value_bytes)
        self._vendors = FailoverTextToSpeech()
        # Not the loop's own threads: those look up host names.
        self._files = ThreadPoolExecutor(2, thread_name_prefix="phrases", initializer=stand_back)

    def cached(self, text: str, voice: Voice) -> bytes | None:
        """The audio, if it is in memory; empty for a text with nothing to pronounce."""
        text = _stripped(text)
        if not says_something(text):
            return b""
        for address in _addresses(text, voice):
            if pcm := self._phrases.get(address) or self._values.get(address):
                return pcm
        return None

    @staticmethod
    def characters(text: str, voice: Voice) -> int:
        """How many characters a vendor would be asked for; none where there is nothing to pronounce."""
        text = _stripped(text)
        return len(spoken(text, voice)) if says_something(text) else 0

    async def load(self, texts: Iterable[str], voice: Voice) -> list[str]:
        """Bring phrases from disk to memory; returns what is missing there.

        The texts may hold {values}: it is about their fixed parts.
        """
        wanted = [text for text in self.fixed(texts) if self._phrases.get(_addresses(text, voice)[0]) is None]
        if not wanted:
            return []
        return await asyncio.get_running_loop().run_in_executor(self._files, self._load, wanted, voice)

    def _load(self, texts: list[str], voice: Voice) -> list[str]:
        missing = []
        for text in texts:
            for address in _addresses(text, voice):
                if (pcm := read(address)) is not None:
                    self._phrases.put(address, pcm)
                    break
            else:
                missing.append(text)
        return missing

    @staticmethod
    def fixed(texts: Iterable[str]) -> list[str]:
        """What is said of the texts whatever the values are, each part once."""
        return list(dict.fromkeys(_stripped(part) for text in texts for part in fixed_parts(text)))

    def missing(self, texts: Iterable[str], voice: Voice) -> list[str]:
        """The fixed parts that the voice's first vendor has not spoken to disk. Blocks; not for calls."""
        return [text for text in self.fixed(texts) if read(_addresses(text, voice)[0]) is None]

    def sample(self, text: str, voice: Voice) -> bytes | None:
        """How a phrase sounds, with a short silence for each value; None while parts are missing on disk.

        Blocks; not for calls.
        """
        parts = [read(_addresses(_stripped(part), voice)[0]) for part in fixed_parts(text)]
        if not parts or None in parts:
            return None
        return bytes(int(VALUE_SECONDS * BYTES_PER_SECOND)).join(part for part in parts if part is not None)

    async def stream(self, text: str, voice: Voice, on_usage: OnUsage, *, keep: bool = True) -> AsyncIterator[bytes]:
        """The audio, at once when it is cached, else as the vendor speaks.

        `keep` is for what is said in every call: it goes to disk; the rest stays in memory
        for a while. Raises ProviderError; what was cut or failed is not kept.
        """
        text = _stripped(text)
        pcm = self.cached(text, voice)
        if pcm is None:
            await self.load([text], voice)
            pcm = self.cached(text, voice)
        if pcm is not None:
            if pcm:
                yield pcm
            return
        pieces, addresses = [], list[str]()

        def speaks(vendor: Vendor, voice: Voice) -> None:
            addresses.append(_address(text, voice, vendor))

        vendors = self._vendors.speak(spoken(text, voice), voice, on_usage, on_speaker=speaks)
        speech = cast(AsyncGenerator[bytes, None], vendors)
        async with aclosing(speech) as live:
            async for piece in live:
                pieces.append(piece)
                yield piece
        pcm = b"".join(pieces)
        try:
            check(text, voice, pcm)
        except Implausible as error:
            logger.warning("not kept: %s", error)
            return
        if len(addresses) != 1:
            return  # two voices in one sentence are for an emergency
        if keep:
            self._phrases.put(addresses[0], pcm)
            self._files.submit(_write_or_log, addresses[0], pcm)
        else:
            self._values.put(addresses[0], pcm)

    def keep(self, text: str, voice: Voice, pcm: bytes) -> None:
        """Put audio of the voice's first vendor on disk. Blocks; not for calls.

        Raises Implausible, and OSError of the storage.
        """
        text = _stripped(text)
        check(text, voice, pcm)
        _write(_addresses(text, voice)[0], pcm)


@cache
def phrase_store() -> PhraseStore:
    """The store of this process."""
    return PhraseStore()


def check(text: str, voice: Voice, pcm: bytes) -> None:
    """Raise Implausible for audio that is empty, silent, clipped, or far too short or long for the text."""
    text = spoken(text, voice)
    seconds = len(pcm) / BYTES_PER_SECOND
    letters = sum(character.isalnum() for character in text)
    if len(pcm) % 2:
        raise Implausible(f"{text!r}: half a sample is missing")
    if seconds < LEAST_SECONDS_PER_LETTER * letters / voice.speed or not pcm:
        raise Implausible(f"{text!r}: {seconds:.2f} s is too short")
    if seconds > (MOST_SECONDS_AROUND + MOST_SECONDS_PER_CHARACTER * len(text)) / voice.speed:
        raise Implausible(f"{text!r}: {seconds:.2f} s is too long")
    samples = np.frombuffer(pcm, "<i2")
    if max(int(samples.max()), -int(samples.min())) < SILENCE_PEAK:
        raise Implausible(f"{text!r}: silence")
    if np.count_nonzero((samples >= FULL_SCALE) | (samples <= -FULL_SCALE)) > MOST_CLIPPED * len(samples):
        raise Implausible(f"{text!r}: clipped")


class _Memory:
    """Audio by address, bounded in bytes: the least recently used is forgotten. For any thread."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._size = 0
        self._audio: OrderedDict[str, bytes] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, address: str) -> bytes | None:
        with self._lock:
            pcm = self._audio.get(address)
            if pcm is not None:
                self._audio.move_to_end(address)
            return pcm

    def put(self, address: str, pcm: bytes) -> None:
        with self._lock:
            self._size += len(pcm) - len(self._audio.pop(address, b""))
            self._audio[address] = pcm
            while self._size > self._limit:
                _, forgotten = self._audio.popitem(last=False)
                self._size -= len(forgotten)


def spoken(text: str, voice: Voice) -> str:
    """What is asked of the vendor, and addressed."""
    return pronounced(text, voice.pronunciations)


def _stripped(text: str) -> str:
    return text.lstrip(_UNSPOKEN_BEGINNING).rstrip()


def address(text: str, voice: Voice) -> str:
    """Where the text is kept that the voice's first vendor has spoken."""
    return _addresses(text, voice)[0]


def _addresses(text: str, voice: Voice) -> list[str]:
    """Where the text is found, spoken by the voice's first vendor, by the next, …; "" when there is none.

    What another vendor has spoken while the first was away will do until it is spoken anew.
    """
    return [_address(text, voice, vendor) for vendor in registry.vendors("tts", voice.vendors)] or [""]


def _address(text: str, voice: Voice, vendor: Vendor) -> str:
    voice_address = vendor.client.address(for_vendor(voice, vendor))
    return hashlib.sha256(f"{voice_address}\n{spoken(text, voice)}".encode()).hexdigest()


# --- Files ---
# Raw PCM and a CRC of it: a file that is being written, or was cut short by a crash, is
# no file yet.


def _path(address: str) -> str:
    return f"phrases/{address[:2]}/{address}.pcm"


def read(address: str) -> bytes | None:
    """The audio on disk; None where there is none, or a damaged one."""
    try:
        with default_storage.open(_path(address)) as file:
            content = file.read()
    except FileNotFoundError:
        return None
    except OSError as error:  # the call goes on without its cache
        logger.warning("the phrase %s cannot be read: %s", address, error)
        return None
    pcm: bytes = content[:-4]
    return pcm if zlib.crc32(pcm).to_bytes(4, "little") == content[-4:] and pcm else None


def _write(address: str, pcm: bytes) -> None:
    if read(address) is not None:
        return
    path = _path(address)
    default_storage.delete(path)  # a damaged one
    saved = default_storage.save(path, ContentFile(pcm + zlib.crc32(pcm).to_bytes(4, "little")))
    if saved != path:  # another process was faster, and the storage chose another name
        default_storage.delete(saved)


def _write_or_log(address: str, pcm: bytes) -> None:
    try:
        _write(address, pcm)
    except OSError as error:
        logger.warning("the phrase %s cannot be kept: %s", address, error)
