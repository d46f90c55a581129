"""What a call asks of its Asterisk over AMI; an Asterisk without AMI, or none at all, is asked nothing."""

from __future__ import annotations

import asyncio
import logging
from uuid import UUID

from calls.case import Ending
from calls.models import Call
from telephony.ami import Ami, AmiError, CallerId
from tenants.models import AsteriskServer

logger = logging.getLogger(__name__)

PATIENCE_SECONDS = 2.0  # with one question: the caller waits for the answer

UNUSED_SECONDS = 3600.0  # a connection that nobody needs: the server is gone, or calls no more

REFUSED_SECONDS = 60.0  # a wrong secret costs a caller a second of silence, and Asterisk's guards count the attempts

_Address = tuple[str, int, str, str]
_Key = tuple[asyncio.AbstractEventLoop, int | None, _Address]  # the number of the server
# One connection to each Asterisk, kept up for the next call; of the event loop that made it.
_connections: dict[_Key, Ami] = {}
_last_used: dict[Ami, float] = {}  # by the event loop's clock


async def who_calls(server: AsteriskServer | None, call_uuid: UUID) -> CallerId | None:
    """The caller's number and channel, by the call's UUID; None when Asterisk does not tell in time."""
    if server is None or not server.ami_host:
        return None
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            return await (await _connected(server)).find_call(call_uuid)
    except (AmiError, TimeoutError) as error:
        logger.warning("call %s: %s does not say who calls: %s", call_uuid, server.name, str(error) or "too slow")
        return None


async def leave_mark(server: AsteriskServer | None, call_uuid: UUID, ending: Ending) -> None:
    """Tell the dialplan how the call ended: BOT_NEXT (an extension to dial) or BOT_DONE.

    Best effort: where it does not arrive, the dialplan asks over HTTP. A call that failed
    gets no mark, and falls back to a person.
    """
    if server is None or not server.ami_host:
        return
    if ending.status not in (Call.Status.COMPLETED, Call.Status.TRANSFERRED):
        return
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            ami = await _connected(server)
            caller = await ami.find_call(call_uuid)
            if caller is None:
                return  # the caller has hung up
            if ending.transfer_to:
                await ami.set_variable(caller.channel, "BOT_NEXT", ending.transfer_to)
            else:
                await ami.set_variable(caller.channel, "BOT_DONE", "1")
    except (AmiError, TimeoutError) as error:
        logger.warning("call %s: %s was not told how it ended: %s", call_uuid, server.name, str(error) or "too slow")


async def _connected(server: AsteriskServer) -> Ami:
    """The connection to a server. Raises AmiError; for a while at once, where none could be made."""
    address = (server.ami_host, server.ami_port, server.ami_user, server.ami_secret)
    loop = asyncio.get_running_loop()
    key = (loop, server.pk, address)
    ami = _connections.get(key)
    if ami is None:
        ami = _connections[key] = Ami(*address, timeout=PATIENCE_SECONDS, rest=REFUSED_SECONDS)
    _last_used[ami] = loop.time()
    await _drop_unused(key)
    await ami.connect()  # at once when it is connected already
    return ami


async def disconnect() -> None:
    """Close the connections of this event loop; when it ends."""
    loop = asyncio.get_running_loop()
    await _drop([key for key in _connections if key[0] is loop])


async def _drop_unused(needed: _Key) -> None:
    """What was not used for long, and what led to the same server before its row was changed."""
    loop, server, _address = needed
    since = loop.time() - UNUSED_SECONDS
    mine = [key for key in _connections if key[0] is loop and key != needed]
    await _drop([key for key in mine if key[1] == server or _last_used[_connections[key]] < since])


async def _drop(keys: list[_Key]) -> None:
    dropped = [_connections.pop(key) for key in keys]  # before anything else can run
    for ami in dropped:
        _last_used.pop(ami, None)
        await ami.close()
