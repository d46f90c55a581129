"""The AMI client against a small manager that does as it is told."""

import asyncio
import logging
from contextlib import asynccontextmanager
from uuid import UUID

import pytest

from telephony import ami
from telephony.ami import Ami, AmiError, CallerId, Message

DEADLINE = 5.0
SECRET = "s3cr3t-of-the-pbx"
CALL = UUID("6f1c1d9e-1c59-4ac8-8f4e-2f0b7a8f9b11")


class Manager:
    """Answers each action by what `on` says; by default with Success."""

    def __init__(self):
        self.actions = []
        self.arrived = asyncio.Event()
        self.answers = {}
        self.writers = []
        self.port = 0

    def on(self, action, *blocks):
        """Each block is sent with the action's id in place of {id}; no block: no answer."""
        self.answers[action] = blocks

    async def serve(self, reader, writer):
        self.writers.append(writer)
        writer.write(b"Asterisk Call Manager/9.0.0\r\n")
        try:
            while True:
                action = Message.parse(await reader.readuntil(b"\r\n\r\n"))
                self.actions.append(action)
                self.arrived.set()
                for block in self.answers.get(action["Action"], ("Response: Success\r\nActionID: {id}\r\n\r\n",)):
                    await self.send(writer, block.replace("{id}", action["ActionID"]).encode())
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def send(self, writer, data):
        writer.write(data)
        await writer.drain()

    async def until(self, action, count=1):
        async with asyncio.timeout(DEADLINE):
            while [a["Action"] for a in self.actions].count(action) < count:
                self.arrived.clear()
                await self.arrived.wait()

    def drop(self):
        for writer in self.writers:
            writer.transport.abort()
        self.writers.clear()


class SlowManager(Manager):
    """Sends one byte at a time."""

    async def send(self, writer, data):
        for byte in data:
            writer.write(bytes([byte]))
            await writer.drain()
            await asyncio.sleep(0)


@asynccontextmanager
async def managing(manager=None, port=0):
    manager = manager or Manager()
    server = await asyncio.start_server(manager.serve, "127.0.0.1", port)
    manager.port = server.sockets[0].getsockname()[1]
    try:
        yield manager
    finally:
        server.close()
        manager.drop()


def client(manager, **options):
    return Ami("127.0.0.1", manager.port, "voicebot", SECRET, **options)


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(ami, "FIRST_PAUSE", 0.01)


async def test_it_signs_in_and_acts():
    async with managing() as manager:
        manager.on("Getvar", "Response: Success\r\nActionID: {id}\r\nVariable: X\r\nValue: Léa, дом\r\n\r\n")
        async with client(manager) as connection:
            response = await connection.action("Getvar", Variable="X")
            assert response["Value"] == "Léa, дом"
        login = manager.actions[0]
        assert (login["Username"], login["Secret"], login["Events"]) == ("voicebot", SECRET, "off")


async def test_a_refused_login_is_an_error_without_the_secret(caplog):
    async with managing() as manager:
        manager.on("Login", "Response: Error\r\nActionID: {id}\r\nMessage: Authentication failed\r\n\r\n")
        connection = client(manager)
        with pytest.raises(AmiError, match=r"voicebot@127\.0\.0\.1:\d+: Login: Authentication failed") as error:
            await connection.connect()
        assert SECRET not in f"{error.value} {connection!r} {caplog.text}"
        assert not connection.is_connected


async def test_nobody_there_is_an_error():
    async with managing() as manager:
        pass
    with pytest.raises(AmiError, match="Connect call failed"):
        await client(manager).connect()


async def test_a_name_that_no_host_can_have_is_an_error():
    with pytest.raises(AmiError, match=r"voicebot@pbx\.\.local"):
        await Ami("pbx..local", 5038, "voicebot", SECRET).connect()


async def test_a_login_that_is_refused_later_is_not_tried_for_ever(caplog):
    async with managing() as manager, client(manager) as connection:
        manager.on("Login", "Response: Error\r\nActionID: {id}\r\nMessage: Authentication failed\r\n\r\n")
        manager.drop()
        async with asyncio.timeout(DEADLINE):
            while "not trying again" not in caplog.text:  # noqa: ASYNC110
                await asyncio.sleep(0.005)
        manager.answers.clear()
        await connection.connect()  # whoever asks anew may find the user restored
        await connection.action("Ping")


async def test_a_manager_that_hangs_at_login_is_an_error():
    async with managing() as manager:
        manager.on("Login")
        with pytest.raises(AmiError, match=r"no answer to Login within 0\.5 s"):
            await client(manager, timeout=0.5).connect()


async def test_an_action_that_is_not_answered_is_an_error():
    async with managing() as manager, client(manager) as connection:
        manager.on("Redirect")
        with pytest.raises(AmiError, match=r"no answer to Redirect within 0\.05 s"):
            await connection.action("Redirect", timeout=0.05, Channel="PJSIP/a-1")
        await connection.action("Ping")


async def test_an_action_that_is_refused_is_an_error():
    async with managing() as manager, client(manager) as connection:
        manager.on("Setvar", "Response: Error\r\nActionID: {id}\r\nMessage: No such channel\r\n\r\n")
        with pytest.raises(AmiError, match="Setvar: No such channel"):
            await connection.set_variable("PJSIP/a-1", "BOT_NEXT", "100")


