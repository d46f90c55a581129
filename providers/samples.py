"""Recordings that people upload to have a voice made of them: told by their content, never by their name.

WAV as `wave` reads it, and MP3 (ISO/IEC 11172-3 and 13818-3, layer III), whose length is
counted frame by frame.
"""

from __future__ import annotations

import io
import wave
from collections.abc import Iterable
from dataclasses import dataclass
from typing import BinaryIO, Final, Protocol

MOST_FILES: Final = 10
MOST_BYTES: Final = 10 * 1024 * 1024  # of one file
LEAST_SECONDS: Final = 30.0  # of all together: with less a clone sounds like nobody
MOST_SECONDS: Final = 600.0

_KBITS: Final = {
    1: (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    2: (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
_RATES: Final = {3: (44_100, 48_000, 32_000), 2: (22_050, 24_000, 16_000), 0: (11_025, 12_000, 8_000)}


class BadSample(ValueError):
    """A recording that no voice can be made of; `code` says why, `name` which file (or none)."""

    def __init__(self, code: str, name: str = "") -> None:
        super().__init__(f"{name}: {code}")
        self.code = code
        self.name = name


class Upload(Protocol):
    @property
    def name(self) -> str | None: ...
    @property
    def size(self) -> int | None: ...
    def read(self, num_bytes: int = ..., /) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Sample:
    content: bytes
    content_type: str  # "audio/wav", "audio/mpeg"
    seconds: float


def read_samples(uploads: Iterable[Upload]) -> list[Sample]:
    """Raises BadSample: "count", "large", "kind", "short", "long"."""
    files = list(uploads)
    if not 0 < len(files) <= MOST_FILES:
        raise BadSample("count")
    samples = []
    for file in files:
        content = file.read(MOST_BYTES + 1)
        if len(content) > MOST_BYTES:
            raise BadSample("large", file.name or "")
        samples.append(_sample(content, file.name or ""))
    seconds = sum(sample.seconds for sample in samples)
    if seconds < LEAST_SECONDS:
        raise BadSample("short")
    if seconds > MOST_SECONDS:
        raise BadSample("long")
    return samples


def _sample(content: bytes, name: str) -> Sample:
    if content[:4] == b"RIFF" and content[8:12] == b"WAVE":
        seconds, kind = _wav_seconds(io.BytesIO(content)), "audio/wav"
    else:
        seconds, kind = _mp3_seconds(content), "audio/mpeg"
    if not seconds:
        raise BadSample("kind", name)
    return Sample(content, kind, seconds)


def _wav_seconds(file: BinaryIO) -> float:
    """0 for what is no PCM; the header's length is believed only as far as there are bytes."""
    try:
        with wave.open(file) as audio:
            frame = audio.getsampwidth() * audio.getnchannels()
            seconds: float = len(audio.readframes(audio.getnframes())) / frame / audio.getframerate()
            return seconds
    except (wave.Error, EOFError, ZeroDivisionError):
        return 0.0


def _mp3_seconds(content: bytes) -> float:
    """0 for what is no MP3: two frames in a row must be where the first says."""
    at = 0
    if content[:3] == b"ID3" and len(content) > 10:  # its length in four times seven bits
        a, b, c, d = content[6:10]
        at = 10 + ((a & 127) << 21 | (b & 127) << 14 | (c & 127) << 7 | d & 127)
    seconds, frames = 0.0, 0
    while (frame := _mp3_frame(content[at : at + 4])) is not None:
        length, duration = frame
        at, seconds, frames = at + length, seconds + duration, frames + 1
    return seconds if frames > 1 else 0.0


def _mp3_frame(head: bytes) -> tuple[int, float] | None:
    """(bytes, seconds) of the frame with this header; None for anything else."""
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE6 != 0xE2:  # sync and layer III
        return None
    version, bitrate, rate = head[1] >> 3 & 3, head[2] >> 4, head[2] >> 2 & 3
    if version == 1 or bitrate in (0, 15) or rate == 3:
        return None
    is_first = version == 3
    hertz, bits = _RATES[version][rate], _KBITS[1 if is_first else 2][bitrate] * 1000
    samples = 1152 if is_first else 576
    return samples // 8 * bits // hertz + (head[2] >> 1 & 1), samples / hertz
