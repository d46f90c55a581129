"""The self-test against a manager that says what the test wants: each colour of each step."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import Settings

from calls import selftest, services
from calls.case import Case, Ending
from calls.models import Announcement, Call, Turn
from tenants.allowlist import Entry
from tenants.models import AsteriskServer, ConnectionTest, Tenant, TransferTarget
from tests.cast import Cast
from tests.telephony.test_ami import Manager, managing
from tickets.models import Ticket

OK = "Response: Success\r\nActionID: {id}\r\n"
FORBIDDEN = "Response: Error\r\nActionID: {id}\r\nMessage: Permission denied\r\n\r\n"
SITE = "https://voice.example.com"
MODULES = "\n".join(f"{name}.so   Some words   0   Running   extended" for name in selftest.MODULES)


class Pbx(Manager):
    """A manager whose console and functions say what a test gave it."""

    def __init__(self) -> None:
        super().__init__()
        self.console: dict[str, str] = {}
        self.site = "ok"

    async def send(self, writer: Any, data: bytes) -> None:
        action = self.actions[-1]
        if b"Response: Error" not in data and action["Action"] == "Command":
            output = "".join(f"Output: {line}\r\n" for line in self.console.get(action["Command"], "").splitlines())
            data = data.removesuffix(b"\r\n") + output.encode() + b"\r\n"
        elif b"Response: Error" not in data and action["Action"] == "Getvar":
            data = data.removesuffix(b"\r\n") + f"Value: {self.site}\r\n\r\n".encode()
        await super().send(writer, data)


@contextmanager
def elsewhere(manager: Any) -> Iterator[Any]:
    """A manager in a thread of its own: the self-test blocks this one."""
    started, ended = threading.Event(), asyncio.Event()
    loops: list[asyncio.AbstractEventLoop] = []

    async def serve() -> None:
        async with managing(manager):
            loops.append(asyncio.get_running_loop())
            started.set()
            await ended.wait()

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    assert started.wait(5)
    try:
        yield manager
    finally:
        loops[0].call_soon_threadsafe(ended.set)
        thread.join(5)


@pytest.fixture
def server(alpha: Cast, settings: Settings) -> AsteriskServer:
    settings.SITE_URL = SITE
    ConnectionTest.objects.all().delete()
    row = alpha.alpha.server
    row.ami_host, row.ami_user, row.ami_secret = "127.0.0.1", "voicebot", "s3cret"
    row.save()
    return row


@pytest.fixture
def pbx(server: AsteriskServer) -> Iterator[Pbx]:
    manager = Pbx()
    manager.console = {
        "core show version": "Asterisk 22.10.1~dfsg built by root @ pbx on a x86_64",
        "module show": MODULES,
        "dialplan show voicebot": (
            f"[ Context 'voicebot' created by 'pbx_config' ]\n Authorization: Bearer {server.token} {SITE}/api/v1"
        ),
        "dialplan show transfer": "[ Context 'transfer' created by 'pbx_config' ]\n  'technician' =>     1. Dial()",
    }
    with elsewhere(manager):
        server.ami_port = manager.port
        server.save()
        yield manager


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ANNOUNCE_SECONDS", "CONNECT_SECONDS", "END_SECONDS", "HOLD_SECONDS"):
        monkeypatch.setattr(selftest, name, 0)


def steps(server: AsteriskServer) -> dict[str, tuple[str, str]]:
    test = selftest.begin(server=server)
    selftest.run(test)
    test.refresh_from_db()
    assert test.state == "done"
    return {step["key"]: (step["state"], step["code"]) for step in test.steps}


def dialplan_does(monkeypatch: pytest.MonkeyPatch, *acts: Callable[[], None]) -> None:
    """Each time that the self-test waits, the next thing happens."""
    monkeypatch.setattr(selftest, "ANNOUNCE_SECONDS", 5)
    monkeypatch.setattr(selftest, "CONNECT_SECONDS", 5 if len(acts) > 1 else 0)
    monkeypatch.setattr(selftest, "END_SECONDS", 5 if len(acts) > 2 else 0)
    waiting = iter(acts)
    monkeypatch.setattr(selftest, "pause", lambda seconds: next(waiting)())


class Line:
    """What the dialplan and the bot do with the call of the self-test."""

    def __init__(self, server: AsteriskServer) -> None:
        self.server = server
        self.uuid = uuid.uuid4()
        self.ending = Ending(Call.Status.COMPLETED, Call.EndReason.HANGUP)
        self.says = "Bonjour."

    def announce(self) -> None:
        mark = ConnectionTest.objects.get(state="running").mark
        services.announce(server=self.server, call_uuid=self.uuid, caller_name=mark, address="192.0.2.7")

    def connect(self) -> None:
        server = self.server
        entry = Entry(ipaddress.ip_network(server.network), server.pk, server.tenant.pk, "alpha")
        self.opening = services.begin(call_uuid=self.uuid, entry=entry, worker="w")

    def end(self) -> None:
        call = self.opening.call
        if self.says:
            Turn.objects.create(call=call, position=1, speaker="bot", text=self.says, started_at=0, ended_at=1)
        services.finish(call_id=call.pk, ending=self.ending, case=Case(), quality=services.LineQuality())


@pytest.fixture
def line(server: AsteriskServer) -> Line:
    return Line(server)


# --- All is well ----------------------------------------------------------------


def test_all_is_green_and_the_call_is_in_no_figure(
    server: AsteriskServer, pbx: Pbx, line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    tickets = Ticket.objects.count()
    AsteriskServer.objects.update(network="192.0.2.0/28")
    server.refresh_from_db()
    dialplan_does(monkeypatch, line.announce, line.connect, line.end)
    assert {key: state for key, (state, _code) in steps(server).items()} == dict.fromkeys(selftest.STEPS, "good")
    server.refresh_from_db()
    assert (server.version, server.announced_from) == ("22.10.1", "192.0.2.7")
    assert Call.objects.get(uuid=line.uuid).is_test
    assert Ticket.objects.count() == tickets
    [originate] = [action for action in pbx.actions if action["Action"] == "Originate"]
    assert (originate["Channel"], originate["Application"]) == ("Local/s@voicebot/n", "Wait")


def test_a_caller_of_the_same_name_is_no_test_once_it_is_over(server: AsteriskServer, line: Line) -> None:
    test = selftest.begin(server=server)
    assert selftest.makes(server=server, caller_name=test.mark)
    assert not selftest.makes(server=server, caller_name="voicebot-test-guessed")
    assert not selftest.makes(server=AsteriskServer(pk=0), caller_name=test.mark)
    ConnectionTest.objects.update(state="done")
    assert not selftest.makes(server=server, caller_name=test.mark)


# --- Settings -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda server: Tenant.objects.filter(pk=server.tenant_id).update(is_active=False), "tenant_off"),
        (lambda server: AsteriskServer.objects.update(is_active=False), "server_off"),
        (lambda server: TransferTarget.objects.update(is_active=False), "no_target"),
    ],
)
def test_what_we_refuse_ourselves_is_said_first(
    server: AsteriskServer, change: Callable[[AsteriskServer], Any], code: str
) -> None:
    AsteriskServer.objects.update(ami_host="")
    change(server)
    assert steps(AsteriskServer.objects.get())["settings"] == ("poor", code)


# --- AMI ------------------------------------------------------------------------


def test_without_ami_the_records_are_looked_at(server: AsteriskServer) -> None:
    AsteriskServer.objects.update(ami_host="")
    found = steps(AsteriskServer.objects.get())
    assert found["ami"] == ("fair", "none")
    assert {found[key] for key in selftest.OVER_AMI} == {("skipped", "no_ami")}
    assert found["announcement"] == ("fair", "never")
    assert found["address"] == ("fair", "unknown")


def test_a_user_without_secret_is_asked_for(server: AsteriskServer) -> None:
    server.ami_secret = ""
    server.save()
    assert steps(server)["ami"] == ("poor", "no_user")


def test_a_closed_port_and_an_unknown_name_are_told_apart(server: AsteriskServer) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and does not listen
        server.ami_port = taken.getsockname()[1]
        server.save()
        assert steps(server)["ami"] == ("poor", "refused")
    server.ami_host = "no-such-host.invalid"
    server.save()
    assert steps(server)["ami"] == ("poor", "unknown")


@pytest.mark.parametrize("greeting", [b"SSH-2.0-OpenSSH_9.2 very secret\r\n", b"", b"\x00" * 70_000])
def test_what_is_no_manager_is_neither_told_the_secret_nor_quoted(
    server: AsteriskServer, greeting: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(selftest, "AMI_SECONDS", 0.4)
    told: list[bytes] = []

    class Other(Manager):
        async def serve(self, reader: Any, writer: Any) -> None:
            writer.write(greeting)
            told.append(await reader.read(1000))  # b"": it hung up
            writer.close()

    with elsewhere(Other()) as other:
        server.ami_port = other.port
        server.save()
        assert steps(server)["ami"] == ("poor", "not_ami")
    assert told == [b""]
    assert "SSH" not in str(ConnectionTest.objects.values_list("steps", flat=True)[0])


def test_a_wrong_password_is_named(server: AsteriskServer, pbx: Pbx) -> None:
    pbx.on("Login", "Response: Error\r\nActionID: {id}\r\nMessage: Authentication failed\r\n\r\n")
    found = steps(server)
    assert found["ami"] == ("poor", "denied")
    assert found["call"] == ("skipped", "no_ami")


def test_a_user_that_may_not_ask_is_amber(server: AsteriskServer, pbx: Pbx) -> None:
    for action in ("Command", "Originate", "Getvar"):
        pbx.on(action, FORBIDDEN)
    found = steps(server)
    assert found.pop("rights") == ("good", "given")
    assert {found[key] for key in selftest.OVER_AMI if key in found} == {("fair", "forbidden")}


@pytest.mark.parametrize(
    ("message", "finding"),
    [("Permission denied", ("poor", "forbidden")), ("No such channel", ("good", "given"))],
)
def test_the_right_that_every_call_needs_has_a_step_of_its_own(
    server: AsteriskServer, pbx: Pbx, message: str, finding: tuple[str, str]
) -> None:
    pbx.on("Setvar", FORBIDDEN.replace("Permission denied", message))
    assert steps(server)["rights"] == finding
    [setvar] = [action for action in pbx.actions if action["Action"] == "Setvar"]
    assert setvar["Channel"].startswith("voicebot-test")


def test_an_asterisk_that_falls_silent_ends_the_step_and_not_the_test(
    server: AsteriskServer, pbx: Pbx, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(selftest, "AMI_SECONDS", 0.3)
    pbx.on("Command")
    found = steps(server)
    assert found["version"] == found["modules"] == found["dialplan"] == ("poor", "no_answer")


# --- What Asterisk says ---------------------------------------------------------


@pytest.mark.parametrize(
    ("command", "output", "step", "finding"),
    [
        ("core show version", "Asterisk 16.2.1 built by", "version", ("poor", "too_old")),
        ("core show version", "Asterisk certified/20.7-cert2 built by", "version", ("fair", "old")),
        ("core show version", "FreeSWITCH", "version", ("fair", "unknown")),
        ("module show", MODULES.replace("func_curl.so", "x.so"), "modules", ("poor", "missing")),
        ("module show", MODULES.replace("Running", "Not Running"), "modules", ("poor", "missing")),
        ("dialplan show voicebot", "There is no existence of 'voicebot' context", "dialplan", ("poor", "no_context")),
        ("dialplan show voicebot", "[ Context 'voicebot' ]\n Bearer old", "dialplan", ("poor", "other_token")),
        ("dialplan show transfer", "There is no existence of", "dialplan", ("poor", "no_transfer")),
        ("dialplan show transfer", "[ Context 'transfer' ]\n 'x' => 1.", "dialplan", ("poor", "no_target")),
    ],
)
def test_what_the_console_says_is_judged(
    server: AsteriskServer, pbx: Pbx, command: str, output: str, step: str, finding: tuple[str, str]
) -> None:
    pbx.console[command] = output
    assert steps(server)[step] == finding


def test_a_dialplan_that_asks_another_site_is_red(server: AsteriskServer, pbx: Pbx, settings: Settings) -> None:
    settings.SITE_URL = "https://moved.example.com"
    found = steps(server)
    assert found["dialplan"] == ("poor", "other_site")
    assert found["call"] == ("skipped", "no_dialplan")


def test_on_a_shared_asterisk_the_company_s_own_contexts_are_looked_for(
    server: AsteriskServer, pbx: Pbx, line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    AsteriskServer.objects.update(is_shared=True)
    shared = AsteriskServer.objects.get()
    assert steps(shared)["dialplan"] == ("poor", "no_context")
    pbx.console["dialplan show voicebot-alpha"] = (
        f"[ Context 'voicebot-alpha' created by 'pbx_config' ]\n Bearer {server.token} {SITE}/api/v1"
    )
    assert steps(shared)["dialplan"] == ("poor", "no_transfer")  # that of another company is there
    pbx.console["dialplan show transfer-alpha"] = "[ Context 'transfer-alpha' ]\n 'technician' => 1."
    dialplan_does(monkeypatch, line.announce, line.connect, line.end)
    found = steps(shared)
    assert (found["dialplan"], found["call"]) == (("good", "complete"), ("good", "whole"))
    assert [action for action in pbx.actions if action.get("Channel") == "Local/s@voicebot-alpha/n"]


@pytest.mark.parametrize(("answer", "code"), [("", "silent"), ("<html>Log in to the WLAN</html>", "other")])
def test_a_site_that_the_asterisk_does_not_reach_is_red(
    server: AsteriskServer, pbx: Pbx, answer: str, code: str
) -> None:
    pbx.site = answer
    assert steps(server)["site"] == ("poor", code)


# --- The call -------------------------------------------------------------------


def test_a_call_that_is_not_announced_is_red(server: AsteriskServer, pbx: Pbx) -> None:
    assert steps(server)["call"] == ("poor", "not_announced")


def test_a_call_that_is_announced_and_never_comes_is_red(
    server: AsteriskServer, pbx: Pbx, line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    dialplan_does(monkeypatch, line.announce)
    assert steps(server)["call"] == ("poor", "not_connected")


def test_a_call_that_does_not_end_is_amber(
    server: AsteriskServer, pbx: Pbx, line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    dialplan_does(monkeypatch, line.announce, line.connect)
    assert steps(server)["call"] == ("fair", "endless")


@pytest.mark.parametrize(
    ("ending", "says", "finding"),
    [
        (Ending(Call.Status.FAILED, Call.EndReason.ERROR), "Bonjour.", ("poor", "failed")),
        (Ending(Call.Status.COMPLETED, Call.EndReason.HANGUP), "", ("poor", "mute")),
        (Ending(Call.Status.COMPLETED, Call.EndReason.BUSY), "Bonjour.", ("fair", "busy")),
    ],
)
def test_a_call_that_went_badly_is_told(
    server: AsteriskServer,
    pbx: Pbx,
    line: Line,
    monkeypatch: pytest.MonkeyPatch,
    ending: Ending,
    says: str,
    finding: tuple[str, str],
) -> None:
    line.ending, line.says = ending, says
    dialplan_does(monkeypatch, line.announce, line.connect, line.end)
    assert steps(server)["call"] == finding


# --- Where calls come from ------------------------------------------------------


def test_another_address_than_the_allowed_one_is_amber(server: AsteriskServer) -> None:
    AsteriskServer.objects.update(ami_host="", announced_at=timezone.now(), announced_from="203.0.113.99")
    found = steps(AsteriskServer.objects.get())
    assert (found["announcement"], found["address"]) == (("good", "recent"), ("fair", "other"))


def test_calls_that_were_announced_and_never_came_tell_of_a_refusal(server: AsteriskServer) -> None:
    AsteriskServer.objects.update(ami_host="", announced_at=timezone.now() - timedelta(days=8))
    Announcement.objects.create(
        server=server, call_uuid=uuid.uuid4(), created_at=timezone.now() - timedelta(minutes=10)
    )
    found = steps(AsteriskServer.objects.get())
    assert (found["announcement"], found["address"]) == (("fair", "long_ago"), ("poor", "refused"))


# --- Bounds ---------------------------------------------------------------------


def test_one_at_a_time_and_not_many_within_the_hour(server: AsteriskServer) -> None:
    test = selftest.begin(server=server)
    with pytest.raises(selftest.NotNow):
        selftest.begin(server=server)
    ConnectionTest.objects.update(started_at=timezone.now() - timedelta(minutes=5))
    test.refresh_from_db()
    assert not test.is_running  # its process is gone
    for _number in range(selftest.MOST_AN_HOUR - 1):
        selftest.begin(server=server)
        ConnectionTest.objects.update(state="done")
    with pytest.raises(selftest.NotNow):
        selftest.begin(server=server)


def test_a_test_that_breaks_says_so(server: AsteriskServer, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_self: object) -> None:
        raise RuntimeError("x")

    monkeypatch.setattr(selftest._SelfTest, "_settings_step", broken)
    test = selftest.begin(server=server)
    with pytest.raises(RuntimeError):
        selftest.run(test)
    test.refresh_from_db()
    assert (test.state, test.steps[0]["state"]) == ("failed", "running")
