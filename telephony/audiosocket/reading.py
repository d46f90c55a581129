"""Reads a connection on the beat, when a frame is due, and not whenever one comes.

Frames of many calls come at as many moments. To wake up for each of them, and to go to
sleep again, costs a third of all input and output of a call.
"""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Callable
from typing import Final, Self

# At once; the rest waits for the next beat. A frame of the highest rate needs two.
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

    def read(self, received: Callable[[bytes], None]) -> bool:
        """Give what has come to `received`. False: the other side has closed. Raises OSError."""
        for _ in range(MOST_READS):
            try:
                data = self._receive(PIECE_BYTES)
            except BlockingIOError:
                return True
            if not data:
                if self._transport.is_closing():  # it met the error of the connection, and there is none left for us
                    raise ConnectionResetError
                return False
            received(data)
            if len(data) < PIECE_BYTES or self._socket.fileno() < 0:
                return True
        return True

    def give_back(self) -> None:
        self._socket.close()
        if not self._transport.is_closing():
            self._transport.resume_reading()
