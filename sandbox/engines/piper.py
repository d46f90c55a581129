"""What Piper's Python module is, as far as the product uses it; eSpeak NG speaks.

https://github.com/OHF-Voice/piper1-gpl/blob/main/src/piper/voice.py, 1.8
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soxr

from sandbox.voice import SAMPLE_RATE, render

VOICE_RATE = 22_050  # of Piper's medium voices


@dataclass
class SynthesisConfig:
    length_scale: float | None = None  # above 1 is slower


@dataclass
class AudioChunk:
    sample_rate: int
    sample_width: int
    sample_channels: int
    audio_int16_bytes: bytes


class PiperVoice:
    def __init__(self, path: str) -> None:
        self._path = path
        self._language = "en" if Path(path).name.startswith("en") else "fr"

    @staticmethod
    def load(model_path: str | Path) -> PiperVoice:
        if str(model_path).endswith("-401"):
            raise FileNotFoundError(model_path)
        return PiperVoice(str(model_path))

    def synthesize(self, text: str, syn_config: SynthesisConfig | None = None) -> Iterable[AudioChunk]:
        """One chunk for each sentence."""
        if self._path.endswith("-500"):
            raise RuntimeError("onnxruntime failed")
        scale = (syn_config.length_scale if syn_config else None) or 1.0
        for number, sentence in enumerate(re.findall(r"\S[^.!?]*[.!?]*", text)):
            if self._path.endswith("-drop") and number:
                raise RuntimeError("onnxruntime failed")
            if self._path.endswith("-garbage"):
                return
            speech = np.frombuffer(render(sentence, self._language, speed=1 / scale), "<i2")
            yield AudioChunk(VOICE_RATE, 2, 1, soxr.resample(speech, SAMPLE_RATE, VOICE_RATE).tobytes())
