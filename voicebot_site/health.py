"""What a load balancer, Docker or Kubernetes asks: is this process alive, can it serve?"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse

logger = logging.getLogger(__name__)

PATIENCE_SECONDS = 2.0  # less than a probe's own limit

# Its own threads: when a server hangs, probes hang here and not in front of every request.
_threads = ThreadPoolExecutor(2, thread_name_prefix="readyz")


def healthz(request: HttpRequest) -> HttpResponse:
    """200 as long as the process answers; asks nobody else."""
    return HttpResponse("ok\n", content_type="text/plain")


async def readyz(request: HttpRequest) -> JsonResponse:
    """200, or 503 when a server that we need is away: {"database": "ok", "redis": "down"}.

    Without REDIS_URL there is no "redis". Answers within PATIENCE_SECONDS.
    """
    parts: dict[str, Callable[[], object]] = {"database": _database}
    if settings.REDIS_URL:
        parts["redis"] = _redis
    answers = await asyncio.gather(*(_ask(name, part) for name, part in parts.items()))
    ready = all(answers)
    words = {name: "ok" if answer else "down" for name, answer in zip(parts, answers, strict=True)}
    return JsonResponse(words, status=200 if ready else 503)


async def _ask(name: str, part: Callable[[], object]) -> bool:
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            await asyncio.get_running_loop().run_in_executor(_threads, part)
    except Exception as error:  # whatever it is, the part is not ready
        logger.warning("not ready: %s: %r", name, error)
        return False
    return True


def _database() -> None:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    finally:
        connection.close()  # this thread's own: back into the pool


def _redis() -> None:
    cache.get("readyz")
