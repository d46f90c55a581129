"""The whole product in one process: emulated vendors, web and AudioSocket in one event loop.

For the demo and for tests. A vendor whose key is set is not emulated.
"""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from math import inf
from types import TracebackType

import uvicorn
from django.conf import settings

from calls import pbx
from calls.db import in_database
from providers import registry
from sandbox.vendors.server import VendorServer
from telephony.audiosocket.server import AudioSocketServer
from telephony.audiosocket.shedding import LoadShedding
from tenants.allowlist import AllowList

STARTUP_SECONDS = 10.0


class Product:
    """Serves while its block is open; port 0 takes a free one. Raises OSError when one is taken."""

    def __init__(
        self, *, host: str = "127.0.0.1", port: int = 0, audiosocket_port: int = 0, vendors_url: str = ""
    ) -> None:
        """`host` is the web's; AudioSocket listens everywhere, its allow-list decides.

        `vendors_url`: emulators that run already; without it they run in this event loop.
        """
        self._vendors_url = vendors_url
        self._address = (host, port)
        self._audiosocket_port = audiosocket_port
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Product:
        async with AsyncExitStack() as stack:
            url = self._vendors_url or (await stack.enter_async_context(VendorServer())).url
            for name, vendor in settings.VENDORS.items():
                if vendor["api_key"].startswith("sandbox"):
                    vendor["url"] = f"{url}/{name}"
            registry.forget()
            stack.push_async_callback(registry.close)
            stack.push_async_callback(pbx.disconnect)
            await self._start_calls(stack)
            await self._start_web(stack)
            self._stack = stack.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    async def serve_forever(self) -> None:
        await asyncio.Event().wait()

    async def refresh_allow_list(self) -> None:
        await in_database(self.allow_list.refresh)

    async def _start_calls(self, stack: AsyncExitStack) -> None:
        from voicebot_site.asgi import application

        for kind in registry.KINDS:
            registry.vendors(kind)  # importing an SDK takes longer than a frame
        self.allow_list = AllowList()
        await self.refresh_allow_list()
        self.calls = AudioSocketServer(
            application,
            allowed=lambda address: self.allow_list.find(address) is not None,
            max_calls=settings.MAX_CALLS_PER_WORKER,
            state={"allow_list": self.allow_list},
        )
        self.calls.shedding = LoadShedding(inf)  # the vendors share this event loop, and make it late
        await self.calls.start("0.0.0.0", self._audiosocket_port)
        stack.push_async_callback(self.calls.stop, 5)

    async def _start_web(self, stack: AsyncExitStack) -> None:
        from voicebot_site.asgi import application

        host, port = self._address
        web = uvicorn.Server(
            uvicorn.Config(application, host=host, port=port, lifespan="off", log_config=None, access_log=False)
        )
        web.config.load()
        web.lifespan = web.config.lifespan_class(web.config)
        async with asyncio.timeout(STARTUP_SECONDS):
            await web.startup()
        stack.push_async_callback(web.shutdown)
        port = web.servers[0].sockets[0].getsockname()[1]
        self.url = f"http://{host}:{port}"
