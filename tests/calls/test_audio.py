"""The media session: what the caller hears in the next 20 ms."""

from calls.audio import CallAudio, Playback
from telephony.media import FRAME_BYTES, FRAME_SECONDS, SILENCE

WORD = b"\x01\x02" * (FRAME_BYTES // 2)


def test_silence_flows_when_nothing_is_said() -> None:
    audio = CallAudio(None, lambda: None)
    assert [audio.speak() for _ in range(3)] == [SILENCE] * 3
    assert audio.now == 3 * FRAME_SECONDS


def test_a_playback_sounds_from_the_next_frame_and_tells_when_it_ends() -> None:
    changes: list[bool] = []
    audio = CallAudio(None, lambda: changes.append(audio.is_playing))
    playback = Playback()
    playback.feed(WORD * 2 + WORD[:100])
    playback.complete()
    audio.speak()
    audio.play(playback)
    heard = [audio.speak() for _ in range(4)]
    assert heard == [WORD, WORD, WORD[:100].ljust(FRAME_BYTES, b"\0"), SILENCE]
    assert playback.started_at == FRAME_SECONDS
    assert changes == [True, False]


def test_barge_in_is_silence_from_the_next_frame() -> None:
    audio = CallAudio(None, lambda: None)
    playback = Playback()
    playback.feed(WORD * 100)
    audio.play(playback)
    audio.speak()
    audio.stop()
    assert audio.speak() == SILENCE
    assert playback.frames_played == 1


def test_a_vendor_slower_than_speech_is_an_underrun_not_the_end() -> None:
    audio = CallAudio(None, lambda: None)
    playback = Playback()
    playback.feed(WORD)
    audio.play(playback)
    assert [audio.speak(), audio.speak()] == [WORD, SILENCE]
    playback.feed(WORD)
    playback.complete()
    assert audio.speak() == WORD
    assert playback.underruns == 1


def test_a_late_listener_gets_what_was_said_before() -> None:
    audio = CallAudio(None, lambda: None)
    for _ in range(5):
        audio.hear(WORD)
        audio.speak()
    heard: list[bytes] = []
    assert audio.listen_with(heard.append) == 0.0
    audio.hear(WORD)
    audio.listen_with(None)
    assert b"".join(heard) == WORD * 6


def test_what_is_kept_for_a_late_listener_is_bounded() -> None:
    audio = CallAudio(None, lambda: None)
    for _ in range(2000):
        audio.hear(WORD)
        audio.speak()
    heard: list[bytes] = []
    assert audio.listen_with(heard.append) == 30.0
    assert len(b"".join(heard)) == 500 * FRAME_BYTES


def test_a_stall_costs_time_and_not_the_place_in_what_is_said() -> None:
    audio = CallAudio(None, lambda: None)
    playback = Playback()
    playback.feed(WORD * 2)
    audio.play(playback)
    audio.speak()
    audio.skip(5)
    assert audio.now == 6 * FRAME_SECONDS
    assert audio.speak() == WORD
