"""Which addresses may hand us calls: a snapshot of every active server, in memory.

The AudioSocket port asks it before anything else is done, so it must not wait for
the database: `refresh` is called every few seconds from a database thread.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass

from tenants.models import AsteriskServer
from tenants.scope import EVERYONE, acting_for

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True, slots=True)
class Entry:
    network: Network
    server_id: int
    tenant_id: int
    tenant_slug: str
    is_shared: bool = False  # whoever announced a call has it


class AllowList:
    """Looks up the server that owns an address; networks of tenants overlap only where all of them are shared."""

    def __init__(self) -> None:
        self._entries: tuple[Entry, ...] = ()
        self._known: dict[str, Entry | None] = {}

    def refresh(self) -> None:
        """Read the servers of all active tenants. Raises DatabaseError; the old list stays."""
        with acting_for(EVERYONE):
            rows = AsteriskServer.objects.filter(is_active=True, tenant__is_active=True).values_list(
                "network", "pk", "tenant_id", "tenant__slug", "is_shared"
            )
            entries = [
                Entry(ipaddress.ip_network(network), server, tenant, slug, is_shared)
                for network, server, tenant, slug, is_shared in rows
            ]
        # The narrowest first: a tenant may own a range and a server in it.
        entries.sort(key=lambda entry: entry.network.prefixlen, reverse=True)
        self._entries, self._known = tuple(entries), {}

    def find(self, address: str) -> Entry | None:
        """The server that calls from `address`, or None: it is not allowed."""
        if address in self._known:
            return self._known[address]
        ip = ipaddress.ip_address(address.removeprefix("::ffff:"))
        found = next((entry for entry in self._entries if ip in entry.network), None)
        if len(self._known) < 10_000:  # scanners come from everywhere
            self._known[address] = found
        return found
