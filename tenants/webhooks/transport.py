"""One request to an endpoint: to the address that was checked, and never longer than it may take."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import httpx

from tenants.webhooks import targets

LONGEST_SECONDS: Final = 10.0  # from the name's lookup to the last byte of the answer
#: A failure that took so long is no matter of one message: the next ones would take as long.
SLOW_SECONDS: Final = 3.0
EXCERPT_BYTES: Final = 1000


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a request: a status, or an error that says why there is none."""

    seconds: float
    status_code: int | None = None
    excerpt: str = ""
    error: str = ""

    @property
    def is_success(self) -> bool:
        return self.status_code is not None and 200 <= self.status_code < 300

    @property
    def is_away(self) -> bool:
        """Nobody is there, or in no state to answer, for any message: not this one is at fault."""
        is_slow = not self.is_success and self.seconds >= SLOW_SECONDS
        return is_slow or self.status_code in (None, 429, 502, 503, 504)


def send(url: str, *, body: bytes, headers: Mapping[str, str]) -> Answer:
    """POST it; in a thread without an event loop. Never raises for what the other side does."""
    started = time.monotonic()
    try:
        status_code, excerpt = asyncio.run(_bounded(url, body, headers))
    except targets.TargetRefused as refused:
        return Answer(time.monotonic() - started, error=str(refused)[:200])
    except TimeoutError:
        return Answer(time.monotonic() - started, error=f"no answer within {LONGEST_SECONDS:.0f} s")
    except (httpx.HTTPError, OSError, UnicodeError) as error:
        return Answer(time.monotonic() - started, error=f"{type(error).__name__}: {error}"[:200])
    return Answer(time.monotonic() - started, status_code, excerpt)


async def _bounded(url: str, body: bytes, headers: Mapping[str, str]) -> tuple[int, str]:
    async with asyncio.timeout(LONGEST_SECONDS):
        return await _post(url, body, headers)


async def _post(url: str, body: bytes, headers: Mapping[str, str]) -> tuple[int, str]:
    parts = targets.split(url)
    address = await targets.resolve(parts)
    wanted = httpx.URL(url)
    # Connected to is the address, not the name: asked a second time, that might lead elsewhere.
    async with (
        httpx.AsyncClient(trust_env=False, follow_redirects=False, timeout=LONGEST_SECONDS) as client,
        client.stream(
            "POST",
            wanted.copy_with(host=address),
            content=body,
            headers={
                **headers,
                "host": wanted.netloc.decode(),
                "content-type": "application/json",
                "accept-encoding": "identity",
                "user-agent": "voicebot-webhooks/1",
            },
            extensions={"sni_hostname": wanted.host},
        ) as response,
    ):
        received = b""
        async for chunk in response.aiter_raw(EXCERPT_BYTES):  # raw: what is packed may be large inside
            received += chunk
            if len(received) >= EXCERPT_BYTES:
                break
        return response.status_code, received[:EXCERPT_BYTES].decode(errors="replace").replace("\0", "")
