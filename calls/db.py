"""The database, for calls: four threads of their own, never the thread-sensitive one.

On Channels' single thread one slow query would stall every caller (p99 from 3 ms to
490 ms when measured); a pool of four keeps the others going. What many calls write while
they go on shares its hops: one to a thread that has slept costs as much as three writes.
"""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import Context, copy_context
from functools import partial
from typing import Final, NamedTuple, ParamSpec, TypeVar

from django.db import close_old_connections

from calls.models import Turn
from voicebot_site.threads import stand_back

logger = logging.getLogger(__name__)

P = ParamSpec("P")
R = TypeVar("R")

PATIENCE_SECONDS: Final = 10.0
GATHER_SECONDS: Final = 0.2
MOST_GATHERED: Final = 10  # for one thread: a write that hangs keeps no more than these waiting

_threads = ThreadPoolExecutor(4, thread_name_prefix="calls-db", initializer=stand_back)


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


class _Write(NamedTuple):
    context: Context
    turns: list[Turn]
    function: Callable[[], object]
    done: asyncio.Future[None]


_gathered: list[_Write] = []


async def gathering() -> None:
    """Until all calls of the process write what they have gathered: on a clock that they share."""
    await asyncio.sleep(GATHER_SECONDS - asyncio.get_running_loop().time() % GATHER_SECONDS)


def written(function: Callable[[], object], turns: list[Turn] | None = None) -> asyncio.Future[None]:
    """As `however_long`, in one thread with what other calls write at this moment, one after the other.

    `turns` are stored before, in one statement with those of other calls of the company, and the list is emptied;
    where that fails they are left to `function`.
    """
    loop = asyncio.get_running_loop()
    done = loop.create_future()
    _gathered.append(_Write(copy_context(), turns if turns is not None else [], function, done))
    loop.call_soon(_write_gathered, context=Context())  # behind the others that wake up now
    return done


def _write_gathered() -> None:
    writes = _gathered[:]
    _gathered.clear()
    for at in range(0, len(writes), MOST_GATHERED):
        some = writes[at : at + MOST_GATHERED]
        however_long(partial(_make, some)).add_done_callback(partial(_tell, some))


def _make(writes: list[_Write]) -> list[BaseException | None]:
    """What came of each."""
    _store_together(writes)
    found: list[BaseException | None] = []
    for write in writes:
        try:
            write.context.run(write.function)
        except BaseException as error:
            close_old_connections()  # one that broke is of no use to the next
            found.append(error)
        else:
            found.append(None)
    return found


def _store_together(writes: Sequence[_Write]) -> None:
    """The turns of several calls: a statement for each costs four times as much."""
    by_tenant: dict[int | None, list[_Write]] = defaultdict(list)
    for write in writes:
        if write.turns:
            by_tenant[write.turns[0].tenant_id].append(write)
    for some in by_tenant.values():
        turns = [turn for write in some for turn in write.turns]
        if len(turns) == 1:
            continue
        try:
            some[0].context.run(Turn.objects.bulk_create, turns)
        except Exception as error:
            logger.info("%d turns are stored one by one: %s", len(turns), error)
            close_old_connections()
        else:
            for write in some:
                write.turns.clear()


def _tell(writes: list[_Write], made: asyncio.Future[list[BaseException | None]]) -> None:
    for write, error in zip(writes, made.result(), strict=True):
        if write.done.done():  # nobody waits for it any more
            continue
        if error is None:
            write.done.set_result(None)
        else:
            write.done.set_exception(error)