@pytest.mark.parametrize("value", ["1\r\nAction: Originate", "1\nAction: Originate", "1\r"])
async def test_a_line_break_is_refused_before_anything_is_sent(value):
    async with managing() as manager, client(manager) as connection:
        with pytest.raises(ValueError, match="'Value'"):
            await connection.set_variable("PJSIP/a-1", "BOT_NEXT", value)
        with pytest.raises(ValueError, match="one line"):
            await connection.action("Setvar", **{value: "1"})
        await connection.action("Ping")
        assert [action["Action"] for action in manager.actions] == ["Login", "Ping"]


async def test_a_letter_cut_in_two_stays_whole():
    async with managing(SlowManager()) as manager, client(manager) as connection:
        manager.on("Getvar", "Response: Success\r\nActionID: {id}\r\nValue: Иван é 😀\r\n\r\n")
        assert (await connection.action("Getvar", Variable="X"))["Value"] == "Иван é 😀"


async def test_a_lost_connection_is_made_again_and_nothing_is_sent_twice():
    async with managing() as manager, client(manager) as connection:
        manager.on("Redirect")
        asked = asyncio.create_task(connection.action("Redirect", Channel="PJSIP/a-1"))
        await manager.until("Redirect")
        manager.drop()
        with pytest.raises(AmiError, match="connection was lost"):
            await asked
        with pytest.raises(AmiError, match="not connected"):
            await connection.action("Originate", Channel="PJSIP/b")
        await manager.until("Login", 2)
        async with asyncio.timeout(DEADLINE):
            while not connection.is_connected:  # noqa: ASYNC110
                await asyncio.sleep(0)
        await connection.action("Ping")
        assert [action["Action"] for action in manager.actions] == ["Login", "Redirect", "Login", "Ping"]


async def test_it_goes_on_trying_while_asterisk_restarts(caplog):
    caplog.set_level(logging.INFO)
    async with managing() as manager:
        connection = client(manager)
        await connection.connect()
    async with asyncio.timeout(DEADLINE):
        while "Connect call failed" not in caplog.text:  # noqa: ASYNC110
            await asyncio.sleep(0.005)
    async with managing(manager, manager.port):
        await manager.until("Login", 2)
        await connection.close()
    assert SECRET not in caplog.text


async def test_an_asterisk_that_hangs_is_noticed(monkeypatch):
    monkeypatch.setattr(ami, "PING_SECONDS", 0.02)
    async with managing() as manager, client(manager, timeout=0.05):
        manager.on("Ping")
        await manager.until("Login", 2)


async def test_an_originate_response_is_an_event_although_it_has_a_response_header():
    async with managing() as manager, client(manager) as connection:
        manager.on(
            "Originate",
            "Event: OriginateResponse\r\nActionID: {id}\r\nResponse: Failure\r\n\r\n",
            "Response: Success\r\nActionID: {id}\r\n\r\n",
        )
        assert (await connection.action("Originate", Channel="PJSIP/a"))["Response"] == "Success"


def status(channel, uuid, number="0612345678", name="Léa"):
    return (
        f"Event: Status\r\nActionID: {{id}}\r\nChannel: {channel}\r\nCallerIDNum: {number}\r\n"
        f"CallerIDName: {name}\r\nVariable: BOT_UUID={uuid}\r\n\r\n"
    )


STARTED = "Response: Success\r\nActionID: {id}\r\nEventList: start\r\n\r\n"
COMPLETE = "Event: StatusComplete\r\nActionID: {id}\r\nEventList: Complete\r\nItems: 3\r\n\r\n"


async def test_a_call_is_found_by_its_uuid():
    async with managing() as manager, client(manager) as connection:
        manager.on(
            "Status",
            STARTED,
            status("PJSIP/other-1", "(null)"),
            status(f"AudioSocket/10.0.0.5:9092-{CALL}", CALL),
            status("PJSIP/trunk-7", CALL),
            COMPLETE,
        )
        assert await connection.find_call(CALL) == CallerId("PJSIP/trunk-7", "0612345678", "Léa")
        assert manager.actions[-1]["Variables"] == "BOT_UUID"


async def test_a_withheld_number_is_empty():
    async with managing() as manager, client(manager) as connection:
        manager.on("Status", STARTED, status("PJSIP/x-1", str(CALL).upper(), "<unknown>", "<unknown>"), COMPLETE)
        assert await connection.find_call(CALL) == CallerId("PJSIP/x-1", "", "")


async def test_a_call_that_is_not_there_is_none():
    async with managing() as manager, client(manager) as connection:
        manager.on("Status", STARTED, COMPLETE)
        assert await connection.find_call(CALL) is None


async def test_a_list_that_never_completes_is_an_error():
    async with managing() as manager, client(manager) as connection:
        manager.on("Status", STARTED, status("PJSIP/x-1", CALL))
        with pytest.raises(AmiError, match="no answer to Status"):
            await connection.find_call(CALL, timeout=0.05)


async def test_closing_leaves_nobody_waiting():
    async with managing() as manager:
        manager.on("Redirect")
        connection = client(manager)
        await connection.connect()
        asked = asyncio.create_task(connection.action("Redirect", Channel="x"))
        await manager.until("Redirect")
        await connection.close()
        with pytest.raises(AmiError, match="connection was lost"):
            await asked
        await connection.close()
