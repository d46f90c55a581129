"""`manage.py runaudiosocket` as it is in production: a supervisor, workers, signals, real calls."""

import asyncio
import json
import os
import re
import signal
import socket
import sys
from contextlib import asynccontextmanager

import httpx
from django.conf import settings

from telephony.audiosocket.codec import Kind, encode
from telephony.handover import Report
from telephony.media import FRAME_BYTES
from telephony.supervisor import Worker
from tests.telephony.asterisk import calling

DEADLINE = 30.0  # processes are started, on machines that are busy


AS_SYSTEMD = """
import os, sys
os.dup2(int(sys.argv[1]), 3)
os.environ |= {"LISTEN_FDS": "1", "LISTEN_PID": str(os.getpid())}
os.execv(sys.argv[2], sys.argv[2:])
"""


class Service:
    """The running command; its log is what is waited for."""

    def __init__(self, process):
        self.process = process
        self.port = 0
        self.log = ""
        self._changed = asyncio.Event()
        self._reading = asyncio.create_task(self._read())

    async def _read(self):
        while line := await self.process.stderr.readline():
            self.log += line.decode()
            self._changed.set()
        self._changed.set()

    async def until(self, pattern, count=1):
        """Wait until the log has so many matches; returns the last one."""
        async with asyncio.timeout(DEADLINE):
            while len(found := list(re.finditer(pattern, self.log))) < count:
                assert not self._reading.done(), self.log
                self._changed.clear()
                await self._changed.wait()
        return found[-1]

    async def ready(self, count=1):
        """The process ids of the workers that are ready, once there have been so many."""
        await self.until(r"\(pid \d+\) is ready", count)
        return [int(pid) for pid in re.findall(r"\(pid (\d+)\) is ready", self.log)]

    def signal(self, number):
        self.process.send_signal(number)

    async def ended(self):
        return await asyncio.wait_for(self.process.wait(), DEADLINE)


@asynccontextmanager
async def running(*arguments, workers=1, drain=20, application="echo", opened=None, **environment):
    command = [
        *(sys.executable, str(settings.BASE_DIR / "manage.py"), "runaudiosocket"),
        *("--host", "127.0.0.1", "--port", "0", "--workers", str(workers), "--drain", str(drain)),
        *("--application", f"tests.telephony.applications.{application}"),
        *arguments,
    ]
    if opened:
        command = [sys.executable, "-c", AS_SYSTEMD, str(opened.fileno()), *command]
    process = await asyncio.create_subprocess_exec(
        *command,
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, "LOG_LEVEL": "INFO", "METRICS_PORT": "0", **environment},
        pass_fds=[opened.fileno()] if opened else [],
    )
    service = Service(process)
    try:
        service.port = int((await service.until(r"port (\d+), "))[1])
        await service.ready(workers)
        yield service
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
        await service._reading


async def talks(asterisk):
    """Whether the other end echoes now."""
    mark = os.urandom(FRAME_BYTES)
    asterisk.send(encode(Kind.AUDIO, mark))
    await asterisk.until(lambda frames: (Kind.AUDIO, mark) in frames)


@asynccontextmanager
async def dialling(port):
    """Somebody who calls all the time; yields what was said to the calls: a refused connection fails the test."""
    answers = []

    async def dial():
        while True:
            async with calling(port) as asterisk:
                await asterisk.until_frames(1)
                answers.append(asterisk.frames[0][0])
            await asyncio.sleep(0.02)

    task = asyncio.create_task(dial())
    try:
        yield answers
    finally:
        task.cancel()
        await asyncio.wait([task])
        if not task.cancelled():
            task.result()


def test_a_worker_of_a_later_release_may_report_more():
    report = Report(taken=1, load=2, ready=True, draining=False)
    later = json.dumps({**json.loads(report.encode()), "mood": "sunny"}).encode()
    assert Report.parse(later) == report


async def test_calls_go_to_the_least_loaded_worker():
    async with running(workers=2) as service:
        connections = [calling(service.port) for _ in range(6)]
        calls = [await connection.__aenter__() for connection in connections]
        for call in calls:
            await talks(call)
        loads = [connections_of(pid) for pid in await service.ready(2)]
        assert loads == [3, 3]
        for connection in connections:
            await connection.__aexit__(None, None, None)


