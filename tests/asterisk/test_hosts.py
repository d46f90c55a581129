"""Two hosts behind HAProxy, and a real Asterisk that knows of the balancer only."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.db import connection
from pytest_django import Settings

from calls.models import Call
from sandbox.product import Product
from tenants.scope import acting_for
from tests.asterisk.test_calls import words_in
from tests.asterisk.test_workers import GENERATED, IP, House, generated, is_at_a_step, serving, settle
from tests.chaos import balancer as balancers
from tests.chaos.balancer import Balancer

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.timeout(120),
    pytest.mark.skipif(bool(balancers.MISSING), reason=balancers.MISSING),
]


async def test_another_host_goes_on_where_one_died(
    asterisk: Callable[..., Any],
    lab: Any,
    spoken: Callable[[str], Any],
    tmp_path: Path,
    vendors_url: str,
    settings: Settings,
) -> None:
    """The dialplan calls again while the balancer still believes in the dead host."""
    if connection.vendor != "sqlite":
        pytest.skip("the services are given the test's database as a file")
    balancer = Balancer(tmp_path, IP)
    (tmp_path / "voicebot.sqlite3").symlink_to(connection.settings_dict["NAME"])
    environment = {
        "DATA_DIR": str(tmp_path),
        "SANDBOX_URL": vendors_url,
        "AUDIOSOCKET_PROXIES": balancers.ADDRESS,
        "METRICS_PORT": str(balancer.metrics_port),
    }
    async with contextlib.AsyncExitStack() as stack:
        site = await stack.enter_async_context(Product(vendors_url=vendors_url))
        tenant = await sync_to_async(settle)(None)
        text = await sync_to_async(generated)(tenant, site.url)
        services = [
            await stack.enter_async_context(
                serving("--host", host, "--port", str(balancer.hosts_port), METRICS_HOST=host, **environment)
            )
            for host in balancers.HOSTS.values()
        ]
        stack.enter_context(balancer.running())
        while balancer.up() != set(balancers.HOSTS):  # noqa: ASYNC110  another process
            await asyncio.sleep(0.1)
        settings.AUDIOSOCKET_PUBLIC_ADDRESS = f"{IP}:{balancer.port}"
        pbx = await stack.enter_async_context(asterisk(extens=GENERATED.format(dialplan=text), ip=IP))
        call = await pbx.call(
            1, [lab.noise(), lab.hush(1.0), spoken("Ma box internet ne marche plus.")], number="0612345678", via="local"
        )
        first = await is_at_a_step(tenant)
        pid_of = [(service, pid) for service in services for pid in await service.ready(2)]
        dead = next(service for service, pid in pid_of if first.worker.endswith(f":{pid}"))
        for process in (dead.process.pid, *await dead.ready(2)):
            os.kill(process, signal.SIGKILL)
        await call.then([lab.noise(), lab.hush(1.0), lab.dtmf("0")])
        result = await call.ended(60)
        dropped = await House(tenant, pbx, dead).is_dropped(first)
        with acting_for(tenant):
            second = await Call.objects.exclude(pk=first.pk).aget()
    assert "je reprends" in words_in(result.bot_wav)
    assert second.worker not in {
        f"{first.worker.rpartition(':')[0]}:{pid}" for service, pid in pid_of if service is dead
    }
    assert (second.resumes_id, second.status, second.end_reason) == (dropped.pk, "transferred", "handover")
