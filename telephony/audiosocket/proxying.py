"""The PROXY protocol, versions 1 and 2, without I/O: how a balancer tells whose connection it passes on.

https://www.haproxy.org/download/2.6/doc/proxy-protocol.txt

Read from balancers that AUDIOSOCKET_PROXIES names, who must send it; from anybody else it would be a lie.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

VERSION_1: Final = b"PROXY "
LONGEST_LINE: Final = 107
VERSION_2: Final = b"\r\n\r\n\0\r\nQUIT\n"
FIXED_BYTES: Final = 16
LONGEST: Final = 536  # of version 2; beside the addresses there may be more, which is not looked at
LOCAL: Final = 0x20
PROXY: Final = 0x21
# Length of an address, by family and transport: TCP over IPv4, over IPv6.
ADDRESS_BYTES: Final = {0x11: 4, 0x21: 16}


class NoHeader(ValueError):
    """A connection does not begin with a header that we take."""


@dataclass(frozen=True, slots=True)
class Header:
    length: int  # the connection's own bytes come after so many
    client: tuple[str, int] | None  # None: the balancer itself, which asks whether we live


def parse(first: bytes) -> Header | None:
    """The header that a connection begins with; None while it is not whole. Raises NoHeader."""
    if first.startswith(VERSION_2):
        return _version_2(first)
    if first.startswith(VERSION_1):
        return _version_1(first)
    if VERSION_1.startswith(first) or VERSION_2.startswith(first):
        return None
    raise NoHeader


def _version_1(first: bytes) -> Header | None:
    line, end, _rest = first[:LONGEST_LINE].partition(b"\r\n")
    if not end:
        if len(first) >= LONGEST_LINE:
            raise NoHeader
        return None
    length = len(line) + len(end)
    match line.decode("latin-1").split(" "):
        case ["PROXY", "UNKNOWN", *_]:
            return Header(length, None)
        case ["PROXY", ("TCP4" | "TCP6") as family, source, _destination, port, _]:
            try:
                address = ipaddress.IPv4Address(source) if family == "TCP4" else ipaddress.IPv6Address(source)
                return Header(length, (str(address), int(port)))
            except ValueError:
                pass
    raise NoHeader


def _version_2(first: bytes) -> Header | None:
    if len(first) < FIXED_BYTES:
        return None
    command, family = first[12], first[13]
    length = FIXED_BYTES + int.from_bytes(first[14:16], "big")
    if length > LONGEST or command not in (LOCAL, PROXY):
        raise NoHeader
    if len(first) < length:
        return None
    if command == LOCAL:
        return Header(length, None)
    size = ADDRESS_BYTES.get(family)
    if size is None or length < FIXED_BYTES + 2 * (size + 2):
        raise NoHeader
    source, ports = first[FIXED_BYTES : FIXED_BYTES + size], FIXED_BYTES + 2 * size
    return Header(length, (str(ipaddress.ip_address(source)), int.from_bytes(first[ports : ports + 2], "big")))


def trusted(written: Sequence[str]) -> Callable[[str], bool]:
    """Whether an address is a balancer's. Raises ValueError that quotes what is neither address nor network."""
    networks = [ipaddress.ip_network(each) for each in written]

    def is_trusted(address: str) -> bool:
        if not networks:
            return False
        ip = ipaddress.ip_address(address.removeprefix("::ffff:"))
        return any(ip in network for network in networks)

    return is_trusted
