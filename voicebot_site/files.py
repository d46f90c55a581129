"""Send a file that a browser may jump about in: single byte ranges, RFC 9110 §14."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from datetime import UTC, datetime

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


def send_file(
    request: HttpRequest, storage: Storage, name: str, *, content_type: str, filename: str, as_attachment: bool = False
) -> HttpResponseBase:
    """The file `name` of `storage`, or the part of it that the Range header asks for.

    Nothing is cached, anywhere: what is said in a call is nobody else's business.
    Raises Http404 when the file is not there.
    """
    try:
        size, modified = storage.size(name), storage.get_modified_time(name)
    except OSError:
        raise Http404 from None
    headers = {
        "Accept-Ranges": "bytes",
        "Cache-Control": "private, no-store",
        "Last-Modified": http_date(modified.timestamp()),
        "Content-Disposition": content_disposition_header(as_attachment, filename) or "inline",
    }
    wanted = None
    if request.method == "GET" and _unchanged_since(request.headers.get("If-Range"), modified):
        try:
            wanted = requested_range(request.headers.get("Range", ""), size)
        except Unsatisfiable:
            headers["Content-Range"] = f"bytes */{size}"
            return HttpResponse(status=416, headers=headers)
    first, last = wanted or (0, size - 1)
    headers["Content-Length"] = str(last - first + 1)
    if wanted:
        headers["Content-Range"] = f"bytes {first}-{last}/{size}"
    if request.method == "HEAD":
        return HttpResponse(headers=headers, content_type=content_type)

    # Under ASGI a plain iterator would be read into memory as a whole.
    body = _read_async if isinstance(request, ASGIRequest) else _read
    return StreamingHttpResponse(
        body(storage, name, first, last - first + 1),
        status=206 if wanted else 200,
        headers=headers,
        content_type=content_type,
    )


def _unchanged_since(if_range: str | None, modified: datetime) -> bool:
    """Whether If-Range allows a part: no such header, or the very date of the file (§13.1.5)."""
    if if_range is None:
        return True
    date = parse_http_date_safe(if_range)
    return date is not None and datetime.fromtimestamp(date, UTC) == modified.astimezone(UTC).replace(microsecond=0)


def _read(storage: Storage, name: str, start: int, length: int) -> Iterator[bytes]:
    with storage.open(name, "rb") as file:
        file.seek(start)
        while length > 0 and (chunk := file.read(min(CHUNK_BYTES, length))):
            length -= len(chunk)
            yield chunk


async def _read_async(storage: Storage, name: str, start: int, length: int) -> AsyncIterator[bytes]:
    with closing(_read(storage, name, start, length)) as chunks:
        while chunk := await asyncio.to_thread(next, chunks, b""):
            yield chunk
