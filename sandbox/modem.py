"""A modem that hides text in telephone audio: captions under speech.

8-FSK at 100 baud, tones from 2600 to 3300 Hz in steps of 100 Hz, so 300 bit/s before
framing. The tones pass G.711 and lie above the band to which the accompanying speech
is limited (`limit_speech`). A frame is

    Costas array of 7 symbols | 12-bit header | payload | CRC-16

with 3 Gray-coded bits to a symbol; the header holds the payload's length (6 bits), the
flags (2) and its own check (4). A frame that lost or gained samples fails its CRC, so
damaged audio yields no text instead of wrong text.
"""

from __future__ import annotations

import binascii
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

SAMPLE_RATE = 8000
SYMBOL_SAMPLES = 80
TONES = 2600.0 + 100.0 * np.arange(8)
SPEECH_LIMIT_HZ = 2430.0
MAX_PAYLOAD = 63

_SYNC = np.array([3, 1, 4, 0, 6, 5, 2])  # a Costas array: shifted, it matches itself in one symbol at most
_HEADER_BITS, _CRC_BITS = 12, 16
_HEADER_SYMBOLS = _HEADER_BITS // 3
_FIRST, _LAST = 2, 1  # flags: the text begins, or ends, with this frame
_UNGRAY = np.array([0, 1, 3, 2, 7, 6, 4, 5])  # inverse of v ^ (v >> 1)

# The receiver looks at the spectrum four times a symbol.
_HOP = SYMBOL_SAMPLES // 4
_HOPS = SYMBOL_SAMPLES // _HOP
_SYNC_ROWS = _HOPS * np.arange(len(_SYNC))
_ANGLES = 2 * np.pi * np.outer(np.arange(SYMBOL_SAMPLES), TONES) / SAMPLE_RATE
_SPECTRUM = np.concatenate([np.cos(_ANGLES), np.sin(_ANGLES)], axis=1).astype(np.float32)
_SYNC_SCORE = 0.55  # share of the power that must lie in the sync's tones
_QUIETEST = (25.0 * SYMBOL_SAMPLES / 2) ** 2  # power of the weakest tone that is looked at

Samples = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Caption:
    """Some words as they were heard; times are seconds since the first sample."""

    text: str
    is_first: bool  # a text begins here
    is_last: bool  # and ends here
    start: float
    end: float
    confidence: float


def split_words(text: str, length: int = 16) -> list[bytes]:
    """Payloads of whole words, of about `length` bytes, so that text arrives while it is spoken."""
    payloads: list[bytes] = []
    for word in text.split():
        for piece in _pieces(word.encode(), MAX_PAYLOAD):
            if payloads and len(payloads[-1]) + 1 + len(piece) <= length:
                payloads[-1] += b" " + piece
            else:
                payloads.append(piece)
    return payloads


def modulate(payload: bytes, *, is_first: bool, is_last: bool, amplitude: float) -> Samples:
    """The sound of one frame; amplitude in the range of 16-bit samples."""
    if not 1 <= len(payload) <= MAX_PAYLOAD:
        raise ValueError(f"a caption frame holds 1 to {MAX_PAYLOAD} bytes, not {len(payload)}")
    head = len(payload) << 2 | (_FIRST if is_first else 0) | (_LAST if is_last else 0)
    bits = f"{head:08b}{_header_check(head):04b}"
    bits += "".join(f"{byte:08b}" for byte in payload) + f"{_crc(payload, head):016b}"
    bits += "0" * (-len(bits) % 3)
    values = [int(bits[i : i + 3], 2) for i in range(0, len(bits), 3)]
    symbols = [*_SYNC, *(value ^ value >> 1 for value in values)]
    phase = 2 * np.pi * np.cumsum(np.repeat(TONES[symbols], SYMBOL_SAMPLES)) / SAMPLE_RATE
    sound: Samples = (np.sin(phase) * amplitude).astype(np.float32)
    ramp = (0.5 - 0.5 * np.cos(np.pi * np.arange(40) / 40)).astype(np.float32)  # no clicks into the speech band
    sound[:40] *= ramp
    sound[-40:] *= ramp[::-1]
    return sound


def limit_speech(speech: Samples) -> Samples:
    """Speech without what lies in the captions' band (linear phase, nothing is delayed)."""
    length = len(speech) + len(_LOW_PASS) - 1
    size = 1 << (length - 1).bit_length()
    filtered = np.fft.irfft(np.fft.rfft(speech, size) * np.fft.rfft(_LOW_PASS, size), size)
    half = len(_LOW_PASS) // 2
    limited: Samples = filtered[half : half + len(speech)].astype(np.float32)
    return limited


