"""The captioned voice, on the way through telephone audio and through damage."""

import random
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from sandbox import modem
from sandbox.g711 import ALAW, MULAW
from sandbox.voice import SAMPLE_RATE, Captions, render, transcript

FRENCH = "Bonjour, ma box ne s'allume plus depuis hier soir, pouvez-vous m'aider ? C'est déjà la 2e fois !"
ENGLISH = "Hello, my router has been dead since yesterday evening. It's the 2nd time!"


@pytest.mark.parametrize(("text", "language"), [(FRENCH, "fr"), (ENGLISH, "en")])
@pytest.mark.parametrize("voice", ["female", "male"])
def test_speech_carries_its_text(text, language, voice):
    assert transcript(render(text, language, voice=voice)) == text


@pytest.mark.parametrize("law", [MULAW, ALAW])
def test_the_text_passes_g711_twice(law):
    once = law.decode(law.encode(render(FRENCH, "fr")))
    assert transcript(law.decode(law.encode(once))) == FRENCH


def test_the_text_arrives_while_it_is_spoken():
    pcm, captions = render(FRENCH, "fr"), Captions()
    pcm += bytes(1600)
    arrived = [(i / 16000, caption) for i in range(320, len(pcm), 320) for caption in captions.feed(pcm[i - 320 : i])]
    assert " ".join(caption.text for _, caption in arrived) == FRENCH
    assert all(-0.02 <= now - caption.end < 0.1 for now, caption in arrived)
    assert [caption.is_first for _, caption in arrived] == [True] + [False] * (len(arrived) - 1)
    assert [caption.is_last for _, caption in arrived] == [False] * (len(arrived) - 1) + [True]


def test_packets_of_odd_sizes_do_not_matter():
    pcm, captions, dice, text, at = render(ENGLISH, "en"), Captions(), random.Random(1), [], 0
    pcm += bytes(1600)
    while at < len(pcm):
        size = dice.randrange(1, 1500)
        text += [caption.text for caption in captions.feed(pcm[at : at + size])]
        at += size
    assert " ".join(text) == ENGLISH


def test_speech_that_is_cut_off_reads_as_far_as_it_was_heard():
    pcm = render(FRENCH, "fr")
    heard = transcript(pcm[: len(pcm) // 2 & ~1])
    assert heard
    assert FRENCH.startswith(heard)
    assert len(heard) < len(FRENCH) * 0.7


def samples(pcm: bytes) -> np.ndarray:
    return np.frombuffer(pcm, "<i2")


@pytest.mark.parametrize(
    "damage",
    [
        lambda pcm: samples(pcm).byteswap().tobytes(),
        lambda pcm: b"\0" + pcm[:-1],
        MULAW.encode,
        lambda pcm: ALAW.decode(MULAW.encode(pcm)),
        lambda pcm: samples(pcm)[::2].tobytes(),
        lambda pcm: np.repeat(samples(pcm), 2).tobytes(),
        lambda pcm: b"".join(pcm[i : i + 300] for i in range(0, len(pcm), 320)),
        lambda pcm: b"".join(pcm[i : i + 320] * 2 for i in range(0, len(pcm), 320)),
    ],
    ids=["byte order", "one byte off", "µ-law as PCM", "µ-law as A-law", "16 kHz", "4 kHz", "lost samples", "doubled"],
)
def test_damaged_audio_has_no_text(damage):
    assert transcript(damage(render(FRENCH, "fr"))) == ""


def test_noise_and_plain_speech_have_no_text():
    noise = np.random.default_rng(3).normal(0, 3000, SAMPLE_RATE * 20).clip(-32768, 32767).astype("<i2").tobytes()
    assert transcript(noise) == ""
    assert transcript(render(FRENCH, "fr", captions=False)) == ""


def test_the_captions_survive_noise_and_quiet_lines():
    pcm = samples(render(FRENCH, "fr")) / 10 + np.random.default_rng(5).normal(0, 20, len(render(FRENCH, "fr")) // 2)
    assert transcript(pcm.astype("<i2").tobytes()) == FRENCH


def test_the_captions_lie_beside_the_speech():
    plain = np.abs(np.fft.rfft(modem.limit_speech(samples(render(FRENCH, "fr", captions=False)).astype(np.float32))))
    above = int(len(plain) * 2600 / 4000)
    assert (plain[above:] ** 2).sum() < 1e-4 * (plain**2).sum()


def test_threads_may_speak_at_once():
    texts = [f"Phrase numéro {n}, avec quelques mots." for n in range(24)]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda text: transcript(render(text, "fr")), texts)) == texts


def test_speed_changes_the_length():
    assert len(render(FRENCH, "fr", speed=1.3)) < len(render(FRENCH, "fr"))


def test_an_empty_text_is_no_sound():
    assert render("  ", "fr") == b""


def test_a_word_longer_than_a_frame_is_sent_in_pieces():
    word = "é" * 100
    assert b"".join(modem.split_words(word)).decode() == word
    assert transcript(render(word, "fr")).replace(" ", "") == word


def test_an_unknown_language_is_refused_with_the_choices():
    with pytest.raises(ValueError, match="there are: fr female"):
        render("hola", "es")
