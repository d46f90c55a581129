"""Recordings are exact to the frame, and a bad disk costs the recording only."""

import wave
from pathlib import Path

import pytest

from calls.audio import CallAudio
from calls.recording import Recorder
from monitoring import metrics
from telephony.media import FRAME_BYTES, SILENCE

LOUD = b"\x10\x20" * (FRAME_BYTES // 2)
SOFT = b"\x01\x00" * (FRAME_BYTES // 2)


def channels(path: Path) -> tuple[bytes, bytes]:
    with wave.open(str(path)) as file:
        assert (file.getnchannels(), file.getframerate(), file.getsampwidth()) == (2, 8000, 2)
        data = file.readframes(file.getnframes())
    left = b"".join(data[at : at + 2] for at in range(0, len(data), 4))
    right = b"".join(data[at + 2 : at + 4] for at in range(0, len(data), 4))
    return left, right


async def test_caller_is_left_and_bot_is_right(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "call.wav")
    for number in range(120):
        recorder.caller(LOUD)
        recorder.bot(SOFT if number % 2 else SILENCE)
    assert await recorder.close()
    assert channels(tmp_path / "call.wav") == (LOUD * 120, (SILENCE + SOFT) * 60)


@pytest.mark.parametrize("hole", [6, 40], ids=["key", "hold"])
async def test_a_hole_in_the_caller_s_audio_keeps_its_place(tmp_path: Path, hole: int) -> None:
    recorder = Recorder(tmp_path / "call.wav")
    audio = CallAudio(recorder, lambda: None)
    heard: list[bytes] = []
    audio.listen_with(heard.append)
    for number in range(100):
        if not 30 <= number < 30 + hole:  # a key was pressed: Asterisk sends nothing
            audio.hear(LOUD)
        audio.speak()
    audio.listen_with(None)
    assert await recorder.close()
    left, _right = channels(tmp_path / "call.wav")
    after = 30 + hole
    assert left[: 30 * FRAME_BYTES] == LOUD * 30
    assert left[30 * FRAME_BYTES : after * FRAME_BYTES] == bytes(hole * FRAME_BYTES)
    assert left[after * FRAME_BYTES :] == LOUD * (100 - after)
    assert b"".join(heard) == left  # speech-to-text keeps the same time


async def test_a_caller_who_floods_does_not_fill_the_memory(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "call.wav")
    for _ in range(10_000):
        recorder.caller(LOUD)
    for _ in range(50):
        recorder.bot(SOFT)
    assert await recorder.close()
    left, right = channels(tmp_path / "call.wav")
    assert len(left) == len(right) == 50 * FRAME_BYTES


async def test_a_disk_that_fails_costs_the_recording_only(tmp_path: Path) -> None:
    before = metrics.failed_recordings._value.get()
    (tmp_path / "file").write_text("not a folder")
    recorder = Recorder(tmp_path / "file" / "call.wav")
    for _ in range(60):
        recorder.caller(LOUD)
        recorder.bot(SOFT)
    assert not await recorder.close()
    assert isinstance(recorder.error, OSError)
    assert metrics.failed_recordings._value.get() == before + 1


async def test_a_call_without_a_frame_has_no_recording(tmp_path: Path) -> None:
    assert not await Recorder(tmp_path / "call.wav").close()
    assert not (tmp_path / "call.wav").exists()


async def test_a_stall_leaves_a_gap_on_the_bot_s_side(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "call.wav")
    audio = CallAudio(recorder, lambda: None)
    for number in range(100):
        audio.hear(LOUD)  # the caller's telephone goes on
        if number == 50:
            audio.skip(10)
        elif not 40 <= number < 50:
            audio.speak()
    assert await recorder.close()
    left, right = channels(tmp_path / "call.wav")
    assert left == LOUD * 99 + left[99 * FRAME_BYTES :]
    assert len(left) == len(right)
