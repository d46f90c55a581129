import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from telephony.audiosocket.codec import SAMPLE_RATES
from telephony.audiosocket.resampling import Downsampler

RATES = [rate for rate in SAMPLE_RATES.values() if rate != 8000]


def tone(hertz, rate, seconds=1.0):
    return (10000 * np.sin(2 * np.pi * hertz * np.arange(int(rate * seconds)) / rate)).astype("<i2").tobytes()


def level(pcm):
    """RMS, without the beginning."""
    return np.sqrt(np.mean(np.frombuffer(pcm, "<i2")[400:].astype(float) ** 2))


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("hertz", [200, 1000, 3000])
def test_speech_keeps_its_pitch_and_its_level(rate, hertz):
    result = Downsampler(rate)(tone(hertz, rate))
    assert abs(len(result) // 2 - 8000) <= 40
    assert level(result) == pytest.approx(10000 / np.sqrt(2), rel=0.02)
    spectrum = np.abs(np.fft.rfft(np.frombuffer(result, "<i2")[400:4400].astype(float)))
    assert np.argmax(spectrum) * 2 == pytest.approx(hertz, abs=2)


@pytest.mark.parametrize("rate", RATES)
def test_what_lies_above_does_not_come_back_as_another_tone(rate):
    hertz = min(rate / 2 - 500, 7000)
    assert level(Downsampler(rate)(tone(hertz, rate))) < 25


@pytest.mark.parametrize("rate", RATES)
@given(cuts=st.lists(st.integers(1, 900), min_size=1, max_size=20))
def test_pieces_give_what_the_whole_gives(rate, cuts):
    pcm = tone(440, rate, 0.05)
    pieces, start = [], 0
    for length in [*cuts, len(pcm)]:
        pieces.append(pcm[start : start + 2 * length])
        start += 2 * length
    downsampler = Downsampler(rate)
    whole = np.frombuffer(Downsampler(rate)(pcm), "<i2").astype(int)
    cut = np.frombuffer(b"".join(downsampler(piece) for piece in pieces), "<i2").astype(int)
    assert len(whole) == len(cut)
    assert np.max(np.abs(whole - cut), initial=0) <= 1


def test_a_frame_of_20_ms_becomes_one_of_20_ms():
    downsampler = Downsampler(16000)
    assert [len(downsampler(bytes(640))) for _ in range(5)] == [320] * 5


def test_a_lower_rate_is_refused():
    with pytest.raises(ValueError, match="4000 Hz"):
        Downsampler(4000)
