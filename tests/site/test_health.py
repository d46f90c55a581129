from __future__ import annotations

import os
import socket
import time
from collections.abc import Iterator

import pytest
from django.db import connections
from django.test import Client

from voicebot_site import health


@pytest.fixture
def silent_address() -> Iterator[str]:
    """HOST:PORT of a server that accepts and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"127.0.0.1:{server.getsockname()[1]}"


def test_alive_needs_nobody(client: Client) -> None:
    """No database is allowed in this test."""
    response = client.get("/healthz")
    assert (response.status_code, response.content) == (200, b"ok\n")


@pytest.mark.django_db(transaction=True)
def test_ready_when_the_database_answers(client: Client) -> None:
    response = client.get("/readyz")
    assert (response.status_code, response.json()) == (200, {"database": "ok"})


@pytest.mark.django_db(transaction=True)
def test_not_ready_without_a_database(client: Client, monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    monkeypatch.setitem(connections.settings["default"], "NAME", tmp_path / "no" / "such.sqlite3")
    monkeypatch.setitem(connections.settings["default"], "PORT", "1")
    response = client.get("/readyz")
    assert (response.status_code, response.json()) == (503, {"database": "down"})


@pytest.mark.django_db(transaction=True)
def test_a_server_that_hangs_does_not_hang_the_probe(
    client: Client, settings, monkeypatch: pytest.MonkeyPatch, silent_address: str
) -> None:
    settings.REDIS_URL = f"redis://{silent_address}/0"
    settings.CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": settings.REDIS_URL,
            "OPTIONS": {"socket_timeout": 1},  # its thread must end soon
        }
    }
    monkeypatch.setattr(health, "PATIENCE_SECONDS", 0.3)
    started = time.monotonic()
    response = client.get("/readyz")
    assert time.monotonic() - started < 4
    assert (response.status_code, response.json()) == (503, {"database": "ok", "redis": "down"})


@pytest.mark.redis
@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(not os.environ.get("REDIS_URL"), reason="REDIS_URL is not set")
def test_ready_when_redis_answers_too(client: Client) -> None:
    response = client.get("/readyz")
    assert (response.status_code, response.json()) == (200, {"database": "ok", "redis": "ok"})
