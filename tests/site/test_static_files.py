"""Static files over ASGI, as browsers fetch them."""

from __future__ import annotations

import gc
from pathlib import Path

import pytest
from asgiref.testing import ApplicationCommunicator
from django.conf import settings
from django.core.asgi import get_asgi_application

ADDRESS = "/static/voicebot/favicon.svg"
CONTENT = Path(settings.BASE_DIR, "static", "voicebot", "favicon.svg").read_bytes()


def request(method: str = "GET", **headers: str) -> ApplicationCommunicator:
    named = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": "http", "method": method, "path": ADDRESS, "query_string": b"", "headers": named}
    return ApplicationCommunicator(get_asgi_application(), scope)


async def answer(browser: ApplicationCommunicator) -> tuple[int, dict[bytes, bytes], bytes]:
    await browser.send_input({"type": "http.request"})
    start = await browser.receive_output(5)
    body = await browser.receive_output(5)
    await browser.wait()
    return start["status"], dict(start["headers"]), body["body"]


async def test_a_file_comes_whole_with_its_type_and_length() -> None:
    status, headers, body = await answer(request())
    assert (status, body) == (200, CONTENT)
    assert headers[b"Content-Type"] == b"image/svg+xml"
    assert headers[b"Content-Length"] == str(len(CONTENT)).encode()


@pytest.mark.parametrize(
    ("method", "headers", "status", "body"),
    [
        ("HEAD", {}, 200, b""),
        ("GET", {"range": "bytes=2-5"}, 206, CONTENT[2:6]),
        ("GET", {"range": f"bytes={len(CONTENT)}-"}, 416, b""),
        ("GET", {"if_modified_since": "Thu, 01 Jan 2099 00:00:00 GMT"}, 304, b""),
    ],
)
async def test_no_more_comes_than_is_asked_for(method, headers: dict[str, str], status: int, body: bytes) -> None:
    assert (await answer(request(method, **headers)))[::2] == (status, body)


async def test_a_browser_that_has_gone_leaves_no_file_open() -> None:
    browser = request()
    await browser.send_input({"type": "http.request"})
    await browser.send_input({"type": "http.disconnect"})
    await browser.wait()
    gc.collect()  # an open file would warn, and a warning is an error