class Demodulator:
    """Streaming receiver; costs about 15 µs of CPU per 20 ms of audio."""

    def __init__(self) -> None:
        self._odd = b""
        self._tail: Samples = np.zeros(0, np.float32)
        self._power: Samples = np.zeros((0, len(TONES)), np.float32)  # a row per hop
        self._first_row = 0  # absolute number of _power[0]
        self._scanned = 0  # no frame begins before this row
        self._found: tuple[int, float] | None = None  # row and score of a sync whose frame is not complete
        self._header: int | None = None

    @property
    def is_receiving(self) -> bool:
        """A frame has begun and is not complete."""
        return self._found is not None

    def feed(self, pcm: bytes) -> list[Caption]:
        """Take audio of any length; give the captions that it completed."""
        pcm = self._odd + pcm
        even = len(pcm) & ~1
        self._odd = pcm[even:]
        samples = np.concatenate([self._tail, np.frombuffer(pcm[:even], "<i2").astype(np.float32)])
        rows = (len(samples) - SYMBOL_SAMPLES) // _HOP + 1
        if rows <= 0:
            self._tail = samples
            return []
        # Overlapping windows without a copy; as_strided would take as long as the product below.
        windows: Samples = np.ndarray((rows, SYMBOL_SAMPLES), np.float32, samples, strides=(4 * _HOP, 4))
        squares = np.square(windows @ _SPECTRUM)
        self._power = np.concatenate([self._power, squares[:, : len(TONES)] + squares[:, len(TONES) :]])
        self._tail = samples[rows * _HOP :].copy()
        captions = list(self._captions())
        unused = (self._found[0] if self._found else self._scanned) - self._first_row
        if unused > 400:  # now and then: copying for every packet would cost more
            self._power = self._power[unused:].copy()
            self._first_row += unused
        return captions

    def _captions(self) -> Iterator[Caption]:
        while self._found or self._find_sync():
            assert self._found is not None
            row, score = self._found
            if self._header is None:
                header = self._read(row, _HEADER_SYMBOLS)
                if header is None:
                    return
                head, check = header >> 4, header & 0xF
                if check != _header_check(head) or not head >> 2:
                    self._skip_to(row + 1)
                    continue
                self._header = head
            length = self._header >> 2
            bits = _HEADER_BITS + 8 * length + _CRC_BITS
            symbols = -(-bits // 3)
            value = self._read(row, symbols)
            if value is None:
                return
            value >>= symbols * 3 - bits
            payload = (value >> _CRC_BITS & (1 << 8 * length) - 1).to_bytes(length, "big")
            if value & 0xFFFF != _crc(payload, self._header):
                self._skip_to(row + 1)
                continue
            end = row + (len(_SYNC) + symbols) * _HOPS
            seconds = _HOP / SAMPLE_RATE
            caption = Caption(
                text=payload.decode("utf-8", "replace"),
                is_first=bool(self._header & _FIRST),
                is_last=bool(self._header & _LAST),
                start=row * seconds,
                end=end * seconds,
                confidence=score,
            )
            self._skip_to(end - 2)
            yield caption

    def _skip_to(self, row: int) -> None:
        self._found, self._header, self._scanned = None, None, row

    def _find_sync(self) -> bool:
        """Look for a sync in the rows not yet scanned; the best timing in the next symbol counts."""
        start = self._scanned
        stop = self._first_row + len(self._power) - _SYNC_ROWS[-1] - _HOPS
        if stop <= start:
            return False
        rows = np.arange(start, stop + _HOPS) - self._first_row
        if self._power[rows[0] : rows[-1] + _SYNC_ROWS[-1] + 1].max() < _QUIETEST:  # most of a call
            self._scanned = int(stop)
            return False
        index = rows[:, None] + _SYNC_ROWS
        in_sync = self._power[index, _SYNC].sum(1)
        score = in_sync / (self._power[index].sum((1, 2)) + 1e-9)
        good = (score > _SYNC_SCORE) & (in_sync > len(_SYNC) * _QUIETEST)
        good[stop - start :] = False
        if not good.any():
            self._scanned = int(stop)
            return False
        first = int(np.argmax(good))
        best = first + int(np.argmax(score[first : first + _HOPS]))
        self._found = start + best, float(score[best])
        return True

    def _read(self, sync_row: int, symbols: int) -> int | None:
        """The symbols behind a sync as one number; None while they are not all here."""
        first = sync_row - self._first_row + len(_SYNC) * _HOPS
        last = first + (symbols - 1) * _HOPS
        if last >= len(self._power):
            return None
        value = 0
        for bits in _UNGRAY[self._power[first : last + 1 : _HOPS].argmax(1)]:
            value = value << 3 | int(bits)
        return value


def _crc(payload: bytes, head: int) -> int:
    return binascii.crc_hqx(payload + bytes([head]), 0xFFFF)


def _header_check(head: int) -> int:
    return binascii.crc_hqx(bytes([head]), 0x1234) >> 5 & 0xF


def _pieces(word: bytes, length: int) -> Iterator[bytes]:
    """A word in pieces of at most `length` bytes, no character cut."""
    while len(word) > length:
        cut = length
        while word[cut] & 0xC0 == 0x80:
            cut -= 1
        yield word[:cut]
        word = word[cut:]
    yield word


def _design_low_pass() -> Samples:
    taps = 255
    n = np.arange(taps) - taps // 2
    response = np.sinc(2 * SPEECH_LIMIT_HZ / SAMPLE_RATE * n) * np.kaiser(taps, 6.5)
    low_pass: Samples = (response / response.sum()).astype(np.float32)
    return low_pass


_LOW_PASS = _design_low_pass()
