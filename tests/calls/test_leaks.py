"""Hundreds of calls through one worker's parts leave nothing behind."""

import asyncio
import gc
import os
import threading
from collections import Counter

import pytest
from asgiref.sync import sync_to_async
from channels.layers import get_channel_layer

from calls import scribe
from calls.conversation import Conversation
from calls.models import Call
from telephony.audiosocket.codec import Kind, encode
from telephony.audiosocket.server import AudioSocketServer
from telephony.media import SILENCE
from tenants.allowlist import AllowList
from tenants.models import AsteriskServer
from tenants.scope import acting_for
from tenants.services import create_tenant
from tests.telephony.asterisk import calling
from voicebot_site.asgi import application

pytestmark = [pytest.mark.realtime, pytest.mark.django_db(transaction=True)]

AT_ONCE = 10
WARM_UP_CALLS = 50  # until every pool has all its threads, and each its connection
CALLS = 450


@pytest.fixture(autouse=True)
def _stub_vendors(settings, monkeypatch):
    monkeypatch.setattr(scribe, "PROMPT_SECONDS", 0)  # all goes by the disk, too
    settings.SPEECH_TO_TEXT = "sandbox.stubs.StubSpeechToText"
    settings.LANGUAGE_MODEL = "sandbox.stubs.StubLanguageModel"
    settings.TEXT_TO_SPEECH = "sandbox.stubs.StubTextToSpeech"


def settle():
    tenant = create_tenant(slug="house", name="House", language="fr")
    with acting_for(tenant):
        AsteriskServer.objects.create(name="pbx", network="127.0.0.1")
    allow_list = AllowList()
    allow_list.refresh()
    return tenant, allow_list


async def one_call(port, says_goodbye):
    """Until the bot has begun to speak; then the caller goes, one way or the other."""
    async with calling(port) as asterisk:
        asterisk.send(encode(Kind.AUDIO, SILENCE))
        await asterisk.until(lambda frames: any(payload != SILENCE for _, payload in frames[-2:]))
        if says_goodbye:
            asterisk.send(encode(Kind.HANGUP))


async def place(server, calls):
    for _ in range(0, calls, AT_ONCE):
        async with asyncio.TaskGroup() as group:
            for number in range(AT_ONCE):
                group.create_task(one_call(server.port, says_goodbye=number % 2 == 0))
    while server.calls:
        await asyncio.wait(list(server.calls.values()))
    connections = [connection.closed for connection in server.open | server.closing]
    if connections:
        await asyncio.wait(connections)


def left():
    """What is there now: tasks by name, threads, descriptors, conversations and groups of calls."""
    gc.collect()
    found = Counter({"descriptors": len(os.listdir("/proc/self/fd")), "threads": threading.active_count()})
    found["conversations"] = sum(type(each) is Conversation for each in gc.get_objects())
    found["groups"] = len(get_channel_layer().groups)
    found.update(f"task {getattr(task.get_coro(), '__qualname__', '')}" for task in asyncio.all_tasks())
    return found


async def test_calls_leave_no_tasks_threads_descriptors_or_groups_behind(settings):
    tenant, allow_list = await sync_to_async(settle)()
    server = AudioSocketServer(
        application,
        allowed=lambda address: allow_list.find(address) is not None,
        max_calls=2 * AT_ONCE,
        state={"allow_list": allow_list},
    )
    await server.start("127.0.0.1", 0)
    try:
        await place(server, WARM_UP_CALLS)
        before = left()
        await place(server, CALLS)
        after = left()
    finally:
        await server.stop(1)
    assert after - before == Counter()
    assert not list(settings.DATA_DIR.glob("in-progress/*.jsonl"))
    assert after["conversations"] == after["groups"] == 0
    with acting_for(tenant):
        assert await Call.objects.exclude(status="in_progress").acount() == WARM_UP_CALLS + CALLS
