"""Reads a connection on the beat, every fifth time, and not whenever a frame comes.

Frames of many calls come at as many moments. To wake up for each of them costs a third of all
input and output of a call, and to ask for each on the beat half of what is left. Nothing waits
longer for it: speech-to-text is sent 100 ms at a time, by then the last of them has just come.
"""

from __future__ import annotations

import asyncio
import os
import socket
from typing import Final, Self

from telephony.audiosocket.codec import AUDIO_BYTES, AUDIO_HEADER, HEADER_BYTES

BEATS: Final = 5
# At once; the rest waits for the next time. 100 ms of the highest rate need five.
MOST_READS: Final = 16
PIECE_BYTES: Final = 4096


class Reader:
    """Takes the reading over from a transport, until it is given back."""

    def __init__(self, transport: asyncio.Transport, descriptor: int) -> None:
        # A descriptor of our own: the transport may close its own at any time, and another connection get its number.
        self._socket = socket.socket(fileno=os.dup(descriptor))
        self._socket.setblocking(False)
        self._receive = self._socket.recv
        self._transport = transport
        transport.pause_reading()

    @classmethod
    def of(cls, transport: asyncio.Transport) -> Self | None:
        """None: it has no socket, and goes on reading by itself."""
        found = transport.get_extra_info("socket")
        return None if found is None else cls(transport, found.fileno())

    def read(self) -> bytes | None:
        """What has come since the last time; None: the other side has closed. Raises OSError."""
        pieces: list[bytes] = []
        for _ in range(MOST_READS):
            try:
                piece = self._receive(PIECE_BYTES)
            except BlockingIOError:
                break
            if not piece and not pieces:
                if self._transport.is_closing():  # it met the error of the connection, and there is none left for us
                    raise ConnectionResetError
                return None
            pieces.append(piece)
            if len(piece) < PIECE_BYTES:
                break
        return b"".join(pieces)

    def give_back(self) -> None:
        self._socket.close()
        if not self._transport.is_closing():
            self._transport.resume_reading()


def leading_audio(data: bytes, most: int) -> list[bytes]:
    """The payloads of the 20 ms frames of 8 kHz that `data` begins with, at most so many: the short way."""
    if not data.startswith(AUDIO_HEADER):
        return []
    whole = min(len(data) // AUDIO_BYTES, most) * AUDIO_BYTES
    payloads = []
    for at in range(0, whole, AUDIO_BYTES):
        if not data.startswith(AUDIO_HEADER, at):
            break
        payloads.append(data[at + HEADER_BYTES : at + AUDIO_BYTES])
    return payloads
