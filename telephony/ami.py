"""A client of Asterisk's manager interface (AMI).

https://docs.asterisk.org/Configuration/Interfaces/Asterisk-Manager-Interface-AMI/AMI-v2-Specification/

Every wait has an end. A lost connection is made again in the background; what was asked
meanwhile fails at once, and nothing is ever sent twice: a redirect or an originate that
comes late would strike another moment of the call. No header can hold a line break.
"""

from __future__ import annotations

import asyncio
import logging
import math
import socket
from collections.abc import Coroutine, Mapping
from contextvars import Context
from dataclasses import dataclass
from typing import Any, Final, Self
from uuid import UUID

logger = logging.getLogger(__name__)

PING_SECONDS: Final = 30.0  # a hung Asterisk keeps its connections
FIRST_PAUSE: Final = 1.0
LONGEST_PAUSE: Final = 30.0
LONGEST_MESSAGE: Final = 1 << 20
GREETING: Final = b"Asterisk Call Manager/"
LONGEST_LIST: Final = 10_000  # events of one answer


Headers = Mapping[str, str | int | list[str]]


class AmiError(Exception):
    """Asterisk did not do it: away, too slow, or it said no. Never names the secret."""


class Unreachable(AmiError):
    """No connection. `why` is "refused", "silent" (nothing answers in time), "unknown" (name) or "unroutable"."""

    def __init__(self, text: str, why: str) -> None:
        super().__init__(text)
        self.why = why


class NotAmi(AmiError):
    """Something else than a manager answers there. It was not told the secret, and what it says is told to nobody."""


class ActionRefused(AmiError):
    """Asterisk said no, in `response`."""

    def __init__(self, text: str, response: Message) -> None:
        super().__init__(text)
        self.response = response


class LoginRefused(ActionRefused):
    """Asterisk does not know the user or the secret, or lets nobody in from here; to try again is in vain."""


class Message(dict[str, str]):
    """One AMI message; the values of a repeated header are joined by newlines."""

    @classmethod
    def parse(cls, block: bytes) -> Message:
        message = cls()
        for line in block.decode(errors="replace").split("\r\n"):
            name, colon, value = line.partition(":")
            if colon:
                value = value.strip()
                message[name] = f"{message[name]}\n{value}" if name in message else value
        return message


@dataclass(frozen=True, slots=True)
class CallerId:
    """Who calls, and on which channel of Asterisk."""

    channel: str
    number: str
    name: str


@dataclass(slots=True)
class _Answer:
    """What is collected for one action until it is whole."""

    done: asyncio.Future[Message]
    is_list: bool
    events: list[Message]


