import io
import wave
from pathlib import Path

import numpy as np
import pytest

from telephony.wav import StereoWav, interleave, peaks


def samples(*values):
    return np.array(values, "<i2").tobytes()


def test_channels_alternate_and_the_shorter_ends_in_silence():
    assert interleave(samples(1, 2, 3), samples(-1)) == samples(1, -1, 2, 0, 3, 0)
    assert interleave(b"", samples(5)) == samples(0, 5)
    assert interleave(b"", b"") == b""


def test_a_recording_is_a_wav_that_others_read(tmp_path):
    path = tmp_path / "call.wav"
    recording = StereoWav(path)
    recording.append(samples(1, 2), samples(3, 4))
    recording.append(samples(5), samples(6))
    recording.close()
    recording.close()
    with wave.open(str(path)) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (2, 2, 8000)
        assert file.getnframes() == 3
        assert file.readframes(3) == samples(1, 3, 2, 4, 5, 6)


def test_what_a_dead_worker_left_can_be_read(tmp_path):
    path = tmp_path / "call.wav"
    recording = StereoWav(path)
    recording.append(samples(1), samples(2))
    recording._file.flush()
    with wave.open(str(path)) as file:
        assert file.readframes(1000) == samples(1, 2)
    recording.close()


def test_peaks_show_who_spoke_when(tmp_path: Path) -> None:
    wav = StereoWav(tmp_path / "call.wav")
    second, silence = np.full(8000, -20_000, "<i2").tobytes(), bytes(16_000)
    wav.append(second, silence)
    wav.append(silence, np.full(8000, 10_000, "<i2").tobytes())
    wav.close()
    with (tmp_path / "call.wav").open("rb") as file:
        assert peaks(file, 4) == (2.0, [100, 100, 0, 0], [0, 0, 50, 50])


def test_peaks_of_a_recording_that_a_dead_worker_left(tmp_path: Path) -> None:
    wav = StereoWav(tmp_path / "call.wav")
    wav.append(np.full(801, -32_768, "<i2").tobytes(), b"")
    wav._file.flush()  # never closed: the header does not know the length
    with (tmp_path / "call.wav").open("rb") as file:
        seconds, caller, bot = peaks(file, 1000)
    assert (round(seconds, 3), len(caller), set(caller), set(bot)) == (0.1, 801, {100}, {0})
    wav.close()


@pytest.mark.parametrize("content", [b"", b"RIFF", bytes(44), bytes(46)])
def test_nothing_recorded_has_no_peaks(content: bytes) -> None:
    assert peaks(io.BytesIO(content), 10) == (0.0, [], [])
