"""The ASGI application of one call, which is told what happens, and waited for."""

from __future__ import annotations

import asyncio
import logging
from contextvars import Context

from telephony.audiosocket.events import Application, AudioSocketScope, HangupReason, ReceiveEvent, Send
from telephony.audiosocket.limits import LONGEST_INBOX

logger = logging.getLogger(__name__)


class Instance:
    """The application, running for one call."""

    def __init__(self, application: Application, scope: AudioSocketScope, send: Send, patience: float) -> None:
        """Once the caller is gone it has `patience` seconds to end, and is cancelled then."""
        self._patience = patience
        self._inbox: asyncio.Queue[ReceiveEvent] = asyncio.Queue()
        self._inbox.put_nowait({"type": "audiosocket.connect"})
        self._timer: asyncio.TimerHandle | None = None
        # In an empty context: a call inherits no tenant.
        self.task = asyncio.get_running_loop().create_task(
            self._run(application, scope, send), name=f"call {scope['call_id']}", context=Context()
        )
        self.task.add_done_callback(self._finished)

    def tell(self, event: ReceiveEvent) -> bool:
        """Hand over an event; False: the application takes none."""
        if self._inbox.qsize() >= LONGEST_INBOX:
            return False
        self._inbox.put_nowait(event)
        return True

    def end(self, reason: HangupReason) -> None:
        """The caller is gone: the last event."""
        if not self.task.done():
            self._inbox.put_nowait({"type": "audiosocket.hangup", "reason": reason})
            self._timer = asyncio.get_running_loop().call_later(self._patience, self.task.cancel)

    async def _run(self, application: Application, scope: AudioSocketScope, send: Send) -> None:
        # `send` is no attribute: the connection holds us, and would be held by us.
        try:
            await application(scope, self._inbox.get, send)
        except asyncio.CancelledError:
            logger.warning("call %s: its application was cancelled", scope["call_id"])
            raise
        except Exception:
            logger.exception("call %s: its application failed", scope["call_id"])
        finally:
            await send({"type": "audiosocket.hangup.send"})

    def _finished(self, task: asyncio.Task[None]) -> None:
        if self._timer is not None:
            self._timer.cancel()
