"""Events go to the world, and never into our own network."""

from __future__ import annotations

import asyncio
import socket
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from pytest_django import Settings

from tenants.models import WebhookEndpoint
from tenants.webhooks import transport
from tenants.webhooks.targets import TargetRefused, resolve, split, validate_url
from tests.tenants.webhooks.receiver import Receiver

#: Addresses that a name may lead to, and may we go there.
INSIDE = [
    "127.0.0.1",
    "127.8.8.8",
    "0.0.0.0",
    "10.0.0.1",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "100.64.0.1",  # carrier-grade NAT
    "169.254.169.254",  # metadata of clouds
    "192.0.0.192",  # metadata of Oracle's
    "198.18.0.1",
    "203.0.113.7",  # documentation
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::1",
    "::",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "::ffff:10.0.0.1",
    "::127.0.0.1",
    "fe80::1",
    "fec0::1",
    "fc00::1",
    "fd00:ec2::254",  # metadata of AWS
    "ff02::1",
    "64:ff9b::7f00:1",  # NAT64 of 127.0.0.1
    "64:ff9b::a9fe:a9fe",
    "2002:7f00:1::",  # 6to4 of 127.0.0.1
    "2001:0:7f00:1::",  # Teredo
    "2001:db8::1",
]
OUTSIDE = ["93.184.216.34", "8.8.8.8", "2606:4700:4700::1111", "::ffff:8.8.8.8"]


def answering(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> list[str]:
    """Every name leads to `addresses`; returns the names that are asked for."""
    asked = []

    def getaddrinfo(host: str, port: int, *_args: Any, **_kwargs: Any) -> list[Any]:
        asked.append(host)
        kind = [socket.AF_INET6 if ":" in address else socket.AF_INET for address in addresses]
        return [
            (family, socket.SOCK_STREAM, 6, "", (address, port, 0, 0) if family == socket.AF_INET6 else (address, port))
            for family, address in zip(kind, addresses, strict=True)
        ]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    return asked


def lookup(url: str) -> str:
    return asyncio.run(resolve(split(url)))


@pytest.mark.parametrize("address", INSIDE)
def test_a_name_that_leads_inside_is_refused(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    answering(monkeypatch, address)
    with pytest.raises(TargetRefused):
        lookup("https://crm.example.com/hooks")
    answering(monkeypatch, "8.8.8.8", address)
    with pytest.raises(TargetRefused):
        lookup("https://crm.example.com/hooks")


@pytest.mark.parametrize("address", INSIDE)
def test_an_address_inside_is_refused_where_it_is_written(address: str) -> None:
    with pytest.raises(ValidationError):
        validate_url(f"https://[{address}]/" if ":" in address else f"https://{address}/")


@pytest.mark.parametrize("address", OUTSIDE)
def test_a_name_that_leads_outside_is_fine(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    answering(monkeypatch, address)
    assert lookup("https://crm.example.com/hooks") == address


@pytest.mark.parametrize(
    "url",
    [
        "http://crm.example.com/",
        "ftp://crm.example.com/",
        "file:///etc/passwd",
        "https://",
        "https:///hooks",
        "crm.example.com",
        "https://user:password@crm.example.com/",
        "https://crm.example.com:99999/",
        "https://crm.example.com:0/",
        "https://crm.example.com/#part",
        "https://crm.example.com/a b",
        "https://crm.example.com/\r\nX-Header: 1",
        "https://[::1/",
        "https://еxample.com/",
    ],
)
def test_what_is_no_address_for_webhooks_is_refused(url: str) -> None:
    with pytest.raises(ValidationError):
        validate_url(url)


@pytest.mark.parametrize("url", ["https://2130706433/", "https://0x7f.1/", "https://localhost/", "https://127.1/"])
def test_other_spellings_of_this_machine_are_refused_when_they_are_looked_up(url: str) -> None:
    with pytest.raises((TargetRefused, OSError)):
        lookup(url)


def test_the_operator_may_allow_a_network_and_no_other(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.WEBHOOK_ALLOWED_NETWORKS = ["10.20.0.0/16"]
    answering(monkeypatch, "10.20.1.1")
    assert lookup("http://crm.intern/hooks") == "10.20.1.1"
    for address in ("10.21.1.1", "127.0.0.1", "169.254.169.254", "8.8.8.8"):
        answering(monkeypatch, address)
        with pytest.raises(TargetRefused):
            lookup("http://crm.intern/hooks")


def test_a_name_is_looked_up_once_and_connected_to_is_the_address_that_was_checked(
    endpoint: WebhookEndpoint, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name that leads elsewhere the second time it is asked changes nothing."""
    asked = answering(monkeypatch, "127.0.0.1")
    port = receiver.url.split(":")[2]
    answer = transport.send(f"http://rebind.example.com:{port}", body=b"{}", headers={})
    assert answer.status_code == 204
    assert [name for name in asked if name == "rebind.example.com"] == ["rebind.example.com"]
    assert receiver.requests[0].headers["host"] == f"rebind.example.com:{port.split('/')[0]}"
