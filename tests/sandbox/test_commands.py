"""`manage.py call`, `sandbox` and `loadtest`, as somebody types them."""

import asyncio
import io
import json
import signal
import subprocess
import sys
import uuid
from pathlib import Path

import httpx
import pytest
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connections
from django.utils import timezone

from calls.db import in_database
from calls.models import Announcement, Call, Turn, Usage
from tenants.models import AsteriskServer
from tenants.scope import acting_for
from tests.sandbox.bot import serve_bot
from tickets.models import Ticket

ADDRESS = "127.0.0.61"


@pytest.fixture
def server(transactional_db, cast):
    """Alpha's Asterisk on an address of this machine."""
    with acting_for(cast.alpha.tenant):
        return AsteriskServer.objects.create(name="local", network=ADDRESS)


@pytest.fixture
def script(tmp_path):
    path = tmp_path / "script.txt"
    path.write_text("# Élodie\nMa box est en panne.\n")
    return path


async def run(*arguments: str) -> tuple[str, str]:
    """What a command wrote to stdout and stderr; it runs in a thread, with a loop of its own."""
    out, err = io.StringIO(), io.StringIO()

    def command() -> None:
        try:
            call_command(*arguments, stdout=out, stderr=err)
        finally:
            connections.close_all()

    await asyncio.to_thread(command)
    return out.getvalue(), err.getvalue()


async def test_a_call_shows_what_each_side_heard_and_the_ticket(server, script):
    call_uuid = uuid.uuid4()

    def keep_records() -> None:
        with acting_for(server.tenant):
            number = Announcement.objects.get(call_uuid=call_uuid).phone_number
            call = Call.objects.create(uuid=call_uuid, server=server, phone_number=number, ended_at=timezone.now())
            Turn.objects.create(call=call, position=1, speaker="bot", text="Oui ?", started_at=0, ended_at=1)
            Turn.objects.create(call=call, position=2, speaker="caller", text="Ma boxe.", started_at=1, ended_at=2)
            Ticket.objects.create(call=call, phone_number=number, summary="Un premier résumé")

    def complete_records() -> None:
        with acting_for(server.tenant):
            call = Call.objects.get(uuid=call_uuid)
            Usage.objects.create(call=call, kind=Usage.Kind.SPEECH_TO_TEXT, provider="x", model="y", cost_eur="0.25")
            call.ticket.summary = "Une panne"
            call.ticket.save()

    async def behave(bot):
        await bot.say("Oui ?")
        await bot.listen("panne.")
        await in_database(keep_records)
        await bot.say("Merci.")
        await bot.hang_up()
        await in_database(complete_records)

    async with serve_bot(behave) as (port, bots):
        to, options = f"127.0.0.1:{port}", ["--number", "0612345678", "--uuid", str(call_uuid), "--json"]
        out, err = await run("call", "--to", to, "--from", ADDRESS, "--say", str(script), *options)
    assert err == ""
    *lines, last = out.splitlines()
    shown = [" ".join(line.split()[1:]) for line in lines]
    assert (shown[:2], shown[-1]) == (
        ["the caller heard Oui ?", "the caller says Ma box est en panne."],
        "the call ended: bot_hangup",
    )
    # What the bot heard is looked up now and then, beside the line.
    assert set(shown[2:-1]) == {"the bot heard Ma boxe.", "the caller heard Merci."}
    facts = json.loads(last)
    assert facts["call_uuid"] == str(call_uuid) == str(uuid.UUID(bytes=bots[0].uuid))
    assert facts["end"] == "bot_hangup"
    assert [heard["text"] for heard in facts["heard"]] == ["Oui ?", "Merci."]
    assert [said["text"] for said in facts["said"]] == ["Ma box est en panne."]
    assert facts["bot_heard"] == ["Ma boxe."]
    assert (facts["ticket"]["summary"], facts["ticket"]["phone_number"]) == ("Une panne", "0612345678")
    assert facts["ticket"]["cost_eur"] == 0.25
    assert facts["duration_seconds"] >= facts["heard"][-1]["end"]


@pytest.mark.django_db(transaction=True)
async def test_an_address_of_nobody_is_not_announced_and_may_be_refused(script):
    async def refuse(bot):
        bot.send(0xFF)
        await bot.caller_is_gone()

    async with serve_bot(refuse) as (port, _):
        out, err = await run("call", "--to", f"127.0.0.1:{port}", "--number", "06", "--say", str(script), "--json")
    assert "no Asterisk server of any tenant calls from 127.0.0.1" in err
    facts = json.loads(out.splitlines()[-1])
    assert (facts["end"], facts["ticket"], facts["bot_heard"]) == ("refused", None, [])


@pytest.mark.django_db(transaction=True)
async def test_what_cannot_be_called_is_said_clearly(script, tmp_path, unused_tcp_port):
    to = f"127.0.0.1:{unused_tcp_port}"
    with pytest.raises(CommandError, match="is the bot running"):
        await run("call", "--to", to, "--say", str(script))
    with pytest.raises(CommandError, match="--say: cannot read"):
        await run("call", "--to", to, "--say", str(tmp_path / "nothing"))
    with pytest.raises(CommandError, match="is not HOST:PORT"):
        await run("call", "--to", "localhost", "--say", str(script))
    script.write_text("[wait]")
    with pytest.raises(CommandError, match=r"line 1: '\[wait\]' is not understood"):
        await run("call", "--to", to, "--say", str(script))


async def test_a_uuid_serves_once(server, script, unused_tcp_port, cast):
    arguments = ["call", "--to", f"127.0.0.1:{unused_tcp_port}", "--from", ADDRESS, "--say", str(script)]
    with pytest.raises(CommandError, match="--uuid: this UUID has been used"):
        await run(*arguments, "--number", "06", "--uuid", str(cast.bravo.call.uuid))


def manage(*arguments: str) -> list[str]:
    return [sys.executable, str(Path(settings.BASE_DIR) / "manage.py"), *arguments]


def test_the_sandbox_serves_until_it_is_told_to_stop(unused_tcp_port):
    command = manage("sandbox", "--port", str(unused_tcp_port))
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={"PYTHONUNBUFFERED": "1"}) as process:
        try:
            assert process.stdout is not None
            assert f"127.0.0.1:{unused_tcp_port}" in process.stdout.readline()
            assert httpx.get(f"http://127.0.0.1:{unused_tcp_port}/sandbox/ledger").json() == []
            taken = subprocess.run(command, capture_output=True, text=True, timeout=30)
            assert taken.returncode == 1
            assert "choose another --port" in taken.stderr
        finally:
            process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0


@pytest.mark.realtime
@pytest.mark.timeout(180)  # a database, a worker that starts, and the calls
def test_a_load_test_brings_its_own_worker():
    done = subprocess.run(
        manage("loadtest", "--calls", "2", "--seconds", "3"), capture_output=True, text=True, timeout=150
    )
    assert done.returncode == 0, done.stderr
    assert "--seconds 15" in done.stderr
    figures = json.loads(done.stdout.splitlines()[-1])
    assert (figures["calls_completed"], figures["calls_failed"]) == (2, 0)
    assert figures["cpu_ms_per_call_second"] > 0
    assert 0 <= figures["frame_lateness_p50_ms"] <= figures["frame_lateness_p99_ms"] <= figures["frame_lateness_max_ms"]
    assert set(figures) >= {"response_latency_p50_ms", "response_latency_p95_ms"}
