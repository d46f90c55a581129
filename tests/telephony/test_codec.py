from itertools import pairwise
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telephony.audiosocket import codec
from telephony.audiosocket.codec import Decoder, Kind, Opening, encode, recognise

frames = st.tuples(st.integers(0, 255), st.binary(max_size=700))


def cut(data: bytes, places: list[int]) -> list[bytes]:
    edges = sorted({0, len(data), *(place % (len(data) + 1) for place in places)})
    return [data[start:end] for start, end in pairwise(edges)]


@given(st.lists(frames, max_size=20), st.lists(st.integers(0, 1 << 20), max_size=30))
def test_frames_come_back_however_tcp_cuts_them(sent, places):
    decoder, got = Decoder(), []
    for piece in cut(b"".join(encode(*frame) for frame in sent), places):
        got += decoder.feed(piece)
    assert got == sent
    assert decoder.pending == b""


def test_frames_come_back_byte_by_byte():
    decoder = Decoder()
    data = codec.encode_uuid(UUID(int=7)) + encode(Kind.AUDIO, bytes(320)) + codec.HANGUP
    got = [frame for byte in data for frame in decoder.feed(bytes([byte]))]
    assert got == [(Kind.UUID, UUID(int=7).bytes), (Kind.AUDIO, bytes(320)), (Kind.HANGUP, b"")]


@pytest.mark.parametrize("length", [0, 1, 319, 320, 4093, 4094, 65535])
def test_any_length_comes_back(length):
    payload = bytes(i & 255 for i in range(length))
    decoder = Decoder()
    assert decoder.feed(encode(Kind.AUDIO, payload) + codec.ERROR) == [(Kind.AUDIO, payload), (Kind.ERROR, b"")]


def test_the_usual_frame_is_what_encode_makes():
    assert encode(Kind.AUDIO, bytes(320)) == codec.AUDIO_HEADER + bytes(320)


def test_a_frame_that_is_too_long_is_noticed_by_its_header():
    decoder = Decoder(longest=1000)
    with pytest.raises(codec.FrameTooLong, match="0x10 with 1001 bytes"):
        decoder.feed(encode(Kind.AUDIO, bytes(1001))[:3])


def test_what_came_before_it_is_not_lost():
    decoder = Decoder(longest=1000)
    assert decoder.feed(codec.HANGUP + encode(Kind.AUDIO, bytes(1001))[:10]) == [(Kind.HANGUP, b"")]
    with pytest.raises(codec.FrameTooLong):
        decoder.feed(b"\0")


def test_encode_refuses_what_a_header_cannot_say():
    with pytest.raises(ValueError, match="65536 bytes"):
        encode(Kind.AUDIO, bytes(65536))


def test_every_kind_of_audio_has_a_rate():
    assert sorted(codec.SAMPLE_RATES) == list(range(0x10, 0x19))


@pytest.mark.parametrize(
    ("first", "opening"),
    [
        (codec.encode_uuid(UUID(int=1)), Opening.CALL),
        (b"GET / HTTP/1.1\r\n", Opening.HTTP),
        (b"POST /", Opening.HTTP),
        (b"HEAD / HTTP/1.0", Opening.HTTP),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", Opening.HTTP),
        (b"\x16\x03\x01\x02\x00\x01", Opening.TLS),
        (b"SSH-2.0-Go", Opening.GARBAGE),
        (b"\x01\x00\x11", Opening.GARBAGE),
        (b"\x10\x01\x40", Opening.GARBAGE),
        (b"GETTING", Opening.GARBAGE),
    ],
)
def test_the_first_bytes_tell_what_a_connection_is(first, opening):
    assert recognise(first) is opening


@pytest.mark.parametrize("first", [b"", b"\x01", b"\x01\x00", b"\x16", b"P", b"GET"])
def test_too_few_bytes_tell_nothing_yet(first):
    assert recognise(first) is None
