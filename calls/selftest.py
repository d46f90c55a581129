"""The self-test of an Asterisk server: is all in place that a call needs, and does one go through?

It asks the server over AMI, places a call into its dialplan, and follows that through our own
records. It runs in a task, one step after the other, each with an end, and keeps what it found
in a ConnectionTest; `tenants.admin.selftest` has the words for people.
"""

from __future__ import annotations

import asyncio
import ipaddress
import re
import time
from collections.abc import Callable, Coroutine
from datetime import timedelta
from typing import Any, Final, Literal, TypeVar

from django.conf import settings
from django.utils import timezone

from calls import spending
from calls.models import Announcement, Call, SpendLimit, Turn
from telephony import faults
from telephony.ami import ActionRefused, Ami, AmiError, LoginRefused, NotAmi, Unreachable
from telephony.connection import audiosocket
from telephony.dialplan import contexts
from tenants.models import AsteriskServer, ConnectionTest, TransferTarget
from tenants.models.connection import MARK

T = TypeVar("T")
State = Literal["good", "fair", "poor", "skipped"]
Finding = tuple[State, str, dict[str, Any]]

#: In the order in which they are made and shown.
STEPS: Final = (
    *("settings", "ami", "rights", "version", "modules", "dialplan", "site"),
    *("call", "announcement", "address"),
)
#: Which of them need AMI.
OVER_AMI: Final = ("rights", "version", "modules", "dialplan", "site", "call")
MODULES: Final = (
    *("app_audiosocket", "res_audiosocket", "app_exec", "app_dial", "app_playback", "func_curl", "res_curl"),
    *("func_uri", "func_uuid", "func_strings", "func_logic", "func_cut", "func_callerid", "func_dialplan"),
)

AMI_SECONDS: Final = 4.0
SITE_SECONDS: Final = 8.0
ANNOUNCE_SECONDS: Final = 12.0  # the dialplan itself gives up after 3
CONNECT_SECONDS: Final = 10.0
HOLD_SECONDS: Final = 10  # the caller of the test call listens so long, and hangs up
END_SECONDS: Final = 30.0
LOOK_SECONDS: Final = 0.25
MOST_AN_HOUR: Final = 20  # of each tenant: whoever may choose an AMI host must not search a network with it
KEPT: Final = 50


class NotNow(Exception):
    """No self-test can begin: one is going on, or there were too many of them."""


def begin(*, server: AsteriskServer) -> ConnectionTest:
    """The row of a self-test that a task is to `run`, in the tenant's scope. Raises NotNow."""
    recent = list(ConnectionTest.objects.filter(started_at__gt=timezone.now() - timedelta(hours=1))[:MOST_AN_HOUR])
    if any(test.is_running for test in recent) or len(recent) >= MOST_AN_HOUR:
        raise NotNow
    kept = list(ConnectionTest.objects.values_list("pk", flat=True)[: KEPT - 1])
    ConnectionTest.objects.exclude(pk__in=kept).delete()
    return ConnectionTest.objects.create(server=server)


def makes(*, server: AsteriskServer, caller_name: str) -> bool:
    """Whether a self-test of the server makes the call of such a caller."""
    if not caller_name.startswith(MARK):
        return False
    return ConnectionTest.objects.filter(server=server, mark=caller_name, state=ConnectionTest.State.RUNNING).exists()


def run(test: ConnectionTest) -> str:
    """Make the steps one after the other; how many were good, fair, poor and skipped."""
    try:
        with asyncio.Runner() as runner:
            _SelfTest(test, runner).make()
    except BaseException:
        _end(test, ConnectionTest.State.FAILED)
        raise
    _end(test, ConnectionTest.State.DONE)
    states = [step["state"] for step in test.steps]
    return ", ".join(f"{states.count(state)} {state}" for state in ("good", "fair", "poor", "skipped"))


def _end(test: ConnectionTest, state: ConnectionTest.State) -> None:
    test.state, test.finished_at = state, timezone.now()
    test.save(update_fields=["state", "finished_at", "steps"])


