"""G.711 by table, for the emulators that speak µ-law and A-law (ITU-T G.711)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


def _mulaw_values() -> npt.NDArray[np.int16]:
    code = np.arange(256) ^ 0xFF
    exponent, mantissa = code >> 4 & 7, code & 15
    magnitude = ((mantissa << 3) + 0x84 << exponent) - 0x84
    return np.where(code & 0x80, -magnitude, magnitude).astype(np.int16)


def _alaw_values() -> npt.NDArray[np.int16]:
    code = np.arange(256) ^ 0x55
    exponent, mantissa = code >> 4 & 7, code & 15
    magnitude = np.where(exponent, (mantissa << 4) + 0x108 << np.maximum(exponent - 1, 0), (mantissa << 4) + 8)
    return np.where(code & 0x80, magnitude, -magnitude).astype(np.int16)


def _nearest_codes(values: npt.NDArray[np.int16]) -> npt.NDArray[np.uint8]:
    """The code whose value is nearest, for each of the 65,536 samples."""
    order = np.argsort(values, kind="stable")
    ascending = values[order].astype(np.int32)
    borders = (ascending[1:] + ascending[:-1]) / 2
    return order[np.searchsorted(borders, np.arange(-32768, 32768))].astype(np.uint8)


class Law:
    def __init__(self, values: npt.NDArray[np.int16]) -> None:
        self._values = values
        self._codes = _nearest_codes(values)

    def encode(self, pcm: bytes) -> bytes:
        return self._codes[np.frombuffer(pcm, "<i2").astype(np.int32) + 32768].tobytes()

    def decode(self, codes: bytes) -> bytes:
        return self._values[np.frombuffer(codes, np.uint8)].astype("<i2").tobytes()


MULAW = Law(_mulaw_values())
ALAW = Law(_alaw_values())
