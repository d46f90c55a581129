"""eSpeak NG in this process, through ctypes and the library in the espeakng-loader wheel.

The engine is one per process and not re-entrant: a lock guards it. Synthesis takes
about 2 ms for 3 s of speech and gives the GIL away meanwhile.
https://github.com/espeak-ng/espeak-ng/blob/master/src/include/espeak-ng/speak_lib.h
"""

from __future__ import annotations

import ctypes
import threading
from ctypes import POINTER, c_char, c_int, c_short, c_size_t, c_uint, c_void_p
from dataclasses import dataclass
from functools import cache
from typing import Any

import espeakng_loader

_AUDIO_OUTPUT_SYNCHRONOUS = 2
_INITIALIZE_DONT_EXIT = 0x8000
_CHARS_UTF8 = 1
_RATE = 1
_EVENT_LIST_TERMINATED, _EVENT_WORD = 0, 1
_POS_CHARACTER = 1


class _Event(ctypes.Structure):
    _fields_ = [
        ("type", c_int),
        ("unique_identifier", c_uint),
        ("text_position", c_int),
        ("length", c_int),
        ("audio_position", c_int),
        ("sample", c_int),
        ("user_data", c_void_p),
        ("id", c_char * 8),
    ]


_Callback = ctypes.CFUNCTYPE(c_int, POINTER(c_short), c_int, POINTER(_Event))


@dataclass(frozen=True, slots=True)
class Speech:
    pcm: bytes
    sample_rate: int
    word_starts: tuple[tuple[int, float], ...]  # position in the text, seconds


class Espeak:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pcm = bytearray()
        self._words: list[tuple[int, float]] = []
        self._library = library = ctypes.CDLL(espeakng_loader.get_library_path())
        library.espeak_SetSynthCallback.argtypes = [_Callback]
        library.espeak_Synth.argtypes = [
            c_void_p, c_size_t, c_uint, c_int, c_uint, c_uint, POINTER(c_uint), c_void_p,
        ]  # fmt: skip
        data = espeakng_loader.get_data_path().encode()
        self._sample_rate: int = library.espeak_Initialize(_AUDIO_OUTPUT_SYNCHRONOUS, 0, data, _INITIALIZE_DONT_EXIT)
        if self._sample_rate <= 0:
            raise RuntimeError(f"eSpeak NG does not start (espeak_Initialize returned {self._sample_rate})")
        self._callback = _Callback(self._collect)  # C keeps no reference
        library.espeak_SetSynthCallback(self._callback)

    def speak(self, text: str, voice: str, words_per_minute: int) -> Speech:
        """Say a text. Raises ValueError for an unknown voice."""
        data = text.encode() + b"\0"
        with self._lock:
            if self._library.espeak_SetVoiceByName(voice.encode()):
                raise ValueError(f"eSpeak NG has no voice {voice!r}")
            self._library.espeak_SetParameter(_RATE, words_per_minute, 0)
            self._pcm.clear()
            self._words.clear()
            status = self._library.espeak_Synth(data, len(data), 0, _POS_CHARACTER, 0, _CHARS_UTF8, None, None)
            if status:
                raise RuntimeError(f"eSpeak NG failed (espeak_Synth returned {status})")
            return Speech(bytes(self._pcm), self._sample_rate, tuple(self._words))

    def _collect(self, samples: Any, count: int, events: Any) -> int:
        for event in events:
            if event.type == _EVENT_LIST_TERMINATED:
                break
            if event.type == _EVENT_WORD:
                self._words.append((event.text_position - 1, event.audio_position / 1000))
        if samples and count > 0:
            self._pcm += ctypes.string_at(samples, count * 2)
        return 0  # go on


_starting = threading.Lock()


def engine() -> Espeak:
    """The one of this process. The library starts once: a second start beside the first crashes."""
    with _starting:  # `cache` alone lets two threads in
        return _engine()


@cache
def _engine() -> Espeak:
    return Espeak()
