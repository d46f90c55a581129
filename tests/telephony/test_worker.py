"""What a worker does before it says that it is ready, and how it keeps its allow-list fresh."""

import asyncio
import gc
import socket
import threading
import weakref
from contextlib import asynccontextmanager

import pytest
from django.db import DatabaseError

from telephony import handover, worker
from telephony.audiosocket.codec import Kind
from tenants.allowlist import AllowList
from tenants.models import AsteriskServer, Tenant
from tenants.scope import acting_for
from tests.telephony.asterisk import DEADLINE, calling

pytestmark = pytest.mark.django_db(transaction=True)


class Vendor:
    """Stands for a vendor's client."""


class Supervisor:
    """The other end of a worker in this process; it accepts and passes on."""

    def __init__(self, control):
        self.control = control
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.listener.setblocking(False)
        self.port = self.listener.getsockname()[1]

    async def report(self, true):
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(DEADLINE):
            while True:
                report = handover.Report.parse(await loop.sock_recv(self.control, handover.LONGEST))
                if true(report):
                    return report

    @asynccontextmanager
    async def call(self):
        async with calling(self.port) as asterisk:
            connection, _ = await asyncio.get_running_loop().sock_accept(self.listener)
            with connection:
                socket.send_fds(self.control, [handover.CALL], [connection.fileno()])
            await asterisk.until_frames(1)
            yield asterisk

    async def first_frame_of_a_call(self):
        async with self.call() as asterisk:
            return asterisk.frames[0][0]


@asynccontextmanager
async def working():
    mine, theirs = handover.pair()
    supervisor = Supervisor(mine)
    serving = asyncio.create_task(worker.Worker(theirs, 0, None).serve())
    try:
        yield supervisor
    finally:
        mine.close()
        await asyncio.wait_for(serving, DEADLINE)
        supervisor.listener.close()
        theirs.close()


@pytest.fixture(autouse=True)
def _surroundings(settings, monkeypatch):
    settings.ASGI_APPLICATION = "tests.telephony.applications.echo"
    settings.SPEECH_TO_TEXT = settings.LANGUAGE_MODEL = settings.TEXT_TO_SPEECH = f"{__name__}.Vendor"
    monkeypatch.setattr(worker, "ALLOW_LIST_SECONDS", 0.02)
    thresholds = gc.get_threshold()
    yield
    gc.set_threshold(*thresholds)
    gc.unfreeze()


@pytest.fixture
def server():
    tenant = Tenant.objects.create(slug="house", name="House")
    with acting_for(tenant):
        return AsteriskServer.objects.create(name="pbx", network="127.0.0.1")


async def until_answered_by(supervisor, kind):
    async with asyncio.timeout(DEADLINE):
        while await supervisor.first_frame_of_a_call() != kind:
            pass


async def test_a_worker_takes_calls_of_known_servers(server):
    async with working() as supervisor:
        await supervisor.report(lambda report: report.ready)
        assert await supervisor.first_frame_of_a_call() == Kind.AUDIO
        report = await supervisor.report(lambda report: report.taken)
        assert (report.taken, report.draining) == (1, False)


async def test_what_ended_calls_left_in_cycles_is_collected_while_few_are_there(server, monkeypatch):
    monkeypatch.setattr(worker, "TIDY_SECONDS", 0.02)
    gone = threading.Event()
    async with working() as supervisor:
        await supervisor.report(lambda report: report.ready)
        gc.disable()  # what is collected now is so on purpose
        try:
            leave_a_cycle(gone.set)
            assert await asyncio.to_thread(gone.wait, DEADLINE)
        finally:
            gc.enable()


async def test_what_a_call_leaves_in_cycles_is_collected_soon_and_by_nothing_else(server, monkeypatch):
    monkeypatch.setattr(worker, "TIDY_SECONDS", 3600)
    gone = threading.Event()
    async with working() as supervisor:
        await supervisor.report(lambda report: report.ready)
        assert gc.get_threshold()[0] == 0
        async with supervisor.call():
            leave_a_cycle(gone.set)
            assert await asyncio.to_thread(gone.wait, DEADLINE)


def leave_a_cycle(told):
    class Node:
        def __init__(self):
            self.itself = self

    weakref.finalize(Node(), told)


async def test_a_server_that_is_added_or_removed_is_known_soon():
    async with working() as supervisor:
        await supervisor.report(lambda report: report.ready)
        assert await supervisor.first_frame_of_a_call() == Kind.ERROR
        tenant = await Tenant.objects.acreate(slug="house", name="House")
        with acting_for(tenant):
            server = await AsteriskServer.objects.acreate(name="pbx", network="127.0.0.0/8")
        await until_answered_by(supervisor, Kind.AUDIO)
        with acting_for(tenant):
            await server.adelete()
        await until_answered_by(supervisor, Kind.ERROR)


async def test_without_a_database_the_last_list_stays(server, monkeypatch, caplog):
    async with working() as supervisor:
        await supervisor.report(lambda report: report.ready)

        def refresh(self):
            raise DatabaseError("gone")

        monkeypatch.setattr(AllowList, "refresh", refresh)
        async with asyncio.timeout(DEADLINE):
            while "the last one stays: gone" not in caplog.text:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        assert await supervisor.first_frame_of_a_call() == Kind.AUDIO


async def test_a_worker_is_alive_but_not_ready_until_it_has_a_list(server, monkeypatch):
    refresh = AllowList.refresh
    monkeypatch.setattr(AllowList, "refresh", lambda self: 1 / 0)
    async with working() as supervisor:
        for _ in range(3):
            assert not (await supervisor.report(lambda report: True)).ready
        monkeypatch.setattr(AllowList, "refresh", refresh)
        await supervisor.report(lambda report: report.ready)


async def test_a_vendor_that_cannot_be_made_does_not_keep_calls_out(server, settings, caplog):
    settings.LANGUAGE_MODEL = "tests.telephony.nowhere.Vendor"
    async with working() as supervisor:
        await supervisor.report(lambda report: report.ready)
        assert await supervisor.first_frame_of_a_call() == Kind.AUDIO
    assert "a vendor's client could not be made" in caplog.text


async def test_a_worker_that_is_told_to_drain_says_so_and_ends(server):
    mine, theirs = handover.pair()
    supervisor = Supervisor(mine)
    serving = asyncio.create_task(worker.Worker(theirs, DEADLINE, None).serve())
    await supervisor.report(lambda report: report.ready)
    mine.send(handover.DRAIN)
    await supervisor.report(lambda report: report.draining)
    await asyncio.wait_for(serving, DEADLINE)
    for end in (mine, theirs, supervisor.listener):
        end.close()
