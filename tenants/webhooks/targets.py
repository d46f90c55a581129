"""Where messages may go: the world, and not our own network."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache, partial
from typing import Final
from urllib.parse import SplitResult, urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

# What Python takes for global: IPv6 that carries IPv4 inside, and may end anywhere; what once
# was private; what the IETF keeps for itself, where a cloud has its metadata.
SPECIAL: Final = tuple(
    ipaddress.ip_network(network)
    for network in (
        "64:ff9b::/96",
        "64:ff9b:1::/48",
        "2001::/32",
        "2002::/16",
        "::/96",
        "fec0::/10",
        "192.0.0.0/24",
        "192.88.99.0/24",
    )
)

# Not the event loop's own threads: these it would wait for, however long a name server keeps silent.
_resolvers = ThreadPoolExecutor(4, thread_name_prefix="resolve")


@lru_cache(maxsize=4)
def networks(written: Sequence[str]) -> list[ipaddress.IPv4Network | ipaddress.IPv6Network]:
    """Raises ValueError that quotes what is no network; a system check finds it first."""
    return [ipaddress.ip_network(each) for each in written]


class TargetRefused(Exception):
    """A message may not go there; the text says why, for the company."""


def validate_url(url: str) -> None:
    """Raises ValidationError. Which addresses a name leads to is asked at each delivery, not here."""
    try:
        split(url)
    except TargetRefused as refused:
        raise ValidationError(str(refused)) from None


def split(url: str) -> SplitResult:
    """Raises TargetRefused for what is no address of a web server that may be told anything."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise TargetRefused(_("This is no address; an example is https://crm.example.com/webhooks.")) from None
    if parts.scheme not in ("https", "http") or not parts.hostname or not url.isascii() or not url.isprintable():
        raise TargetRefused(_("This is no address; an example is https://crm.example.com/webhooks."))
    if parts.username is not None or parts.password is not None:
        raise TargetRefused(_("Leave name and password out of the address: signatures say who sends."))
    if port == 0 or " " in url or parts.fragment:
        raise TargetRefused(_("This is no address; an example is https://crm.example.com/webhooks."))
    if parts.scheme == "http" and not settings.WEBHOOK_ALLOWED_NETWORKS:
        raise TargetRefused(_("The address must begin with https://."))
    try:
        literal = ipaddress.ip_address(parts.hostname)
    except ValueError:
        return parts
    refuse_unless_allowed(literal, scheme=parts.scheme)
    return parts


async def resolve(parts: SplitResult) -> str:
    """The address to connect to. Raises TargetRefused, and OSError for a name that is not known.

    All addresses of the name must be allowed: one that is not is an attempt, or a mistake.
    """
    port = parts.port or (443 if parts.scheme == "https" else 80)
    look_up = partial(socket.getaddrinfo, str(parts.hostname), port, type=socket.SOCK_STREAM)
    found = await asyncio.get_running_loop().run_in_executor(_resolvers, look_up)
    addresses = [str(entry[4][0]) for entry in found]
    for address in addresses:
        refuse_unless_allowed(ipaddress.ip_address(address), scheme=parts.scheme)
    if not addresses:
        raise OSError("the name has no address")
    return addresses[0]


def refuse_unless_allowed(address: Address, *, scheme: str) -> None:
    """Raises TargetRefused for whatever is not on the internet, unless the operator allows it."""
    meant = getattr(address, "ipv4_mapped", None) or address
    if any(meant in network for network in networks(tuple(settings.WEBHOOK_ALLOWED_NETWORKS))):
        return
    if scheme == "http":
        raise TargetRefused(_("The address must begin with https://."))
    is_special = any(meant in network for network in SPECIAL)
    if not meant.is_global or meant.is_multicast or meant.is_reserved or is_special:
        raise TargetRefused(_("The name leads to an address inside a private network."))
