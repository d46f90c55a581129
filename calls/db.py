"""The database, for calls: four threads of their own, never the thread-sensitive one.

On Channels' single thread one slow query would stall every caller (p99 from 3 ms to
490 ms when measured); a pool of four keeps the others going.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import partial
from typing import Final, ParamSpec, TypeVar

from django.db import close_old_connections

P = ParamSpec("P")
R = TypeVar("R")

PATIENCE_SECONDS: Final = 10.0

_threads = ThreadPoolExecutor(4, thread_name_prefix="calls-db")


async def in_database(function: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R:
    """Run blocking database code in a thread, in the caller's tenant scope.

    Raises what `function` raises, and TimeoutError after 10 s (the thread is left to finish).
    """
    async with asyncio.timeout(PATIENCE_SECONDS):
        return await however_long(partial(function, *args, **kwargs))


def however_long(function: Callable[[], R]) -> asyncio.Future[R]:
    """As `in_database`, without an end: for what must not be tried again while it still runs."""
    context = copy_context()  # run_in_executor would lose the tenant

    def run() -> R:
        close_old_connections()
        try:
            return context.run(function)
        finally:
            close_old_connections()

    return asyncio.get_running_loop().run_in_executor(_threads, run)
