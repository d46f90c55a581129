from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from typing import Any, cast

import pytest

from providers import registry
from providers.protocols import Failure, Message, ProviderError, UsageReport
from tests.providers.conftest import Handler, Vendors
from tests.providers.helpers import QUESTION, Relay, answer

SCHEMA = {
    "type": "object",
    "properties": {"kind": {"type": "string", "enum": ["internet", "phone"]}, "urgent": {"type": "boolean"}},
    "required": ["kind", "urgent"],
}
Serve = Callable[[Handler], Awaitable[str]]


class Groq:
    """Answers with the given body, and notes the request."""

    def __init__(self, *events: Any, content_type: str = "text/event-stream", hangs: bool = False) -> None:
        if content_type == "text/event-stream":
            self._body = b"".join(b"data: " + json.dumps(event).encode() + b"\n\n" for event in events)
        else:
            self._body = json.dumps(events[0]).encode()
        self._content_type = content_type
        self._hangs = hangs
        self.request: dict[str, Any] = {}
        self.gone = asyncio.Event()

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        length = int(head.partition(b"content-length:")[2].split()[0])
        self.request = json.loads(await reader.readexactly(length))
        writer.write(f"HTTP/1.1 200 OK\r\ncontent-type: {self._content_type}\r\nconnection: close\r\n\r\n".encode())
        writer.write(self._body)
        await writer.drain()
        if self._hangs:
            await reader.read()  # until the client has gone
            self.gone.set()


def chunk(text: str | None, finish_reason: str | None = None, **more: Any) -> dict[str, Any]:
    delta = {} if text is None else {"content": text}
    return {
        "id": "c1",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": "m",
        "choices": [{"index": 0, "delta": delta, "finish_reason": finish_reason}],
        **more,
    }


USAGE = {
    "prompt_tokens": 40,
    "completion_tokens": 12,
    "total_tokens": 52,
    "prompt_tokens_details": {"cached_tokens": 32},
    "completion_tokens_details": {"reasoning_tokens": 5},
}


async def test_an_answer_comes_in_pieces_and_is_counted_as_groq_counts(vendors: Vendors) -> None:
    reports: list[UsageReport] = []
    pieces = [piece async for piece in registry.language_model().stream(QUESTION, reports.append)]
    assert len(pieces) > 1
    assert all(pieces)
    (report,) = reports
    (billed,) = await vendors.ledger("groq")
    assert (report.kind, report.provider, report.model) == ("llm", "groq", "openai/gpt-oss-20b")
    assert report.input_tokens == billed["input_tokens"]
    assert report.output_tokens == billed["output_tokens"]
    assert report.request_id == billed["request_id"]
    assert not report.estimated
    assert report.latency_seconds is not None


async def test_one_connection_serves_answer_after_answer(vendors: Vendors, serve: Serve) -> None:
    """What is left of a stream is read, or the next answer would begin with a handshake."""
    relay = Relay(vendors.url)
    await vendors.use(await serve(relay) + "/groq")
    for _ in range(3):
        assert await answer(lambda report: None)
    assert relay.opened == 1
    await registry.close()


async def test_a_decision_has_the_shape_that_was_asked_for(vendors: Vendors) -> None:
    reports: list[UsageReport] = []
    decision = await registry.language_model().decide(QUESTION, SCHEMA, reports.append)
    assert set(decision) == {"kind", "urgent"}
    assert decision["kind"] in ("internet", "phone")
    (report,) = reports
    (billed,) = await vendors.ledger("groq")
    assert (report.input_tokens, report.output_tokens) == (billed["input_tokens"], billed["output_tokens"])
    assert report.request_id == billed["request_id"]


async def test_a_conversation_that_moves_on_stops_the_answer(vendors: Vendors, serve: Serve) -> None:
    groq = Groq(chunk("D'accord,", x_groq={"id": "req_1"}), hangs=True)
    await vendors.use(await serve(groq))
    reports: list[UsageReport] = []
    stream = cast(AsyncGenerator[str, None], registry.language_model().stream(QUESTION, reports.append))
    async with aclosing(stream) as pieces:
        assert await anext(pieces) == "D'accord,"
    async with asyncio.timeout(5):
        await groq.gone.wait()  # the vendor sees it
    (report,) = reports
    assert report.estimated
    assert report.request_id == "req_1"
    assert report.output_tokens == 3
    assert report.input_tokens > 0


async def test_cached_and_reasoning_tokens_are_told_apart(vendors: Vendors, serve: Serve) -> None:
    await vendors.use(await serve(Groq(chunk("Oui."), chunk(None, "stop", x_groq={"id": "r", "usage": USAGE}))))
    reports: list[UsageReport] = []
    assert await answer(reports.append) == "Oui."
    (report,) = reports
    assert (report.input_tokens, report.cached_tokens) == (40, 32)
    assert (report.output_tokens, report.reasoning_tokens) == (12, 5)


