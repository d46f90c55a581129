"""From the higher rates that Asterisk may send down to the 8 kHz of a call."""

from __future__ import annotations

from math import gcd
from typing import Final

import numpy as np

from telephony.media import SAMPLE_RATE

# Of the low-pass filter, on each side of a sample, in samples of the output.
_REACH: Final = 16
# Just below half of the output's rate; what lies above would come back as another tone.
_CUTOFF: Final = 0.46
# Kaiser's: 60 dB of attenuation above 4.1 kHz, flat up to 3.2 kHz.
_BETA: Final = 6.0


class Downsampler:
    """A stream's audio at 8 kHz; 2 ms late, because it looks ahead.

    A windowed-sinc low-pass, evaluated only where an output sample lies: one set of
    weights for each position that such a sample can have between two input samples
    (one at 16 kHz, 80 at 44.1 kHz).
    """

    def __init__(self, rate: int) -> None:
        """`rate`: samples per second that come in, at least SAMPLE_RATE."""
        if rate < SAMPLE_RATE:
            raise ValueError(f"{rate} Hz is below {SAMPLE_RATE} Hz")
        divisor = gcd(rate, SAMPLE_RATE)
        self._up, self._down = SAMPLE_RATE // divisor, rate // divisor
        reach = -(-_REACH * rate // SAMPLE_RATE)
        fractions = np.arange(self._up)[:, None] / self._up
        distance = np.arange(-reach, reach + 1)[None, :] - fractions
        cutoff = _CUTOFF * SAMPLE_RATE / rate
        window = np.i0(_BETA * np.sqrt(1 - (distance / (reach + 1)) ** 2))
        weights = np.sinc(2 * cutoff * distance) * window
        self._weights = (weights / weights.sum(axis=1, keepdims=True)).astype(np.float32)
        self._taps = 2 * reach + 1
        self._kept = np.zeros(2 * reach, np.float32)
        self._next = 0  # of the next output sample, in 1/up input samples from the start of `_kept`

    def __call__(self, pcm: bytes) -> bytes:
        """PCM of any even length in, the 8 kHz PCM that it completes out."""
        samples = np.concatenate((self._kept, np.frombuffer(pcm, "<i2").astype(np.float32)))
        windows = len(samples) - self._taps + 1
        if windows < 1:
            return b""
        positions = np.arange(self._next, windows * self._up, self._down)
        starts, phases = positions // self._up, positions % self._up
        seen = np.lib.stride_tricks.sliding_window_view(samples, self._taps)[starts]
        result = np.einsum("ij,ij->i", seen, self._weights[phases])
        following = self._next + len(positions) * self._down
        consumed = min(following // self._up, windows)
        self._kept = samples[consumed:]
        self._next = following - consumed * self._up
        return bytes(np.clip(np.rint(result), -32768, 32767).astype("<i2").tobytes())
