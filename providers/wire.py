"""What the vendors' packages share: warm HTTP connections, and what an error means.

SDKs let errors of their HTTP library through when a stream breaks off, so the meaning
of those is told here, once. It goes by class name, because some SDKs are on `httpx`
and others on `httpx2`, which have the same names and no common ancestor.
"""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cache
from types import ModuleType
from typing import Any, Final

# Else the first request imports it, in the midst of calls: 30 ms in which nobody hears anything.
import anyio._backends._asyncio  # noqa: F401
import httpx
from django.conf import settings

from providers.protocols import Failure, ProviderError

_HTTP_LIBRARIES: Final = {"httpx", "httpx2"}
_MEANINGS: Final = {
    "ConnectError": Failure.UNREACHABLE,
    "ConnectTimeout": Failure.UNREACHABLE,
    "ProxyError": Failure.UNREACHABLE,
    "UnsupportedProtocol": Failure.UNREACHABLE,
    "InvalidURL": Failure.UNREACHABLE,
    "TimeoutException": Failure.TIMEOUT,
    "TransportError": Failure.CUT,  # read, write and protocol errors
    "StreamError": Failure.CUT,
    "DecodingError": Failure.GARBAGE,
    "TooManyRedirects": Failure.GARBAGE,
}
_ANSWER_WITHOUT_SHAPE: Final = (ValueError, TypeError, LookupError, AttributeError, ArithmeticError)


@cache
def tls_context() -> ssl.SSLContext:
    """The one context of the process: making one reads the CA file, 18-26 ms."""
    return httpx.create_ssl_context()


def warm(library: ModuleType) -> dict[str, Any]:
    """Arguments for a client of `httpx` or `httpx2` whose connections survive the pauses of a conversation.

    The SDKs' own would close an idle connection after 5 s, so that most turns of a call
    would begin with a TCP and a TLS handshake, and would allow 100 at once.
    """
    return {
        "verify": tls_context(),
        "limits": library.Limits(max_connections=500, max_keepalive_connections=100, keepalive_expiry=60.0),
        "follow_redirects": True,
    }


def http_client() -> httpx.AsyncClient:
    return httpx.AsyncClient(**warm(httpx), event_hooks={"response": [_unbind]})


async def _unbind(response: httpx.Response) -> None:
    """Take the body from its wrapper, which refers back to the response, for `elapsed` alone.

    The two would stay in memory until a garbage collection that a busy worker puts off (telephony/worker.py).
    """
    response.stream = getattr(response.stream, "_stream", response.stream)


def account(name: str, api_key: str = "") -> tuple[str, str]:
    """(key, address) at a vendor of settings.VENDORS; `api_key` is a company's own.

    Such a key goes to the vendor's cloud even where the platform itself has none and
    uses the sandbox.
    """
    vendor = settings.VENDORS[name]
    if not api_key:
        return vendor["api_key"], vendor["url"]
    is_real = vendor["api_key"].startswith("sandbox") and not api_key.startswith("sandbox")
    return api_key, vendor.get("cloud", vendor["url"]) if is_real else vendor["url"]


def from_exception(provider: str, error: BaseException) -> ProviderError:
    """What an exception that carries no HTTP status means."""
    if isinstance(error, ProviderError):
        return error
    return ProviderError(provider, _meaning(error), type(error).__name__)


def _meaning(error: BaseException) -> Failure:
    for ancestor in type(error).__mro__:
        if ancestor.__module__.partition(".")[0] in _HTTP_LIBRARIES and ancestor.__name__ in _MEANINGS:
            return _MEANINGS[ancestor.__name__]
    if isinstance(error, TimeoutError):
        return Failure.TIMEOUT
    if isinstance(error, OSError):
        return Failure.UNREACHABLE
    if isinstance(error, EOFError):
        return Failure.CUT
    if isinstance(error, _ANSWER_WITHOUT_SHAPE):
        return Failure.GARBAGE
    return Failure.SERVER


def from_status(provider: str, status: int, headers: Mapping[str, str], detail: str, *, secret: str) -> ProviderError:
    """What an HTTP status other than 2xx means; `detail` is the vendor's text.

    `secret` is taken out of the text: vendors repeat a wrong key in their answer.
    """
    if status == 429:
        failure = Failure.RATE_LIMITED
    elif status in (408, 504):
        failure = Failure.TIMEOUT
    elif status >= 500:
        failure = Failure.SERVER
    elif status >= 400:
        failure = Failure.REFUSED
    else:
        failure = Failure.GARBAGE
    return ProviderError(
        provider,
        failure,
        redacted(f"{status} {detail}".strip(), secret),
        retry_after=retry_after(headers),
        status=status,
    )


def redacted(text: str, secret: str) -> str:
    """A vendor's text, fit for a log."""
    return (text.replace(secret, "***") if secret else text)[:200]


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait, of a Retry-After header in either form (RFC 9110, 10.2.3)."""
    value = headers.get("retry-after", "").strip()
    if not value:
        return None
    try:
        return max(0.0, float(value))
    except ValueError:
        pass
    try:
        then = parsedate_to_datetime(value)
    except ValueError:
        return None
    return max(0.0, (then - datetime.now(UTC)).total_seconds())