class _SelfTest:
    """Database and AMI take turns: the event loop runs only while AMI is asked."""

    def __init__(self, test: ConnectionTest, runner: asyncio.Runner) -> None:
        self._test = test
        self._server = test.server
        self._runner = runner
        self._ami: Ami | None = None
        self._states: dict[str, State] = {}

    def make(self) -> None:
        try:
            for key in STEPS:
                self._make(key, getattr(self, f"_{key}_step"))
        finally:
            if self._ami is not None:
                self._runner.run(self._ami.close())

    def _make(self, key: str, step: Callable[[], Finding]) -> None:
        self._test.steps.append({"key": key, "state": "running", "code": "", "values": {}})
        self._test.save(update_fields=["steps"])
        state, code, values = ("skipped", "no_ami", {}) if key in OVER_AMI and self._ami is None else self._tried(step)
        self._states[key] = state
        self._test.steps[-1] = {"key": key, "state": state, "code": code, "values": values}
        self._test.save(update_fields=["steps"])

    @staticmethod
    def _tried(step: Callable[[], Finding]) -> Finding:
        """An AMI that does not do it ends the step, and not the test."""
        try:
            return step()
        except ActionRefused as error:
            return "fair", "forbidden" if _is_forbidden(error) else "not_done", {}
        except AmiError:
            return "poor", "no_answer", {}

    def _ask(self, question: Coroutine[Any, Any, T]) -> T:
        return self._runner.run(question)

    def _command(self, line: str) -> str:
        assert self._ami is not None
        return self._ask(self._ami.command(line))

    # --- The steps ---

    def _settings_step(self) -> Finding:
        server = self._server
        if not server.tenant.is_active:
            return "poor", "tenant_off", {}
        if not server.is_active:
            return "poor", "server_off", {}
        if not TransferTarget.objects.filter(is_active=True).exists():
            return "poor", "no_target", {}
        if spending.verdict(tenant=server.tenant) is SpendLimit.Action.REFUSE:
            return "poor", "limit", {}
        return "good", "complete", {}

    def _ami_step(self) -> Finding:
        server = self._server
        if not server.ami_host:
            return "fair", "none", {}
        values = {"host": server.ami_host, "port": server.ami_port, "user": server.ami_user}
        if not server.ami_user or not server.ami_secret:
            return "poor", "no_user", values
        ami = self._new_ami()
        try:
            self._ask(ami.connect())
        except Unreachable as error:
            return "poor", error.why, values
        except NotAmi:
            return "poor", "not_ami", values
        except LoginRefused:
            return "poor", "denied", values
        self._ami = ami
        return "good", "signed_in", values

    def _new_ami(self) -> Ami:
        server = self._server
        return Ami(server.ami_host, server.ami_port, server.ami_user, server.ami_secret, timeout=AMI_SECONDS)

    def _rights_step(self) -> Finding:
        """What each hand-over asks; of a channel that is not there."""
        assert self._ami is not None
        try:
            self._ask(self._ami.set_variable(self._test.mark, "BOT_DONE", "1"))
        except ActionRefused as error:
            if _is_forbidden(error):
                return "poor", "forbidden", {}
        return "good", "given", {}

    def _version_step(self) -> Finding:
        said = re.search(r"Asterisk ((?:certified[/-])?\d[\w./-]*)", self._command("core show version"))
        version = faults.parse(said[1]) if said else None
        if said is None or version is None:
            return "fair", "unknown", {}
        AsteriskServer.objects.filter(pk=self._server.pk).update(version=said[1][:40])
        values = {"version": said[1][:40]}
        if faults.TOO_OLD in (found := faults.faults(version)):
            return "poor", "too_old", values
        return ("fair", "old", values) if any(fault.concerns_us for fault in found) else ("good", "known", values)

    def _modules_step(self) -> Finding:
        lines = self._command("module show").splitlines()
        loaded = {line.partition(".so")[0].strip() for line in lines if "Not Running" not in line}
        missing = [module for module in MODULES if module not in loaded]
        return ("poor", "missing", {"modules": ", ".join(missing)}) if missing else ("good", "loaded", {})

    def _dialplan_step(self) -> Finding:
        called = contexts(self._server)
        values = {"bot": called.bot, "transfer": called.transfer}
        text = self._command(f"dialplan show {called.bot}")
        if f"[ Context '{called.bot}'" not in text:
            return "poor", "no_context", values
        if f"Bearer {self._server.token}" not in text:
            return "poor", "other_token", {}
        if f"{settings.SITE_URL}/" not in text:
            return "poor", "other_site", {"site": settings.SITE_URL}
        text = self._command(f"dialplan show {called.transfer}")
        if f"[ Context '{called.transfer}'" not in text:
            return "poor", "no_transfer", values
        targets = TransferTarget.objects.filter(is_active=True).values_list("extension", flat=True)
        absent = [extension for extension in targets if f"'{extension}' =>" not in text]
        if absent:
            return "poor", "no_target", {**values, "targets": ", ".join(absent)}
        return "good", "complete", values

    def _site_step(self) -> Finding:
        """The Asterisk itself asks our site, as its dialplan does."""
        values = {"site": settings.SITE_URL}
        ami = self._new_ami()  # of its own: a manager that waits for the site answers nothing else
        try:
            self._ask(ami.connect())
            answer = self._ask(ami.read(f"CURL({settings.SITE_URL}/healthz)", timeout=SITE_SECONDS))
        except ActionRefused:
            return "fair", "forbidden", values
        except AmiError:
            return "poor", "silent", values
        finally:
            self._ask(ami.close())
        if answer.strip() == "ok":
            return "good", "answers", values
        return "poor", "other" if answer.strip() else "silent", values

    def _call_step(self) -> Finding:
        if self._states["dialplan"] == "poor":
            return "skipped", "no_dialplan", {}
        assert self._ami is not None
        self._ask(
            self._ami.action(
                "Originate",
                Channel=f"Local/s@{contexts(self._server).bot}/n",
                Application="Wait",
                Data=str(HOLD_SECONDS),
                CallerID=f'"{self._test.mark}" <>',
                Timeout=15_000,
                Async="true",
            )
        )
        announced = _wait_for(self._announcement, ANNOUNCE_SECONDS)
        if announced is None:
            return "poor", "not_announced", {}
        at = audiosocket()
        call = _wait_for(lambda: Call.objects.filter(uuid=announced.call_uuid).first(), CONNECT_SECONDS)
        if call is None:
            return "poor", "not_connected", {"host": at.host, "port": at.port, "network": self._server.network}
        ended = _wait_for(
            lambda: Call.objects.filter(pk=call.pk, ended_at__isnull=False).first(), HOLD_SECONDS + END_SECONDS
        )
        return self._judged(call if ended is None else ended)

    def _announcement(self) -> Announcement | None:
        return Announcement.objects.filter(server=self._server, caller_name=self._test.mark).first()

    def _judged(self, call: Call) -> Finding:
        values = {"call": call.pk, "seconds": round(call.duration_seconds or 0)}
        if call.ended_at is None:
            return "fair", "endless", values
        if call.end_reason == Call.EndReason.BUSY:
            return "fair", "busy", values
        if call.status in (Call.Status.FAILED, Call.Status.DROPPED):
            return "poor", "failed", values
        if not call.turns.filter(speaker=Turn.Speaker.BOT).exists():
            return "poor", "mute", values
        return "good", "whole", values

    def _announcement_step(self) -> Finding:
        self._server.refresh_from_db(fields=["announced_at", "announced_from"])
        at = self._server.announced_at
        if at is None:
            return "fair", "never", {}
        values = {"at": at.isoformat(), "address": self._server.announced_from}
        return ("good", "recent", values) if at > timezone.now() - timedelta(days=7) else ("fair", "long_ago", values)

    def _address_step(self) -> Finding:
        """Whether calls come from where they may: a refused connection leaves its announcement unused."""
        server, now = self._server, timezone.now()
        values = {"network": server.network, "address": server.announced_from or ""}
        settled = Announcement.objects.filter(server=server, created_at__lt=now - timedelta(seconds=15))
        unused = settled.filter(used_at=None, created_at__gt=now - timedelta(hours=1)).count()
        if unused:
            return "poor" if self._states["call"] != "good" else "fair", "refused", {**values, "count": unused}
        if self._states["call"] == "good":
            return "good", "allowed", values
        if server.announced_from is None:
            return "fair", "unknown", values
        if ipaddress.ip_address(server.announced_from) not in ipaddress.ip_network(server.network):
            return "fair", "other", values
        return "good", "allowed", values


def _is_forbidden(refusal: ActionRefused) -> bool:
    return "permission" in refusal.response.get("Message", "").lower()


def _wait_for(look: Callable[[], T | None], seconds: float) -> T | None:
    """What `look` finds within `seconds`; None: nothing."""
    until = time.monotonic() + seconds
    while (found := look()) is None and time.monotonic() < until:
        pause(LOOK_SECONDS)
    return found


def pause(seconds: float) -> None:
    time.sleep(seconds)