def connections_of(pid):
    """How many TCP connections a process holds; it has two descriptors of each."""
    with open("/proc/net/tcp") as table:
        every = {line.split()[9] for line in table.readlines()[1:]}
    return len(every & {inode_of(f"/proc/{pid}/fd/{fd}") for fd in os.listdir(f"/proc/{pid}/fd")})


def inode_of(path):
    """Of a descriptor that is a socket."""
    try:
        return os.readlink(path).removeprefix("socket:[").rstrip("]")
    except OSError:
        return ""


async def test_a_killed_worker_is_replaced_and_the_port_stays_open():
    async with running(workers=2) as service:
        first, _ = await service.ready(2)
        async with dialling(service.port) as answers:
            os.kill(first, signal.SIGKILL)
            await service.ready(3)
            seen = len(answers)
            while len(answers) < seen + 3:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        assert set(answers) == {Kind.AUDIO}
        assert f"(pid {first}) ended with status -9" in service.log


async def test_without_a_worker_calls_are_answered_with_a_refusal():
    async with running() as service:
        (pid,) = await service.ready()
        os.kill(pid, signal.SIGKILL)
        async with dialling(service.port) as answers:
            await service.ready(2)
            while Kind.AUDIO not in answers[-1:]:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        assert set(answers) == {Kind.ERROR, Kind.AUDIO}


async def test_a_hung_worker_is_killed_and_replaced():
    async with running(workers=2) as service:
        first, second = await service.ready(2)
        os.kill(first, signal.SIGSTOP)
        await service.until(rf"\(pid {first}\) is hung: killed")
        pids = await service.ready(3)
        assert pids[-1] not in (first, second)
        async with calling(service.port) as asterisk:
            await talks(asterisk)


async def test_a_worker_that_is_slow_to_start_is_left_alone():
    starting = Worker([sys.executable, "-c", "import sys; sys.stdin.read()"], 0, 0, now=100.0)
    try:
        assert not starting.is_hung(159.0)
        starting.heard_at = 110.0  # it lives, and imports
        assert not starting.is_hung(169.0)
        assert starting.is_hung(171.0)
        starting.ready = True
        assert starting.is_hung(116.0)
    finally:
        starting.process.kill()
        starting.process.wait()
        starting.bury()


async def test_calls_passed_to_a_worker_that_dies_before_it_took_them_go_to_another():
    async with running(workers=2) as service:
        pids = dict(re.findall(r"worker (\d) \(pid (\d+)\) is ready", service.log))
        first = int(pids["0"])  # of two idle ones it is given the next call
        os.kill(first, signal.SIGSTOP)
        async with calling(service.port) as asterisk:
            async with calling(service.port) as other:  # accepted after it, and given to the other worker
                await talks(other)
            assert asterisk.frames == []
            os.kill(first, signal.SIGKILL)
            await talks(asterisk)


async def test_a_reload_under_calls_drops_none():
    async with running(workers=2) as service:
        old = await service.ready(2)
        async with calling(service.port) as one, calling(service.port) as other, dialling(service.port) as answers:
            await talks(one)
            await talks(other)
            service.signal(signal.SIGHUP)
            new = (await service.ready(4))[2:]
            assert not set(old) & set(new)
            await talks(one)
            await talks(other)
            async with calling(service.port) as third:
                await talks(third)
                one.hang_up()
                other.hang_up()
                for pid in old:
                    await service.until(rf"\(pid {pid}\) ended with status 0")
                await talks(third)
        assert set(answers) == {Kind.AUDIO}


async def test_a_worker_that_is_told_to_end_by_itself_drains_and_is_replaced():
    async with running() as service:
        (pid,) = await service.ready()
        async with calling(service.port) as asterisk:
            await talks(asterisk)
            os.kill(pid, signal.SIGTERM)
            await service.ready(2)
            await talks(asterisk)
            asterisk.hang_up()
            await service.until(rf"\(pid {pid}\) ended with status 0")


async def test_sigterm_drains_and_answers_meanwhile():
    async with running() as service, calling(service.port) as asterisk:
        await talks(asterisk)
        service.signal(signal.SIGTERM)
        await service.until("stopping: 1 connections")
        async with calling(service.port) as late:
            await late.until_frames(1)
            assert late.frames == [(Kind.ERROR, b"")]
        await talks(asterisk)
        asterisk.hang_up()
        assert await service.ended() == 0


