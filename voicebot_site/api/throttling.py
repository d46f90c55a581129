"""So many requests a minute for each key, and headers that tell how many are left."""

from __future__ import annotations

import logging
import time
from typing import Any

from django.conf import settings
from django.core.cache import cache
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import BaseThrottle

from tenants.models import ApiKey

logger = logging.getLogger(__name__)

WINDOW_SECONDS = 60


def who(request: Request) -> str:
    """Whose requests are counted together."""
    return f"key {request.auth.pk}" if isinstance(request.auth, ApiKey) else f"user {request.user.pk}"


class PerKeyThrottle(BaseThrottle):
    """API_REQUESTS_PER_MINUTE for each key, and for each person; a cache that is away lets all pass.

    Whoever is nobody is refused next, and takes nothing from anybody. An Asterisk with its
    token passes: calls are not kept waiting.
    """

    def allow_request(self, request: Request, view: Any) -> bool:
        if not isinstance(request.auth, ApiKey) and (request.auth is not None or request.user.pk is None):
            return True
        window, second = divmod(int(time.time()), WINDOW_SECONDS)
        self._left_seconds = WINDOW_SECONDS - second
        name = f"api {who(request)} {window}".replace(" ", ":")
        limit = settings.API_REQUESTS_PER_MINUTE
        try:
            cache.add(name, 0, timeout=WINDOW_SECONDS * 2)
            used = cache.incr(name)
        except Exception:
            logger.exception("the cache is away: requests are not counted")
            return True
        request._request.rate = {  # type: ignore[attr-defined]
            "RateLimit-Limit": str(limit),
            "RateLimit-Remaining": str(max(0, limit - used)),
            "RateLimit-Reset": str(self._left_seconds),
        }
        return used <= limit

    def wait(self) -> float:
        return float(self._left_seconds)


def tell_rate(request: Request, response: Response) -> None:
    for header, value in getattr(request._request, "rate", {}).items():
        response[header] = value
