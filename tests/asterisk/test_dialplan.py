"""The generated dialplan on a real Asterisk, between a small HTTP API and a small bot."""

from __future__ import annotations

import asyncio
import contextlib
import re
import socket
import struct
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
from django.conf import settings

from telephony.ami import Ami
from telephony.dialplan import dialplan
from tenants.models import AsteriskServer, Tenant, TransferTarget

HANGUP = b"\x00\x00\x00"
PEOPLE = """
exten => bot,1,Goto(voicebot,s,1)
{dialplan}
[transfer]
exten => technician,1,UserEvent(Reached,Person: ${{EXTEN}})
 same => n,Hangup()
exten => accounts,1,UserEvent(Reached,Person: ${{EXTEN}})
 same => n,Hangup()
exten => again,1,Goto(voicebot,s,1)
"""


def completed(text: str, person: str, telephone: str = "busy") -> str:
    """A printed dialplan as its engineer leaves it."""
    proposal = re.compile(r"^;(?=\[|exten| same)", re.MULTILINE)
    phone = f"UserEvent(Reached,Person: {person})\n same => n,Dial(Local/{telephone}@phones/n,20)"
    return proposal.sub("", text).replace("Dial(PJSIP/technician,30,r)", phone)


def printed(url: str, fallback: str = "technician", **fields: Any) -> str:
    server = AsteriskServer(**{"name": "Headquarters", "token": "a-token_1", **fields})
    return dialplan(server, [TransferTarget(name="Technician", extension=fallback)], site_url=url)


