"""Two hosts behind HAProxy, as docs/examples/haproxy.cfg says; whole calls are `make chaos ARGS=hosts`."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest

from telephony.audiosocket.codec import Kind
from tests.chaos import balancer as balancers
from tests.chaos.balancer import Balancer
from tests.telephony.asterisk import calling, connected
from tests.telephony.test_supervisor import DEADLINE, Service, dialling, running, talks

pytestmark = [pytest.mark.haproxy, pytest.mark.skipif(bool(balancers.MISSING), reason=balancers.MISSING)]

CALLS = 6
LAME_DUCK_SECONDS = 3.0  # the balancer looks every second, and believes it the second time


@pytest.fixture
async def balancer(tmp_path: Path) -> AsyncIterator[Balancer]:
    balancer = Balancer(tmp_path)
    with balancer.running():
        yield balancer


@asynccontextmanager
async def host(balancer: Balancer, name: str) -> AsyncIterator[Service]:
    address = balancers.HOSTS[name]
    arguments = ("--host", address, "--port", str(balancer.hosts_port), "--lame-duck", str(LAME_DUCK_SECONDS))
    environment = {
        "AUDIOSOCKET_PROXIES": balancers.ADDRESS,
        "METRICS_HOST": address,
        "METRICS_PORT": str(balancer.metrics_port),
        "MOST_LATENESS_SECONDS": "5",  # a busy machine is no reason to refuse here
    }
    async with running(*arguments, **environment) as service:
        yield service


@asynccontextmanager
async def both(balancer: Balancer) -> AsyncIterator[dict[str, Service]]:
    async with AsyncExitStack() as stack:
        services = await asyncio.gather(*(stack.enter_async_context(host(balancer, name)) for name in balancers.HOSTS))
        await until(lambda: balancer.up() == {"one", "two"})
        yield dict(zip(balancers.HOSTS, services, strict=True))


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(DEADLINE):
        while not true():  # noqa: ASYNC110  another process
            await asyncio.sleep(0.05)


async def test_calls_go_to_all_hosts_and_each_knows_whose_they_are(balancer: Balancer) -> None:
    async with both(balancer) as services, AsyncExitStack() as stack:
        for _ in range(CALLS):
            await talks(await stack.enter_async_context(calling(balancer.port)))
        assert {seen.connections for seen in balancer.seen().values()} == {CALLS // 2}
        async with connected(balancer.port, source="127.0.0.5") as stranger:
            stranger.send(b"\0\0\0")
            assert await stranger.closed() == [Kind.ERROR]
        logs = "".join(service.log for service in services.values())
        assert "refused a connection from 127.0.0.5: garbage" in logs


async def test_a_host_that_is_stopped_loses_no_call(balancer: Balancer) -> None:
    async with both(balancer) as services, AsyncExitStack() as stack:
        calls = [await stack.enter_async_context(calling(balancer.port)) for _ in range(CALLS)]
        async with dialling(balancer.port) as answers:
            services["one"].signal(signal.SIGTERM)
            await until(lambda: balancer.up() == {"two"})
            await services["one"].until("stopping: ")  # it waits for its calls, and takes no new ones
            count = len(answers)
            await until(lambda: len(answers) > count + 5)
        for call in calls:
            await talks(call)
            call.hang_up()
        assert await services["one"].ended() == 0
        assert set(answers) == {Kind.AUDIO}


async def test_a_host_that_dies_takes_its_own_calls_only(balancer: Balancer) -> None:
    async with both(balancer) as services, AsyncExitStack() as stack:
        calls = [await stack.enter_async_context(calling(balancer.port)) for _ in range(CALLS)]
        for call in calls:
            await talks(call)
        for process in (services["one"].process.pid, *await services["one"].ready()):
            os.kill(process, signal.SIGKILL)
        await services["one"].ended()  # until then its port takes connections, and loses them
        async with dialling(balancer.port) as answers:
            await until(lambda: balancer.up() == {"two"})
            await until(lambda: len(answers) > CALLS)
        assert set(answers) == {Kind.AUDIO}  # those, too, that came before the balancer knew
        cut = [call for call in calls if call.is_over]
        assert len(cut) == CALLS // 2
        for call in set(calls) - set(cut):
            await talks(call)
