"""One caller's audio on its way to Deepgram, and what comes back."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import replace
from decimal import Decimal
from typing import Final

from deepgram.listen.v1.socket_client import AsyncV1SocketClient
from deepgram.listen.v1.types import ListenV1Configure
from deepgram.listen.v2.socket_client import AsyncV2SocketClient
from deepgram.listen.v2.types import ListenV2Configure
from websockets.exceptions import ConnectionClosed

from providers import wire
from providers.deepgram import flux, messages
from providers.deepgram.keyterms import Keyterms
from providers.deepgram.messages import Complaint, Connected, KeytermsAnswer, Metadata
from providers.outgoing import LEAST, Outgoing
from providers.protocols import (
    BYTES_PER_SECOND,
    Failure,
    OnSpeech,
    OnUsage,
    ProviderError,
    SpeechEvent,
    StreamEnded,
    UsageReport,
)

logger = logging.getLogger(__name__)

KEEP_ALIVE_SECONDS = 4.0  # Deepgram closes (NET-0001) after 10 s without audio or message
# With interim results Deepgram says something every second, in silence too.
ANSWER_SECONDS: Final = 3.0
CLOSE_SECONDS: Final = 1.5


class DeepgramStream:
    """A SpeechStream. Two tasks serve it: one writes, one reads; the reader's end is the stream's.

    The socket's class says whether a nova model listens (v1) or Flux (v2). Flux knows no
    KeepAlive, promises no answer in silence, and does not tell how much it heard.
    """

    def __init__(
        self,
        socket: AsyncV1SocketClient | AsyncV2SocketClient,
        leave: AsyncExitStack,
        report: UsageReport,
        on_speech: OnSpeech,
        on_usage: OnUsage,
        keyterms: Keyterms | None,
    ) -> None:
        """`leave` closes the socket; `report` lacks what only the end tells. `keyterms`: None if they cannot change."""
        self._socket = socket
        self._parse = messages.parse if isinstance(socket, AsyncV1SocketClient) else flux.parse
        self._leave = leave
        self._report = report
        self._on_speech = on_speech
        self._on_usage = on_usage
        self._keyterms = keyterms
        self._is_refusal_told = False
        self._outgoing = Outgoing()
        self._sent = 0  # bytes
        self._closing = self._ended = self._silent = self._was_closed = False
        self._metadata: Metadata | None = None
        self._unanswered_since: float | None = None  # when audio was sent and nothing has come back
        self._hangs: ProviderError | None = None
        self._wake = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._last_sent = self._loop.time()
        self._timer = self._loop.call_later(KEEP_ALIVE_SECONDS, self._keep_alive)
        self._writer = self._loop.create_task(self._write())
        self._reader = self._loop.create_task(self._read())

    # --- SpeechStream ---

    def send(self, pcm: bytes) -> None:
        if self._closing or self._ended:
            return
        if self._outgoing.add(pcm):
            self._wake.set()

    def expect(self, terms: Sequence[str]) -> None:
        if self._keyterms is not None:
            self._keyterms.want(terms)
            self._wake.set()

    async def close(self) -> None:
        if not (self._closing or self._ended):
            self._closing = True
            self._outgoing.finish()
            self._wake.set()
        await asyncio.wait({self._reader}, timeout=CLOSE_SECONDS)
        if not self._reader.done():
            self._reader.cancel()
            await asyncio.wait({self._reader})

    # --- To Deepgram ---

    def _keep_alive(self) -> None:
        idle = self._loop.time() - self._last_sent
        if idle >= KEEP_ALIVE_SECONDS:
            idle = 0.0
            if isinstance(self._socket, AsyncV1SocketClient):
                self._silent = True
            else:
                self._outgoing.put(bytes(LEAST))
            self._wake.set()
        self._timer = self._loop.call_later(KEEP_ALIVE_SECONDS - idle, self._keep_alive)

    async def _write(self) -> None:
        # A socket that is closed ends the reader, and that ends the stream.
        with suppress(ConnectionClosed):
            while True:
                await self._wake.wait()
                self._wake.clear()
                await self._configure()
                while self._outgoing:
                    chunk = self._outgoing.take()
                    await self._socket.send_media(chunk)
                    self._sent += len(chunk)
                    self._last_sent, self._silent = self._loop.time(), False
                    if isinstance(self._socket, AsyncV1SocketClient):
                        self._expect_answer()
                if self._closing:
                    await self._socket.send_close_stream()
                    return
                if self._silent and isinstance(self._socket, AsyncV1SocketClient):
                    await self._socket.send_keep_alive()
                    self._last_sent, self._silent = self._loop.time(), False

    async def _configure(self) -> None:
        if self._closing or self._keyterms is None or (terms := self._keyterms.due(self._loop.time())) is None:
            return
        if isinstance(self._socket, AsyncV1SocketClient):
            await self._socket.send_configure(ListenV1Configure(keyterms=terms))
        else:
            await self._socket.send_configure(ListenV2Configure(keyterms=terms))

    def _expect_answer(self) -> None:
        """A connection may be alive and its server hang: then the reader is ended, and with it the stream."""
        if self._unanswered_since is None:
            self._unanswered_since = self._last_sent
        elif self._last_sent - self._unanswered_since > ANSWER_SECONDS:
            self._hangs = ProviderError("deepgram", Failure.TIMEOUT, f"silent for {ANSWER_SECONDS:.0f} s")
            self._reader.cancel()

    # --- From Deepgram ---

    async def _read(self) -> None:
        error: ProviderError | None = None
        try:
            async for raw in self._socket:
                self._receive(raw)
            self._was_closed = True
            error = ProviderError("deepgram", Failure.CUT, "closed")
        except ConnectionClosed as closed:
            reason = f"{closed.rcvd.code} {closed.rcvd.reason}" if closed.rcvd else "connection lost"
            error = ProviderError("deepgram", Failure.CUT, reason[:200])
        except Exception as failure:
            error = wire.from_exception("deepgram", failure)
        except asyncio.CancelledError:
            if self._hangs is None:
                raise
            error = self._hangs
        finally:
            self._end(error)
            with suppress(Exception):  # a socket that is broken may be closed with an error
                await self._leave.aclose()

    def _receive(self, raw: bytes) -> None:
        self._unanswered_since = None
        for message in self._parse(raw):
            match message:
                case Connected(request_id):
                    self._report = replace(self._report, request_id=request_id)
                case Metadata() as metadata:
                    self._metadata = metadata
                case KeytermsAnswer(refusal):
                    self._keyterms_answered(refusal)
                case Complaint(text):
                    raise ProviderError("deepgram", Failure.SERVER, text[:200])
                case event:
                    self._tell(event)

    def _keyterms_answered(self, refusal: str) -> None:
        """Without other words it listens as before: no reason to end the stream."""
        if refusal and not self._is_refusal_told:
            self._is_refusal_told = True
            logger.info("deepgram: keyterms cannot be changed in the stream: %s", refusal[:200])
        if self._keyterms is not None:
            self._keyterms.answered(taken=not refusal)
            self._wake.set()

    def _tell(self, event: SpeechEvent) -> None:
        try:
            self._on_speech(event)
        except Exception:  # whoever listens must not end the stream
            logger.exception("deepgram: a listener failed on %s", type(event).__name__)

    # --- The end ---

    def _end(self, error: ProviderError | None) -> None:
        self._ended = True
        self._timer.cancel()
        self._writer.cancel()
        if dropped := self._outgoing.dropped_bytes:
            logger.warning("deepgram: %.1f s of audio dropped", dropped / BYTES_PER_SECOND)
        try:
            self._on_usage(self._usage())
        finally:
            self._tell(StreamEnded(None if self._closing else error))

    def _usage(self) -> UsageReport:
        """The seconds that Deepgram counted; where it did not say so, those we sent.

        Flux never says so, but bills what it was sent when the stream was closed in order.
        """
        if self._metadata is None:
            is_known = self._closing and self._was_closed and isinstance(self._socket, AsyncV2SocketClient)
            seconds = Decimal(self._sent) / BYTES_PER_SECOND
            return replace(self._report, audio_seconds=seconds, estimated=not is_known)
        return replace(self._report, audio_seconds=self._metadata.duration, request_id=self._metadata.request_id)
