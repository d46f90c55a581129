"""What a tenant's telephony engineer writes into manager.conf and the firewall, beside the dialplan."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.conf import settings

from tenants.models import AsteriskServer

DEFAULT_USER = "voicebot"
NO_SECRET = "SECRET"  # noqa: S105 - what stands where none is stored
UNKNOWN = "ADDRESS-OF-THE-VOICEBOT"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where the Asterisk reaches us."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"

    @property
    def family(self) -> str:
        """Of nftables; a name is looked up there when the rules are loaded."""
        return "ip6" if ":" in self.host else "ip"


def site() -> Endpoint:
    parts = urlsplit(settings.SITE_URL)
    return Endpoint(parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80))


def audiosocket() -> Endpoint:
    """The AudioSocket port, as an Asterisk reaches it."""
    if settings.AUDIOSOCKET_PUBLIC_ADDRESS:
        host, _colon, port = settings.AUDIOSOCKET_PUBLIC_ADDRESS.rpartition(":")
        return Endpoint(host.strip("[]"), int(port))
    return Endpoint(site().host, settings.AUDIOSOCKET_PORT)


def our_addresses() -> list[str]:
    """Where our AMI connections come from; a placeholder where nobody has said it."""
    return list(settings.OUTGOING_ADDRESSES) or [UNKNOWN]


def manager_conf(server: AsteriskServer) -> str:
    """The user of manager.conf. Raises ValueError, naming the value, where one could not stand there."""
    user, secret = server.ami_user or DEFAULT_USER, server.ami_secret or NO_SECRET
    if not re.fullmatch(r"[\w.-]+", user, re.ASCII) or user == "general":
        raise ValueError("the AMI user cannot stand in manager.conf: use letters, digits, points and hyphens")
    if not re.fullmatch(r"[!-:<-~]+", secret, re.ASCII):
        raise ValueError("the AMI secret cannot stand in manager.conf: use no spaces, semicolons or accents")
    permits = "".join(f"permit = {_mask(address)}\n" for address in our_addresses())
    return (
        f"; In manager.conf. [general] needs enabled = yes, port = {server.ami_port}, and a bindaddr that we reach.\n"
        f"[{user}]\nsecret = {secret}\ndeny = 0.0.0.0/0.0.0.0\ndeny = ::/0\n{permits}read =\n"
        "; call is for calls. command and originate are for the self-test; take them away after it if you like.\n"
        "write = call,command,originate\n"
    )


def firewall(server: AsteriskServer) -> dict[str, str]:
    """Rules for the Asterisk's own firewall, by the program that takes them: nftables, iptables, ufw."""
    web, sound = site(), audiosocket()
    nftables = [
        f"nft add rule inet filter output {at.family} daddr {at.host} tcp dport {at.port} accept" for at in (web, sound)
    ]
    iptables = [
        f"{_iptables(at.host)} -A OUTPUT -p tcp -d {at.host} --dport {at.port} -j ACCEPT" for at in (web, sound)
    ]
    # ufw takes no names, and lets everything out unless it was told otherwise.
    ufw = [f"ufw allow out proto tcp to {_or_any(at.host)} port {at.port}" for at in (web, sound)]
    for address in our_addresses() if server.ami_host else []:
        family = "ip6" if ":" in address else "ip"
        nftables.append(f"nft add rule inet filter input {family} saddr {address} tcp dport {server.ami_port} accept")
        iptables.append(f"{_iptables(address)} -A INPUT -p tcp -s {address} --dport {server.ami_port} -j ACCEPT")
        ufw.append(f"ufw allow in proto tcp from {address} to any port {server.ami_port}")
    return {"nftables": _lines(nftables), "iptables": _lines(iptables), "ufw": _lines(ufw)}


def _lines(rules: list[str]) -> str:
    return "".join(f"{rule}\n" for rule in rules)


def _iptables(address: str) -> str:
    return "ip6tables" if ":" in address else "iptables"


def _or_any(host: str) -> str:
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        return "any"


def _mask(address: str) -> str:
    """As manager.conf takes it: 203.0.113.10/255.255.255.255."""
    try:
        network = ipaddress.ip_network(address, strict=False)
    except ValueError:
        return address
    return str(network.with_netmask if network.version == 4 else network)
