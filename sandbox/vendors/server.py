"""The emulators behind a real socket, in this event loop.

async with VendorServer() as server:
    settings.SANDBOX_URL = server.url
"""

from __future__ import annotations

import socket
from types import TracebackType

import uvicorn

from sandbox.vendors.app import application


class VendorServer:
    """Serves as long as the block is open; port 0 takes a free one. Raises OSError when it is taken."""

    def __init__(self, host: str = "127.0.0.1", port: int = 0) -> None:
        self._address = (host, port)
        # Refusals need an ASGI server with denial responses, or they all become 403.
        self._config = uvicorn.Config(
            application,
            ws="websockets-sansio",
            ws_per_message_deflate=False,
            lifespan="off",
            log_config=None,
            log_level="critical",
            access_log=False,
            date_header=False,
            timeout_graceful_shutdown=1,
        )

    async def __aenter__(self) -> VendorServer:
        listener = socket.create_server(self._address)
        host, port = listener.getsockname()[:2]
        self.url = f"http://{host}:{port}"
        # The parts of uvicorn's serve() without its signal handlers and its ticking loop.
        self._config.load()
        self._server = uvicorn.Server(self._config)
        self._server.lifespan = self._config.lifespan_class(self._config)
        await self._server.startup(sockets=[listener])
        self._listener = listener
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._server.shutdown(sockets=[self._listener])
