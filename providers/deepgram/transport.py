"""The websocket that the SDK talks through, given to it as its `transport_factory`.

The SDK's own socket makes a TLS context per connection, offers compression, and turns
each result into pydantic models. This one shares the context and offers none; and it
hands text frames on as `bytes`, which the SDK passes through unparsed. So the SDK keeps
what it knows (addresses, authentication, the control messages) and the hot path is
`json.loads`. Figures: docs/vendors.md.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosedOK

from providers import wire


class Transport:
    """Connects with the first message that is sent: the SDK makes it outside of async code.

    An empty one does nothing else. To Deepgram it would be the end of the audio.
    `send` raises what the handshake raises: OSError, websockets' InvalidHandshake.
    """

    def __init__(self, url: str, headers: dict[str, str]) -> None:
        self._connecting = connect(
            url,
            additional_headers=headers,
            user_agent_header=None,  # the SDK's is among the headers
            ssl=wire.tls_context() if url.startswith("wss:") else None,
            compression=None,
            open_timeout=None,  # who opens a stream bounds it
            # A nova model that is silent is given up sooner than a ping tells; of Flux nothing else does.
            ping_interval=5 if "/v2/" in url else 20,
            ping_timeout=5,
            close_timeout=0.5,
        )
        self._connection: ClientConnection | None = None

    @property
    def connection(self) -> ClientConnection:
        if self._connection is None:
            raise RuntimeError("nothing was sent yet: the transport is not connected")
        return self._connection

    async def send(self, data: str | bytes) -> None:
        if self._connection is None:
            self._connection = await self._connecting
        if data:
            await self._connection.send(data)

    async def recv(self) -> bytes:
        return await self.connection.recv(decode=False)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            while True:
                yield await self.recv()
        except ConnectionClosedOK:
            return

    async def close(self) -> None:
        if self._connection is not None:
            await self._connection.close()