class Ami:
    """A connection to one Asterisk, used by one event loop.

        async with Ami("pbx.example", 5038, "voicebot", secret) as ami:
            caller = await ami.find_call(call_uuid)

    `connect` raises when it fails; from then on the connection is kept up until `close`, or
    until Asterisk refuses the login.
    """

    def __init__(
        self,
        host: str,
        port: int,
        user: str,
        secret: str,
        *,
        timeout: float = 5.0,
        rest: float = 0.0,
    ):
        """`timeout` bounds connecting, signing in and, by default, each action.

        For `rest` seconds after `connect` has failed it fails again without asking.
        """
        self._address = (host, port)
        self._user = user
        self._secret = secret
        self._timeout = timeout
        self._rest = rest
        self._failed_at, self._failure = -math.inf, ""
        self._writer: asyncio.StreamWriter | None = None
        self._keeper: asyncio.Task[None] | None = None
        self._connecting = asyncio.Lock()
        self._answers: dict[str, _Answer] = {}
        self._count = 0

    def __repr__(self) -> str:
        return f"<Ami {self._name}>"

    async def __aenter__(self) -> Self:
        await self.connect()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    @property
    def is_connected(self) -> bool:
        return self._writer is not None

    async def connect(self) -> None:
        """Sign in, and stay signed in. Raises AmiError: unreachable, too slow, or refused."""
        async with self._connecting:
            if self._keeper is None or self._keeper.done():
                reading = await self._sign_in_unless_in_vain()
                self._keeper = _of_no_call(self._keep(reading), name=f"AMI {self._name}")

    async def close(self) -> None:
        """Leave. Whoever still waits for an answer gets an AmiError."""
        if self._keeper is not None:
            self._keeper.cancel()
            await asyncio.wait([self._keeper])
            self._keeper = None

    async def action(self, name: str, timeout: float | None = None, **headers: str | int | list[str]) -> Message:
        """Send an action and return its response; a list repeats its header.

        Raises AmiError, also when the response is an error; ValueError for a line break
        in a value, before anything is sent.
        """
        return (await self._ask(self._signed_in(), name, timeout, headers, is_list=False))[0]

    async def list_action(self, name: str, timeout: float | None = None, **headers: str | int) -> list[Message]:
        """Send an action that is answered by a list of events, and return these. Raises as `action`."""
        return (await self._ask(self._signed_in(), name, timeout, headers, is_list=True))[1:]

    # What the product asks

    async def find_call(self, call_id: UUID, *, timeout: float | None = None) -> CallerId | None:
        """The caller's channel whose dialplan set BOT_UUID to `call_id`; None: there is none. Raises AmiError."""
        wanted = f"bot_uuid={call_id}"
        for event in await self.list_action("Status", timeout, Variables="BOT_UUID"):
            channel = event.get("Channel", "")
            # Dial(AudioSocket/…) makes a second channel, which inherits __BOT_UUID.
            if wanted in event.get("Variable", "").lower().split("\n") and not channel.startswith("AudioSocket/"):
                return CallerId(channel, _known(event.get("CallerIDNum")), _known(event.get("CallerIDName")))
        return None

    async def set_variable(self, channel: str, name: str, value: str) -> None:
        """Set a variable of a channel, for its dialplan to read. Raises AmiError."""
        await self.action("Setvar", Channel=channel, Variable=name, Value=value)

    async def command(self, line: str, *, timeout: float | None = None) -> str:
        """What the console says to a command; needs the right `command`. Raises AmiError."""
        try:
            answer = await self.action("Command", timeout, Command=line)
        except ActionRefused as refusal:  # the console found nothing, and says so
            if "Output" not in refusal.response:
                raise
            answer = refusal.response
        return answer.get("Output", "")

    async def read(self, expression: str, *, timeout: float | None = None) -> str:
        """What a function of the dialplan reads, of no channel: CURL(https://…), for example. Raises AmiError."""
        return (await self.action("Getvar", timeout, Variable=expression)).get("Value", "")

    # The connection

    @property
    def _name(self) -> str:
        return f"{self._user}@{self._address[0]}:{self._address[1]}"

    def _signed_in(self) -> asyncio.StreamWriter:
        if self._writer is None:
            raise AmiError(f"{self._name}: not connected")
        return self._writer

    async def _sign_in_unless_in_vain(self) -> asyncio.Task[None]:
        loop = asyncio.get_running_loop()
        if loop.time() < self._failed_at + self._rest:
            raise AmiError(f"{self._failure}; not asked again within {self._rest:g} s")
        try:
            return await self._sign_in()
        except (AmiError, asyncio.CancelledError) as error:  # who has waited long enough cancels it
            self._failed_at, self._failure = loop.time(), str(error) or f"{self._name}: too slow"
            raise

    async def _sign_in(self) -> asyncio.Task[None]:
        try:
            async with asyncio.timeout(self._timeout):
                reader, writer = await asyncio.open_connection(*self._address, limit=LONGEST_MESSAGE)
                try:
                    await self._greeted(reader)
                except BaseException:
                    writer.transport.abort()
                    raise
        except TimeoutError:
            raise Unreachable(f"{self._name}: no connection within {self._timeout:g} s", "silent") from None
        except (OSError, ValueError) as error:  # ValueError: no host can have such a name
            text = f"{self._name}: {getattr(error, 'strerror', None) or error}"
            raise Unreachable(text, _why(error)) from None
        reading = _of_no_call(self._read(reader, writer), name=f"AMI {self._name}, reading")
        credentials = {"Username": self._user, "Secret": self._secret, "Events": "off"}
        try:
            await self._ask(writer, "Login", None, credentials, is_list=False)
            self._writer = writer
        except BaseException:
            reading.cancel()
            await asyncio.wait([reading])
            raise
        return reading

    async def _greeted(self, reader: asyncio.StreamReader) -> None:
        """Only a manager is told the secret."""
        try:
            async with asyncio.timeout(self._timeout / 2):
                greeting = await reader.readline()
        except (TimeoutError, ValueError, OSError):
            greeting = b""
        if not greeting.startswith(GREETING):
            raise NotAmi(f"{self._name}: what answers there is no manager of an Asterisk")

    async def _keep(self, reading: asyncio.Task[None]) -> None:
        """Hold the connection, and make it again when it is lost, until the login is refused."""
        try:
            while True:
                await self._hold(reading)
                reading.cancel()
                await asyncio.wait([reading])
                reading = await self._sign_in_again()
        except LoginRefused as error:
            logger.error("%s; not trying again", error)
        finally:
            reading.cancel()
            await asyncio.wait([reading])

    async def _hold(self, reading: asyncio.Task[None]) -> None:
        while True:
            done, _ = await asyncio.wait([reading], timeout=PING_SECONDS)
            if done:
                return
            try:
                await self.action("Ping")
            except AmiError as error:
                logger.warning("%s; connecting anew", error)
                return

    async def _sign_in_again(self) -> asyncio.Task[None]:
        pause = FIRST_PAUSE
        while True:
            logger.warning("AMI %s is away; trying again in %g s", self._name, pause)
            await asyncio.sleep(pause)
            try:
                reading = await self._sign_in()
            except LoginRefused:
                raise
            except AmiError as error:
                logger.warning("%s", error)
                pause = min(2 * pause, LONGEST_PAUSE)
            else:
                logger.info("AMI %s is back", self._name)
                return reading

    async def _read(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Take messages until the connection ends, and tell those who wait that it has."""
        try:
            while True:
                # Split before decoding: a letter cut by TCP stays whole.
                self._take(Message.parse(await reader.readuntil(b"\r\n\r\n")))
        except (asyncio.IncompleteReadError, OSError):
            pass
        except (asyncio.LimitOverrunError, ValueError):
            logger.error("AMI %s sent a message of more than %d bytes", self._name, LONGEST_MESSAGE)
        finally:
            writer.transport.abort()
            if self._writer is writer:
                self._writer = None
            for answer in self._answers.values():
                if not answer.done.done():
                    answer.done.set_exception(AmiError(f"{self._name}: the connection was lost"))

    def _take(self, message: Message) -> None:
        answer = self._answers.get(message.get("ActionID", ""))
        if answer is None or answer.done.done():
            return
        if "Event" in message:  # some events have a Response header as well
            if answer.is_list:
                self._take_list(answer, message)
        elif answer.is_list and message.get("Response") != "Error":
            answer.events.append(message)
        else:
            answer.done.set_result(message)

    def _take_list(self, answer: _Answer, event: Message) -> None:
        if event.get("EventList", "").lower() in ("complete", "cancelled"):
            answer.done.set_result(answer.events[0] if answer.events else event)
        elif len(answer.events) > LONGEST_LIST:
            answer.done.set_exception(AmiError(f"{self._name}: a list of more than {LONGEST_LIST} events"))
        else:
            answer.events.append(event)

    async def _ask(
        self, writer: asyncio.StreamWriter, name: str, timeout: float | None, headers: Headers, *, is_list: bool
    ) -> list[Message]:
        """The response and, of a list, its events."""
        self._count += 1
        number = str(self._count)
        request = _encode({"Action": name, "ActionID": number, **headers})
        patience = self._timeout if timeout is None else timeout
        answer = self._answers[number] = _Answer(asyncio.get_running_loop().create_future(), is_list, [])
        try:
            writer.write(request)
            async with asyncio.timeout(patience):  # wait_for of Python 3.11 may lose a cancellation
                response = await answer.done
        except TimeoutError:
            raise AmiError(f"{self._name}: no answer to {name} within {patience:g} s") from None
        finally:
            del self._answers[number]
        if response.get("Response") == "Error":
            raise (LoginRefused if name == "Login" else ActionRefused)(
                f"{self._name}: {name}: {response.get('Message', 'refused')}", response
            )
        return answer.events or [response]


def _of_no_call(work: Coroutine[Any, Any, None], name: str) -> asyncio.Task[None]:
    """A task that outlives the call which happened to need it first, and logs nothing in that one's name."""
    return asyncio.create_task(work, name=name, context=Context())


def _encode(headers: Headers) -> bytes:
    lines = []
    for name, value in headers.items():
        for item in value if isinstance(value, list) else [value]:
            line = f"{name}: {item}"
            if "\r" in line or "\n" in line:
                raise ValueError(f"AMI header {name!r}: a header and its value must be one line")
            lines.append(f"{line}\r\n")
    return "".join([*lines, "\r\n"]).encode()


def _why(error: Exception) -> str:
    if isinstance(error, ConnectionRefusedError):
        return "refused"
    return "unknown" if isinstance(error, (socket.gaierror, ValueError)) else "unroutable"


def _known(value: str | None) -> str:
    return "" if value in (None, "<unknown>", "<none>") else value