@pytest.mark.parametrize("x_groq", [None, {"id": "r"}, {"id": "r", "usage": USAGE | {"completion_tokens": 0}}])
async def test_tokens_are_never_none_for_an_answer_that_had_text(
    vendors: Vendors, serve: Serve, x_groq: dict[str, Any] | None
) -> None:
    await vendors.use(await serve(Groq(chunk("Oui."), chunk(None, "stop", x_groq=x_groq))))
    reports: list[UsageReport] = []
    await answer(reports.append)
    (report,) = reports
    assert report.output_tokens >= 1
    assert report.input_tokens >= 1
    assert report.estimated


async def test_a_stream_without_an_end_was_cut(vendors: Vendors, serve: Serve) -> None:
    await vendors.use(await serve(Groq(chunk("Oui"))))
    reports: list[UsageReport] = []
    with pytest.raises(ProviderError) as caught:
        await answer(reports.append)
    assert caught.value.failure is Failure.CUT
    assert reports[0].output_tokens == 1


async def test_an_answer_that_is_complete_stands_though_the_end_mark_is_missing(vendors: Vendors, serve: Serve) -> None:
    await vendors.use(await serve(Groq(chunk("Oui."), chunk(None, "stop", x_groq={"id": "r", "usage": USAGE}))))
    assert await answer(lambda report: None) == "Oui."


async def test_reasoning_that_leaves_no_room_for_an_answer_is_none(vendors: Vendors, serve: Serve) -> None:
    await vendors.use(await serve(Groq(chunk(None, "length", x_groq={"id": "r", "usage": USAGE}))))
    reports: list[UsageReport] = []
    with pytest.raises(ProviderError) as caught:
        await answer(reports.append)
    assert caught.value.failure is Failure.GARBAGE
    assert reports[0].output_tokens == 12  # paid for all the same


async def test_an_error_in_the_middle_of_the_stream(vendors: Vendors, serve: Serve) -> None:
    await vendors.use(await serve(Groq(chunk("Oui"), {"error": {"message": "over capacity"}})))
    with pytest.raises(ProviderError) as caught:
        await answer(lambda report: None)
    assert caught.value.failure is Failure.SERVER
    assert "over capacity" in str(caught.value)


@pytest.mark.parametrize(
    "event", [[], 3, {"choices": 3}, {"choices": [{}]}, {"choices": [{"delta": None, "finish_reason": None}]}]
)
async def test_a_chunk_without_its_shape_is_garbage(vendors: Vendors, serve: Serve, event: Any) -> None:
    await vendors.use(await serve(Groq(event)))
    with pytest.raises(ProviderError) as caught:
        await answer(lambda report: None)
    assert caught.value.failure is Failure.GARBAGE


async def test_the_whole_answer_is_bounded_not_only_the_wait_for_its_pieces(vendors: Vendors, serve: Serve) -> None:
    await vendors.use(await serve(Groq(chunk("Oui"), hangs=True)))
    reports: list[UsageReport] = []
    with pytest.raises(ProviderError) as caught:
        await answer(reports.append, timeout=0.2)
    assert caught.value.failure is Failure.TIMEOUT
    assert len(reports) == 1


@pytest.mark.parametrize("content", ['{"kind": "internet"}', '{"kind": "tv", "urgent": true}', "[1]", "oui", "", None])
async def test_a_decision_of_another_shape_is_garbage_and_paid_for(
    vendors: Vendors, serve: Serve, content: str | None
) -> None:
    message = {"role": "assistant", "content": content}
    whole = {"id": "c", "choices": [{"index": 0, "message": message, "finish_reason": "stop"}], "usage": USAGE}
    await vendors.use(await serve(Groq(whole, content_type="application/json")))
    reports: list[UsageReport] = []
    with pytest.raises(ProviderError) as caught:
        await registry.language_model().decide(QUESTION, SCHEMA, reports.append)
    assert caught.value.failure is Failure.GARBAGE
    assert [report.output_tokens for report in reports] == [12]


@pytest.mark.parametrize(("model", "reasons"), [("openai/gpt-oss-120b", True), ("moonshotai/kimi-k2-instruct", False)])
async def test_only_models_that_reason_are_told_how_much(
    vendors: Vendors, serve: Serve, model: str, reasons: bool
) -> None:
    vendors.settings.GROQ_MODEL = model
    groq = Groq(chunk("Oui."), chunk(None, "stop"))
    await vendors.use(await serve(groq))
    await answer(lambda report: None)
    assert (groq.request.get("reasoning_effort") == "low") is reasons
    assert (groq.request.get("include_reasoning") is False) is reasons
    assert groq.request["max_completion_tokens"] > 200 if reasons else groq.request["max_completion_tokens"] == 200


async def test_a_schema_is_made_as_strict_as_groq_wants_it(vendors: Vendors) -> None:
    loose = {
        "type": "object",
        "properties": {"who": {"type": "object", "properties": {"name": {"type": "string"}}}, "n": {"type": "integer"}},
    }
    decision = await registry.language_model().decide([Message("user", "?")], loose, lambda report: None)
    assert decision.keys() == {"who", "n"}