@dataclass
class Api:
    """Answers like calls/dialplan_api.py, or as the test wants; keeps what it was asked."""

    bot: str = ""
    announce: tuple[int, str] | None = None  # None: the bot's address
    result: tuple[int, str] = (404, "")
    refused_from: int = 0  # this announcement and all that follow
    silent: bool = False
    announced: list[dict[str, str]] = field(default_factory=list)
    authorizations: list[list[str]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    url: str = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            _method, path, _version = head.splitlines()[0].split(" ")
            self.authorizations.append(re.findall(r"(?im)^authorization: (.*?)\r?$", head))
            length = re.search(r"(?i)content-length: (\d+)", head)
            body = (await reader.readexactly(int(length[1]) if length else 0)).decode()
            if self.silent:
                await reader.read()
            elif path == "/api/v1/calls/announce":
                self.announced.append({key: value[0] for key, value in parse_qs(body).items()})
                is_refused = 0 < self.refused_from <= len(self.announced)
                self._answer(writer, *((403, "") if is_refused else self.announce or (200, self.bot)))
            else:
                self.asked.append(path)
                self.told += [body] if body else []
                self._answer(writer, *self.result)
            await writer.drain()
        writer.close()

    @staticmethod
    def _answer(writer: asyncio.StreamWriter, status: int, text: str) -> None:
        writer.write(
            f"HTTP/1.1 {status} x\r\nContent-Type: text/plain\r\nContent-Length: {len(text)}\r\n\r\n{text}".encode()
        )


Behaviour = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@dataclass
class Bot:
    """Takes the first message, keeps its UUID, and then behaves."""

    behave: Behaviour
    calls: list[uuid.UUID] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            kind, length = struct.unpack("!BH", await reader.readexactly(3))
            assert kind == 1
            self.calls.append(uuid.UUID(bytes=await reader.readexactly(length)))
            await self.behave(reader, writer)
        writer.close()


async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(HANGUP)
    await reader.read()


async def vanish(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """As a killed worker that had read all: FIN."""
    writer.close()


async def vanish_unread(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """As a hung worker that is killed: RST."""
    raw: socket.socket = writer.get_extra_info("socket")
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


@contextlib.asynccontextmanager
async def listening(serve: Behaviour) -> AsyncIterator[int]:
    server = await asyncio.start_server(serve, "0.0.0.0", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


@dataclass
class Scene:
    """One Asterisk with the generated dialplan, its API and its bot."""

    pbx: Any
    api: Api
    bot: Bot
    people: list[str] = field(default_factory=list)  # who was reached

    async def call(self, *, linger: float = 5, **options: Any) -> Any:
        call = await self.pbx.call(1, via="local", linger=linger, **options)
        return await call.ended(20)


@pytest.fixture
def scene(asterisk: Callable[..., Any]) -> Callable[..., contextlib.AbstractAsyncContextManager[Scene]]:
    @contextlib.asynccontextmanager
    async def scene(
        behave: Behaviour = hang_up,
        *,
        fallback: str = "technician",
        ami_host: str = "",
        extens: Callable[[str], str] | None = None,
        **answers: Any,
    ) -> AsyncIterator[Scene]:
        api, bot = Api(**answers), Bot(behave)
        async with listening(api.serve) as http_port, listening(bot.serve) as bot_port:
            api.bot = f"127.0.0.1:{bot_port}"
            url = f"http://127.0.0.1:{http_port}"
            text = extens(url) if extens else PEOPLE.format(dialplan=printed(url, fallback, ami_host=ami_host))
            async with asterisk(extens=text) as pbx:
                scene = Scene(pbx, api, bot)

                def reached(event: dict[str, str]) -> None:
                    if event.get("UserEvent") == "Reached":
                        scene.people.append(event["Person"])

                pbx.ami.listeners.add(reached)
                yield scene

    return scene


async def test_the_bot_gets_the_call_that_was_announced(scene):
    async with scene(result=(200, "done")) as s:
        result = await s.call(number="+33612345678", name="Zoë (x), ${EXTEN}; 50% & Иван")
    [announced] = s.api.announced
    assert s.bot.calls == [uuid.UUID(announced["uuid"])]
    assert (announced["number"], announced["name"]) == ("+33612345678", "Zoë (x), ${EXTEN}; 50% & Иван")
    assert s.api.authorizations == [["Bearer a-token_1"]] * 2
    assert s.api.asked == [f"/api/v1/calls/{announced['uuid']}/result"]
    assert (result.answered, s.people) == (True, [])


async def test_a_name_of_any_length_does_not_cost_the_call(scene):
    async with scene(result=(200, "done")) as s:
        await s.call(name="é" * 120)
    [announced] = s.api.announced
    assert announced["name"].rstrip("\ufffd") == "é" * 50  # 100 bytes


@pytest.mark.parametrize(
    "answers",
    [
        {"announce": (403, "127.0.0.1:9")},
        {"announce": (302, "127.0.0.1:9")},
        {"announce": (200, "")},
        {"announce": (200, '<html>"502 Bad Gateway", try: later</html>')},
        {"silent": True},
    ],
    ids=["refused", "redirected", "empty", "page", "silent"],
)
async def test_a_closed_gate_leads_to_a_person_and_never_to_the_bot(scene, answers):
    async with scene(**answers) as s:
        await s.call()
    assert (s.bot.calls, s.people) == ([], ["technician"])


async def test_a_call_that_the_bot_finished_is_over(scene):
    async with scene(result=(200, "done")) as s:
        await s.call()
    assert (len(s.bot.calls), s.people) == (1, [])


async def test_a_result_transfers_the_call(scene):
    async with scene(result=(200, "transfer:accounts")) as s:
        await s.call()
    assert s.people == ["accounts"]


@pytest.mark.parametrize("target", ["nowhere", "", "../pbx,bot,1"])
async def test_a_target_that_does_not_exist_leads_to_the_first(scene, target):
    async with scene(result=(200, f"transfer:{target}")) as s:
        await s.call()
    assert s.people == ["technician"]


@pytest.mark.parametrize("end", [hang_up, vanish, vanish_unread])
@pytest.mark.parametrize("ami_host", ["", "127.0.0.1"])
async def test_without_a_mark_a_person_takes_the_call(scene, end, ami_host):
    async with scene(end, ami_host=ami_host) as s:
        await s.call()
    assert (len(s.bot.calls), s.people) == (1, ["technician"])


def as_printed(url: str) -> str:
    """What is pasted as it is, with [transfer] commented out."""
    return f"exten => bot,1,Goto(voicebot,s,1)\n{printed(url)}"


def done_at_the_second_call(scene: Any) -> Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]:
    async def behave(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if len(scene.bot.calls) == 2:
            scene.api.result = (200, "done")
        await hang_up(reader, writer)

    return behave


def prompts(result: Any) -> str:
    log = (result.bot_wav.parent.parent / "log" / "full.log").read_text(errors="replace")
    return " ".join(re.findall(r"<\S+> Playing '([\w-]+)", log))


async def test_a_hand_over_to_nobody_comes_back_for_a_call_back(scene):
    async with scene(extens=as_printed, result=(200, "transfer:technician")) as s:
        s.bot.behave = done_at_the_second_call(s)
        result = await s.call()
    first, second = s.api.announced
    assert second["returned_from"] == first["uuid"]
    assert s.bot.calls == [uuid.UUID(first["uuid"]), uuid.UUID(second["uuid"])]
    assert prompts(result) == ""


@pytest.mark.parametrize(("telephone", "told"), [("nobody", ["status=CANCEL"]), ("person", [])])
async def test_who_hangs_up_while_it_rings_is_told_of(scene, telephone, told):
    def pasted(url: str) -> str:
        return f"exten => bot,1,Goto(voicebot,s,1)\n{completed(printed(url), 'technician', telephone)}"

    async with scene(extens=pasted, result=(200, "transfer:technician")) as s:
        await s.call(linger=4)
        await s.pbx.idle()
    assert s.api.told == told
    assert (len(s.bot.calls), s.people) == (1, ["technician"])
    assert s.api.asked == [f"/api/v1/calls/{s.bot.calls[0]}/result"] * (1 + len(told))
    assert set(map(tuple, s.api.authorizations)) == {("Bearer a-token_1",)}


@pytest.mark.parametrize(
    "answers",
    [{"announce": (403, "")}, {"result": (404, "")}, {"result": (200, "transfer:technician"), "refused_from": 2}],
    ids=["refused", "failed", "returned_and_refused"],
)
async def test_who_can_be_taken_by_nobody_is_not_cut_off_without_a_word(scene, answers):
    async with scene(extens=as_printed, **answers) as s:
        result = await s.call()
    assert prompts(result) == "sorry please-try-call-later"
    assert len(s.api.announced) == answers.get("refused_from", 1)


async def test_a_call_that_was_cut_off_is_tried_again_once(scene):
    async with scene(vanish, result=(200, "again")) as s:
        await s.call(number="0612345678")
    first, second = s.api.announced
    assert s.bot.calls == [uuid.UUID(first["uuid"]), uuid.UUID(second["uuid"])]
    assert "resumes" not in first
    assert (second["resumes"], second["number"]) == (first["uuid"], "0612345678")
    assert s.people == ["technician"]
    assert s.api.authorizations == [["Bearer a-token_1"]] * 4


async def test_who_goes_on_with_a_call_ends_it(scene):
    async with scene(result=(200, "again")) as s:

        async def once_more(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            if len(s.bot.calls) == 2:
                s.api.result = (200, "done")
                await hang_up(reader, writer)

        s.bot.behave = once_more
        await s.call()
    assert (len(s.bot.calls), s.people) == (2, [])


@pytest.mark.parametrize(
    ("variable", "value", "people"), [("BOT_NEXT", "accounts", ["accounts"]), ("BOT_DONE", "1", [])]
)
async def test_a_variable_set_over_ami_is_the_result(scene, variable, value, people):
    async def mark(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen = asyncio.create_task(
            s.pbx.ami.event(lambda event: event.get("Variable") == f"BOT_UUID={s.bot.calls[0]}", timeout=5)
        )
        await asyncio.sleep(0)  # let it listen first
        await s.pbx.ami.action("Status", Variables="BOT_UUID")
        channel = (await seen)["Channel"]
        await s.pbx.ami.action("Setvar", Channel=channel, Variable=variable, Value=value)
        await hang_up(reader, writer)

    async with scene(mark, ami_host="127.0.0.1") as s:
        await s.call()
    assert (s.people, s.api.asked) == (people, [])


async def test_a_call_that_comes_back_is_announced_anew_under_the_same_token(scene):
    async with scene(fallback="again", result=(200, "transfer:again")) as s:

        async def once_more(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await hang_up(reader, writer)
            if len(s.bot.calls) == 2:
                s.api.result = (200, "done")

        s.bot.behave = once_more
        await s.call()
    first, second = s.bot.calls
    assert first != second
    assert s.api.authorizations == [["Bearer a-token_1"]] * 4


def two_companies(url: str) -> str:
    """What the engineer of a shared Asterisk pastes."""
    printouts = [
        completed(printed(url, token=f"token-{slug}", is_shared=True, tenant=Tenant(slug=slug)), slug)
        for slug in ("alpha", "bravo")
    ]
    numbers = "".join(f"exten => {slug},1,Goto(voicebot-{slug},s,1)\n" for slug in ("alpha", "bravo"))
    return numbers + "".join(printouts)


async def test_companies_that_share_an_asterisk_keep_their_callers_apart(scene):
    async with scene(extens=two_companies, result=(200, "transfer:technician")) as s:
        s.bot.behave = done_at_the_second_call(s)
        await s.call(exten="bravo")
        s.api.announce = (403, "")
        await s.call(exten="alpha")
    first, again, other, other_again = s.api.announced
    assert (again["returned_from"], other_again["returned_from"]) == (first["uuid"], other["uuid"])
    assert s.people == ["bravo", "alpha"]
    assert s.api.authorizations == [["Bearer token-bravo"]] * 4 + [["Bearer token-alpha"]] * 2


@pytest.fixture
def documented_user() -> str:
    """The [voicebot] user of docs/asterisk.md, let in from loopback."""
    document = Path(settings.BASE_DIR, "docs", "asterisk.md").read_text()
    user = re.search(r"```ini\n(\[voicebot\]\nsecret = .*?)```", document, re.DOTALL)
    assert user
    return user[1].replace("203.0.113.10/255.255.255.255", "127.0.0.0/255.0.0.0")


async def test_the_documented_ami_rights_suffice(scene, documented_user):
    async def mark(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async with Ami(s.pbx.ip, s.pbx.ami_port, "voicebot", "a long random one") as ami:
            caller = await ami.find_call(s.bot.calls[0])
            assert caller
            assert caller.number == "0612345678"
            await ami.set_variable(caller.channel, "BOT_NEXT", "accounts")
        await hang_up(reader, writer)

    async with scene(mark, ami_host="127.0.0.1") as s:
        manager = s.pbx.directory / "etc" / "manager.conf"
        manager.write_text(f"{manager.read_text()}\n{documented_user}")
        await s.pbx.cli("manager reload")
        await s.call(number="0612345678")
    assert s.people == ["accounts"]
