"""Vendors over real sockets: the emulators, and servers that misbehave in their own ways."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from pytest_django import Settings

from providers import registry
from providers.phrases import phrase_store
from sandbox.vendors.server import VendorServer

KEY = "sandbox-0123456789abcdef"

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@dataclass
class Vendors:
    """Where the vendors are in this test, and what they would bill."""

    settings: Settings
    url: str

    async def use(self, url: str | None = None, *, key: str = KEY) -> None:
        """Point every vendor at a server; by default the emulators. Faults are in the key."""
        self.point(url, key)
        await registry.close()

    def point(self, url: str | None = None, key: str = KEY) -> None:
        self.settings.VENDORS = {
            name: {"api_key": key, "url": url or f"{self.url}/{name}"} for name in self.settings.VENDORS
        }

    async def ledger(self, vendor: str, *, count: int = 1) -> list[dict[str, Any]]:
        """What the vendor has billed, once there are `count` entries."""
        async with httpx.AsyncClient() as client, asyncio.timeout(5):
            while True:
                entries = (await client.get(f"{self.url}/sandbox/ledger")).json()
                billed = [entry for entry in entries if entry["vendor"] == vendor]
                if len(billed) >= count:
                    return billed
                await asyncio.sleep(0.01)


@pytest.fixture
async def vendors(settings: Settings) -> AsyncIterator[Vendors]:
    async with VendorServer(port=0) as server:
        async with httpx.AsyncClient() as client:
            await client.delete(f"{server.url}/sandbox/ledger")
        vendors = Vendors(settings, server.url)
        await vendors.use()
        yield vendors
        await registry.close()


@pytest.fixture
async def serve() -> AsyncIterator[Callable[[Handler], Awaitable[str]]]:
    """url = await serve(handler): a TCP server of the test's own."""
    servers = []
    ports = []

    async def serve(handler: Handler) -> str:
        async def one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                await handler(reader, writer)
            finally:
                writer.close()

        server = await asyncio.start_server(one, "127.0.0.1", 0)
        servers.append(server)
        ports.append(server.sockets[0].getsockname()[1])
        return f"http://127.0.0.1:{ports[-1]}"

    yield serve
    for server in servers:
        server.close()


@pytest.fixture
def files(settings: Settings) -> Callable[[], list[Path]]:
    """What is on disk."""

    def files() -> list[Path]:
        return sorted(path for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file())

    return files


@pytest.fixture
def vendors_beside(settings: Settings) -> Iterator[Vendors]:
    """The emulators in a thread, for code that brings its own event loop."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    server = VendorServer(port=0)
    asyncio.run_coroutine_threadsafe(server.__aenter__(), loop).result(10)
    httpx.delete(f"{server.url}/sandbox/ledger")
    vendors = Vendors(settings, server.url)
    vendors.point()
    yield vendors
    asyncio.run_coroutine_threadsafe(server.__aexit__(None, None, None), loop).result(10)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(10)
    loop.close()


@pytest.fixture(autouse=True)
def _phrases_of_its_own() -> Iterator[None]:
    yield
    phrase_store.cache_clear()


@pytest.fixture
def closed_url() -> str:
    """Where nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}"


def http_answer(status: str, body: bytes, *headers: str) -> Handler:
    """A server that gives every request this answer."""

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        lines = [f"HTTP/1.1 {status}", f"content-length: {len(body)}", "connection: close", *headers]
        writer.write("\r\n".join(lines).encode() + b"\r\n\r\n" + body)
        await writer.drain()

    return handler
