"""A voice made of recordings, through the vendor's SDK."""

from __future__ import annotations

import io
import wave
from typing import Any

import httpx
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from providers.elevenlabs.cloning import clone_voice, delete_voice
from providers.protocols import Failure, ProviderError
from providers.samples import MOST_BYTES, BadSample, Sample, read_samples
from tests.providers.conftest import Vendors


def wav(seconds: float, *, rate: int = 8000) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(rate)
        out.writeframes(bytes(int(seconds * rate) * 2))
    return file.getvalue()


def mp3(seconds: float, *, tag: bytes = b"") -> bytes:
    """MPEG-1 layer III, 64 kbit/s, 44.1 kHz: frames of 208 bytes, 26.1 ms."""
    frame = b"\xff\xfb\x50\x00".ljust(208, b"\0")
    return tag + frame * round(seconds * 44_100 / 1152)


def upload(content: bytes, name: str = "x") -> Any:
    return SimpleUploadedFile(name, content)


SAMPLE = Sample(wav(1), "audio/wav", 1.0)


def listed(vendors: Vendors) -> list[str]:
    answer = httpx.get(f"{vendors.url}/elevenlabs/v1/voices", headers={"xi-api-key": "x"})
    return [voice["voice_id"] for voice in answer.json()["voices"]]


def test_a_voice_is_made_and_forgotten(vendors_beside: Vendors) -> None:
    voice_id = clone_voice("Claire", [SAMPLE, SAMPLE], description="Claire agreed.")
    assert voice_id in listed(vendors_beside)
    delete_voice(voice_id)
    assert voice_id not in listed(vendors_beside)
    delete_voice(voice_id)  # the second time there is nothing to do


@pytest.mark.parametrize(
    ("key", "failure"),
    [
        ("sandbox-401", Failure.REFUSED),
        ("sandbox-429", Failure.RATE_LIMITED),
        ("sandbox-500", Failure.SERVER),
        ("sandbox-garbage", Failure.GARBAGE),
    ],
)
def test_a_vendor_that_makes_no_voice_is_an_error(vendors_beside: Vendors, key: str, failure: Failure) -> None:
    vendors_beside.point(key=key)
    with pytest.raises(ProviderError) as error:
        clone_voice("Claire", [SAMPLE])
    assert error.value.failure is failure
    assert key not in str(error.value)


def test_a_vendor_that_is_not_there_is_an_error(vendors_beside: Vendors, closed_url: str) -> None:
    vendors_beside.point(closed_url)
    with pytest.raises(ProviderError, match="unreachable"):
        clone_voice("Claire", [SAMPLE])


@pytest.mark.parametrize("tag", [b"", b"ID3\x04\x00\x00\x00\x00\x01\x00" + bytes(128)])
def test_recordings_are_told_by_their_content(tag: bytes) -> None:
    first, second = read_samples([upload(wav(20.0), "a.mp3"), upload(mp3(20.0, tag=tag), "b.txt")])
    assert (first.content_type, first.seconds) == ("audio/wav", 20.0)
    assert (second.content_type, round(second.seconds)) == ("audio/mpeg", 20)


@pytest.mark.parametrize(
    ("files", "code"),
    [
        ([], "count"),
        ([wav(4)] * 11, "count"),
        ([b""], "kind"),
        ([b"<html>" * 100], "kind"),
        ([b"\xff\xfb\x50\x00"], "kind"),  # one frame is chance
        ([b"RIFF\xff\xff\xff\xffWAVEfmt "], "kind"),
        ([wav(1.0)[:44].replace(b"data", b"xxxx")], "kind"),
        ([wav(29.9)], "short"),
        ([wav(40)[:-300_000]], "short"),  # the header promises more than there is
        ([wav(300), wav(301)], "long"),
        ([bytes(MOST_BYTES + 1)], "large"),
    ],
)
def test_recordings_that_make_no_voice_are_refused(files: list[bytes], code: str) -> None:
    with pytest.raises(BadSample) as error:
        read_samples([upload(content) for content in files])
    assert error.value.code == code
