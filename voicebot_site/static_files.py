"""Static files: WhiteNoise finds them, and they are read before they are sent."""

from __future__ import annotations

from contextlib import closing

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
        with closing(WhiteNoiseMiddleware.serve(static_file, request)) as streamed:
            response = HttpResponse(streamed.getvalue(), status=streamed.status_code)
            response.headers = streamed.headers
            return response
