"""What the supervisor and its workers say to each other, over a UNIX socket that keeps messages apart."""

from __future__ import annotations

import json
import socket
from dataclasses import asdict, dataclass, fields
from typing import Final

# From the supervisor.
CALL: Final = b"call"  # with the descriptor of an accepted connection
DRAIN: Final = b"drain"
NOW: Final = b"now"  # do not wait for the calls any longer

REPORT_SECONDS: Final = 0.25
LONGEST: Final = 512


def pair() -> tuple[socket.socket, socket.socket]:
    """Both ends of a control connection."""
    mine, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    mine.setblocking(False)
    theirs.setblocking(False)
    return mine, theirs


@dataclass(frozen=True, slots=True)
class Report:
    """How a worker is; its sign of life."""

    taken: int  # connections that it was given and has taken, since its start
    load: int  # connections that it serves
    ready: bool  # gives calls to it make sense
    draining: bool
    overloaded: bool = False  # its frames are late: no more calls for now

    def encode(self) -> bytes:
        return json.dumps(asdict(self)).encode()

    @classmethod
    def parse(cls, message: bytes) -> Report:
        """A worker of a later release may say more than its supervisor knows of."""
        known = {field.name for field in fields(cls)}
        return cls(**{name: value for name, value in json.loads(message).items() if name in known})
