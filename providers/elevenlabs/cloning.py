"""Instant voice cloning by ElevenLabs. https://elevenlabs.io/docs/api-reference/voices/ivc/create"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

import httpx
from django.conf import settings
from elevenlabs.client import ElevenLabs
from elevenlabs.core.api_error import ApiError
from elevenlabs.core.request_options import RequestOptions

from providers import wire
from providers.elevenlabs.text_to_speech import detail
from providers.protocols import Failure, ProviderError
from providers.samples import Sample

TIMEOUT_SECONDS: Final = 60.0  # of each wait: the samples are some megabytes
_OPTIONS: Final = RequestOptions(max_retries=0)


def clone_voice(name: str, samples: Sequence[Sample], *, description: str = "") -> str:
    """Make a voice of recordings; returns its id. Blocks for some seconds. Raises ProviderError."""
    files = [(f"sample-{number}", sample.content, sample.content_type) for number, sample in enumerate(samples, 1)]
    with _client() as client:
        answer = client.voices.ivc.create(name=name, files=files, description=description, request_options=_OPTIONS)
        voice_id = answer.voice_id
    if not isinstance(voice_id, str) or not voice_id:  # models are built unchecked
        raise ProviderError("elevenlabs", Failure.GARBAGE, "an answer without a voice")
    return voice_id


def delete_voice(voice_id: str) -> None:
    """Have the vendor forget a cloned voice; one that it does not know is as good. Raises ProviderError."""
    with _client() as client:
        try:
            client.voices.delete(voice_id, request_options=_OPTIONS)
        except ApiError as error:
            if error.status_code != 404:
                raise


@contextmanager
def _client() -> Iterator[ElevenLabs]:
    vendor = settings.VENDORS["elevenlabs"]
    try:
        with httpx.Client(verify=wire.tls_context(), timeout=TIMEOUT_SECONDS) as http:
            yield ElevenLabs(api_key=vendor["api_key"], base_url=vendor["url"], httpx_client=http)
    except ApiError as error:
        raise wire.from_status(
            "elevenlabs", error.status_code or 0, error.headers or {}, detail(error.body), secret=vendor["api_key"]
        ) from None
    except Exception as error:
        raise wire.from_exception("elevenlabs", error) from None