async def test_an_application_that_is_asked_to_end_may_end_at_once():
    async with running(application="polite") as service, calling(service.port) as asterisk:
        await talks(asterisk)
        service.signal(signal.SIGTERM)
        await asterisk.until(lambda frames: frames[-1] == (Kind.HANGUP, b""))
        asterisk.hang_up()
        assert await service.ended() == 0


async def test_calls_that_outlast_the_drain_are_cut_off():
    async with running(drain=0.2) as service, calling(service.port) as asterisk:
        await talks(asterisk)
        service.signal(signal.SIGTERM)
        assert (await asterisk.closed())[-1] == Kind.HANGUP
        assert await service.ended() == 0


async def test_a_second_signal_ends_at_once():
    async with running(drain=3600) as service, calling(service.port) as asterisk:
        await talks(asterisk)
        service.signal(signal.SIGINT)
        await service.until("stopping: 1 connections")
        service.signal(signal.SIGINT)
        assert await service.ended() == 0


async def test_workers_that_lost_their_supervisor_drain_and_end():
    async with running(drain=20) as service:
        (pid,) = await service.ready()
        async with calling(service.port) as asterisk:
            await talks(asterisk)
            service.signal(signal.SIGKILL)
            await service.until("the supervisor is gone")
            await talks(asterisk)
            asterisk.hang_up()
            async with asyncio.timeout(DEADLINE):
                while is_alive(pid):  # noqa: ASYNC110
                    await asyncio.sleep(0.02)


def is_alive(pid):
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


async def test_metrics_are_those_of_all_workers():
    async with running("--metrics-port", "0", workers=2) as service:
        port = int((await service.until(r"metrics on port (\d+)"))[1])
        first, _ = await service.ready(2)
        async with calling(service.port) as one, calling(service.port) as other:
            await talks(one)
            await talks(other)
            assert "voicebot_active_calls 2.0" in await scrape(port)
            os.kill(first, signal.SIGKILL)
            await service.ready(3)
            found = await scrape(port)
            assert "voicebot_active_calls 1.0" in found
            assert "voicebot_lost_workers_total 1.0" in found


async def scrape(port):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET /metrics HTTP/1.0\r\n\r\n")
    text = (await asyncio.wait_for(reader.read(), DEADLINE)).decode()
    writer.close()
    return text


async def test_the_port_may_be_opened_by_systemd():
    with socket.create_server(("127.0.0.1", 0)) as opened:
        opened.set_inheritable(True)
        async with running(opened=opened) as service, calling(service.port) as asterisk:
            assert service.port == opened.getsockname()[1]
            await talks(asterisk)


async def test_a_port_that_is_taken_is_a_clear_error():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            str(settings.BASE_DIR / "manage.py"),
            *("runaudiosocket", "--host", "127.0.0.1", "--port", str(taken.getsockname()[1])),
            *("--application", "tests.telephony.applications.echo"),
            stderr=asyncio.subprocess.PIPE,
        )
        _, errors = await asyncio.wait_for(process.communicate(), DEADLINE)
    assert process.returncode == 1
    assert b"Address already in use" in errors
    assert b"Choose another --port" in errors


async def readiness(port):
    """What /readyz on the metrics port says: the status, and how each worker is."""
    async with httpx.AsyncClient() as client:
        answer = await client.get(f"http://127.0.0.1:{port}/readyz")
    return answer.status_code, list(answer.json().values())


async def becomes(port, expected):
    async with asyncio.timeout(DEADLINE):
        while await readiness(port) != expected:  # noqa: ASYNC110
            await asyncio.sleep(0.05)


async def test_a_worker_that_is_late_takes_no_more_calls_and_says_so():
    async with running(application="slow", MOST_LATENESS_SECONDS="0.02") as service:
        port = int((await service.until(r"metrics on port (\d+)"))[1])
        await becomes(port, (200, ["ready"]))
        async with calling(service.port) as first:
            await first.until_frames(1)
            await service.until("no new calls for now")
            await becomes(port, (503, ["overloaded"]))
            async with calling(service.port) as second:
                await second.until_frames(1)
                assert second.frames == [(Kind.ERROR, b"")]
        await service.until("calls are welcome again")
        await becomes(port, (200, ["ready"]))
