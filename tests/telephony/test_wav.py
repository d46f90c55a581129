import wave

import numpy as np

from telephony.wav import StereoWav, interleave


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
