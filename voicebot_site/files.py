"""Send a file that a browser may jump about in: single byte ranges, RFC 9110 §14."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import AsyncIterator, Generator, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import IO

from django.core.files.storage import Storage
from django.core.handlers.asgi import ASGIRequest
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.http import content_disposition_header, http_date, parse_http_date_safe

CHUNK_BYTES = 256 * 1024
# One range, as browsers ask for; several would be allowed to get the whole file, and do.
_RANGE = re.compile(r"bytes=\s*(\d{0,18})\s*-\s*(\d{0,18})\s*", re.ASCII | re.IGNORECASE)


class Unsatisfiable(Exception):
    """The range begins behind the end of the file."""


def requested_range(header: str, size: int) -> tuple[int, int] | None:
    """(first, last) byte of a Range header, both inclusive; None: the header is to be ignored.

    Raises Unsatisfiable for a range that no byte is in.
    """
    match = _RANGE.fullmatch(header)
    if match is None or not any(match.groups()):
        return None
    first, last = match.groups()
    if not first:  # the last N bytes
        if int(last) == 0 or size == 0:
            raise Unsatisfiable
        return max(0, size - int(last)), size - 1
    if last and int(last) < int(first):
        return None
    if int(first) >= size:
        raise Unsatisfiable
    return int(first), min(int(last), size - 1) if last else size - 1


@dataclass(frozen=True, slots=True)
class Part:
    """What is sent of `size` bytes: `length` of them from `first` on, or nothing (416)."""

    status: int
    first: int
    length: int
    headers: dict[str, str]


def part(request: HttpRequest, size: int, *, modified: datetime | None = None) -> Part:
    """The part that the Range header asks for; the whole where there is none, or If-Range forbids."""
    # Nothing is cached, anywhere: what is said in a call is nobody else's business.
    headers = {"Accept-Ranges": "bytes", "Cache-Control": "private, no-store"}
    if modified is not None:
        headers["Last-Modified"] = http_date(modified.timestamp())
    wanted = None
    if request.method == "GET" and _unchanged_since(request.headers.get("If-Range"), modified):
        try:
            wanted = requested_range(request.headers.get("Range", ""), size)
        except Unsatisfiable:
            return Part(416, 0, 0, {**headers, "Content-Range": f"bytes */{size}"})
    first, last = wanted or (0, size - 1)
    headers["Content-Length"] = str(last - first + 1)
    if wanted:
        headers["Content-Range"] = f"bytes {first}-{last}/{size}"
    return Part(206 if wanted else 200, first, last - first + 1, headers)


def send_file(
    request: HttpRequest, storage: Storage, name: str, *, content_type: str, filename: str, as_attachment: bool = False
) -> HttpResponseBase:
    """The file `name` of `storage`, or the part of it that is asked for.

    Raises Http404 when the file is not there.
    """
    try:
        size, modified = storage.size(name), storage.get_modified_time(name)
    except OSError:
        raise Http404 from None
    wanted = part(request, size, modified=modified)
    headers = {
        **wanted.headers,
        "Content-Disposition": content_disposition_header(as_attachment, filename) or "inline",
    }
    if request.method == "HEAD" or wanted.status == 416:
        return HttpResponse(status=wanted.status, headers=headers, content_type=content_type)
    chunks = _served(request, _read(storage, name, wanted.first, wanted.length))
    return StreamingHttpResponse(chunks, status=wanted.status, headers=headers, content_type=content_type)


def send_bytes(request: HttpRequest, content: bytes, *, content_type: str) -> HttpResponse:
    """`content`, or the part of it that is asked for."""
    wanted = part(request, len(content))
    body = content[wanted.first : wanted.first + wanted.length]
    return HttpResponse(body, status=wanted.status, headers=wanted.headers, content_type=content_type)


def send_temporary(request: HttpRequest, file: IO[bytes], *, content_type: str, filename: str) -> HttpResponseBase:
    """An open file that was made for this answer, as a download; closed when it was sent."""
    length = file.seek(0, os.SEEK_END)
    file.seek(0)
    headers = {
        "Cache-Control": "private, no-store",
        "Content-Disposition": content_disposition_header(True, filename) or "attachment",
        "Content-Length": str(length),
    }
    response = StreamingHttpResponse(_served(request, _chunks(file)), headers=headers, content_type=content_type)
    response._resource_closers.append(file.close)  # type: ignore[attr-defined]  # also when nobody reads it
    return response


def _chunks(file: IO[bytes]) -> Generator[bytes, None, None]:
    with file:
        while chunk := file.read(CHUNK_BYTES):
            yield chunk


def _served(request: HttpRequest, chunks: Generator[bytes, None, None]) -> Iterator[bytes] | AsyncIterator[bytes]:
    """Under ASGI a plain iterator would be read into memory as a whole."""
    return _in_threads(chunks) if isinstance(request, ASGIRequest) else chunks


def _unchanged_since(if_range: str | None, modified: datetime | None) -> bool:
    """Whether If-Range allows a part: no such header, or the very date of the file (§13.1.5)."""
    if if_range is None:
        return True
    date = parse_http_date_safe(if_range)
    if date is None or modified is None:
        return False
    return datetime.fromtimestamp(date, UTC) == modified.astimezone(UTC).replace(microsecond=0)


def _read(storage: Storage, name: str, start: int, length: int) -> Generator[bytes, None, None]:
    with storage.open(name, "rb") as file:
        file.seek(start)
        while length > 0 and (chunk := file.read(min(CHUNK_BYTES, length))):
            length -= len(chunk)
            yield chunk


async def _in_threads(chunks: Generator[bytes, None, None]) -> AsyncIterator[bytes]:
    with closing(chunks):
        while chunk := await asyncio.to_thread(next, chunks, b""):
            yield chunk
