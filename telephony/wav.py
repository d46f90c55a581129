"""Stereo WAV files that grow while a call lasts: caller left, bot right."""

from __future__ import annotations

from os import SEEK_END
from pathlib import Path
from struct import Struct
from typing import IO, Any, Final

import numpy as np

from telephony.media import SAMPLE_RATE

_CHANNELS: Final = 2
_SAMPLE_BYTES: Final = 2
# RIFF, size, WAVE, "fmt ", 16, PCM, channels, rate, bytes per second, block, bits, "data", size
_HEADER: Final = Struct("<4sI4s4sIHHIIHH4sI")
_LARGEST: Final = 0xFFFFFFFF
_BUCKETS_AT_ONCE: Final = 64
_QUIET: Final = 1000  # a recording without anything louder is silence, not to be drawn as speech


def interleave(left: bytes, right: bytes) -> bytes:
    """Two channels of 16-bit PCM as one; the shorter ends in silence."""
    samples = np.zeros((max(len(left), len(right)) // _SAMPLE_BYTES, _CHANNELS), "<i2")
    for channel, pcm in enumerate((left, right)):
        samples[: len(pcm) // _SAMPLE_BYTES, channel] = np.frombuffer(pcm, "<i2")
    return samples.tobytes()


def header(data_bytes: int) -> bytes:
    """The 44 bytes before `data_bytes` of 8 kHz stereo PCM."""
    block = _CHANNELS * _SAMPLE_BYTES
    return _HEADER.pack(
        b"RIFF",
        min(data_bytes + _HEADER.size - 8, _LARGEST),
        b"WAVE",
        b"fmt ",
        16,
        1,
        _CHANNELS,
        SAMPLE_RATE,
        SAMPLE_RATE * block,
        block,
        8 * _SAMPLE_BYTES,
        b"data",
        min(data_bytes, _LARGEST),
    )


class StereoWav:
    """A recording in the making. Blocks on the disk: for a writer's thread, not for the event loop.

    Until it is closed its header says 'to the end of the file', so that players can
    read what a worker that died has left behind.
    """

    def __init__(self, path: str | Path) -> None:
        """Begin the file, or begin it anew. Raises OSError."""
        self._file = open(path, "wb")  # noqa: SIM115
        self._bytes = 0
        self._file.write(header(_LARGEST))

    def append(self, left: bytes, right: bytes) -> None:
        """Both channels' next 16-bit PCM, for the same stretch of time. Raises OSError."""
        data = interleave(left, right)
        self._file.write(data)
        self._bytes += len(data)

    def close(self) -> None:
        """Write the real length into the header. Once is enough, twice does no harm."""
        if self._file.closed:
            return
        with self._file:
            self._file.seek(0)
            self._file.write(header(self._bytes))


def peaks(file: IO[bytes], buckets: int) -> tuple[float, list[int], list[int]]:
    """How loud a recording is: its length in seconds, and the peaks of the caller and of the bot.

    Each list has at most `buckets` values from 0 to 100, where 100 is the loudest moment of
    either side. The length comes from the file, not from a header that may be unfinished.
    Blocks on the disk; reads a piece at a time. Raises OSError.
    """
    frame_bytes = _CHANNELS * _SAMPLE_BYTES
    frames = max(0, file.seek(0, SEEK_END) - _HEADER.size) // frame_bytes
    per_bucket = max(1, -(-frames // buckets))
    loudest: list[np.ndarray[Any, Any]] = []
    file.seek(_HEADER.size)
    while piece := file.read(per_bucket * frame_bytes * _BUCKETS_AT_ONCE):
        samples = np.frombuffer(piece[: len(piece) // frame_bytes * frame_bytes], "<i2").astype(np.int32)
        padding = -samples.size % (per_bucket * _CHANNELS)
        whole = np.pad(np.abs(samples), (0, padding)).reshape(-1, per_bucket, _CHANNELS)
        loudest.append(whole.max(axis=1))
    found = np.concatenate(loudest) if loudest else np.zeros((0, _CHANNELS), np.int32)
    scaled = found * 100 // max(_QUIET, int(found.max(initial=0)))
    return frames / SAMPLE_RATE, scaled[:, 0].tolist(), scaled[:, 1].tolist()
