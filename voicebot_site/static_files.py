"""Static files: WhiteNoise finds them, and they are read before they are sent."""

from __future__ import annotations

from contextlib import nullcontext

from django.http import HttpRequest, HttpResponse
from whitenoise.middleware import WhiteNoiseMiddleware
from whitenoise.responders import Redirect, StaticFile


class StaticFiles(WhiteNoiseMiddleware):
    """Gives a file, or the part of it that is asked for, as one piece.

    Under ASGI Django reads an open file to its end all the same, with a warning each time, and
    leaves it open where the browser has gone meanwhile.
    """

    @staticmethod
    def serve(static_file: StaticFile | Redirect, request: HttpRequest) -> HttpResponse:
        found = static_file.get_response(request.method, request.META)
        with found.file or nullcontext() as file:
            response = HttpResponse(file.read() if file else b"", status=int(found.status))
        del response.headers["Content-Type"]  # it is among the file's own, if it has one
        for name, value in found.headers:
            response.headers[name] = value
        return response
