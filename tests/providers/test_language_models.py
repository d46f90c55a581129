"""What every language model keeps to, whatever its SDK does."""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from typing import Any, cast

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string

from providers import registry
from providers.protocols import Choice, Failure, Message, ProviderError, UsageReport
from tests.providers.conftest import Handler, Vendors
from tests.providers.dialects import DIALECTS, OPENAI, Server
from tests.providers.helpers import QUESTION, Relay, answer, language_model

Serve = Callable[[Handler], Awaitable[str]]
SCHEMA = {
    "type": "object",
    "properties": {
        "kind": {"type": "string", "enum": ["internet", "phone"]},
        "who": {"type": "object", "properties": {"name": {"type": "string"}}},
        "urgent": {"type": "boolean"},
    },
}


EACH = pytest.mark.parametrize("provider", list(DIALECTS))


async def failure(provider: str, reports: list[UsageReport] | None = None, **more: Any) -> ProviderError:
    with pytest.raises(ProviderError) as caught:
        await answer((reports if reports is not None else []).append, provider=provider, **more)
    return caught.value


# --- Against the emulators ---


@EACH
async def test_an_answer_comes_in_pieces_and_is_counted_as_the_vendor_bills(vendors: Vendors, provider: str) -> None:
    reports: list[UsageReport] = []
    pieces = [piece async for piece in language_model(provider).stream(QUESTION, reports.append)]
    assert len(pieces) > 1
    assert all(pieces)
    await same_as_billed(vendors, provider, reports)
    assert reports[0].latency_seconds is not None


@EACH
async def test_a_decision_has_the_shape_that_was_asked_for(vendors: Vendors, provider: str) -> None:
    reports: list[UsageReport] = []
    decision = await language_model(provider).decide(QUESTION, SCHEMA, reports.append)
    assert decision.keys() == {"kind", "who", "urgent"}
    assert decision["kind"] in ("internet", "phone")
    assert decision["who"].keys() == {"name"}
    await same_as_billed(vendors, provider, reports)


async def same_as_billed(vendors: Vendors, provider: str, reports: list[UsageReport]) -> None:
    (report,) = reports
    (billed,) = await vendors.ledger(provider)
    assert (report.kind, report.provider) == ("llm", provider)
    told = {name: getattr(report, name) for name in billed if name != "vendor"}
    assert told == {name: value for name, value in billed.items() if name != "vendor"}
    assert report.input_tokens > 0
    assert report.output_tokens > 0
    assert not report.estimated


@EACH
async def test_what_was_cut_is_estimated_and_never_nothing(vendors: Vendors, provider: str) -> None:
    await vendors.use(key="sandbox-drop")
    reports: list[UsageReport] = []
    assert (await failure(provider, reports)).failure is Failure.CUT
    (report,) = reports
    assert report.estimated
    assert report.input_tokens > 0
    assert report.output_tokens > 0


@EACH
async def test_a_company_may_bring_its_own_key_and_model(vendors: Vendors, provider: str) -> None:
    reports: list[UsageReport] = []
    own = language_model(provider, api_key="sandbox-of-their-own", model="theirs")
    assert [piece async for piece in own.stream(QUESTION, reports.append)]
    assert reports[0].model == "theirs"


@EACH
async def test_one_connection_serves_answer_after_answer(vendors: Vendors, serve: Serve, provider: str) -> None:
    relay = Relay(vendors.url)
    await vendors.use(f"{await serve(relay)}/{provider}")
    for _ in range(3):
        assert await answer(lambda report: None, provider=provider)
    assert relay.opened == 1
    await registry.close()


@EACH
async def test_neither_the_key_nor_the_callers_words_are_logged(
    vendors: Vendors, caplog: pytest.LogCaptureFixture, provider: str
) -> None:
    with caplog.at_level(logging.DEBUG):
        await answer(lambda report: None, provider=provider)
    assert vendors.settings.VENDORS[provider]["api_key"] not in caplog.text
    assert QUESTION[1].content not in caplog.text


# --- Against a vendor that says what the test wants ---


@EACH
async def test_cached_and_reasoning_tokens_are_told_apart(vendors: Vendors, serve: Serve, provider: str) -> None:
    dialect = DIALECTS[provider]
    await vendors.use(await serve(Server(*dialect.stream("Oui.", dialect.usage))))
    reports: list[UsageReport] = []
    assert await answer(reports.append, provider=provider) == "Oui."
    (report,) = reports
    assert (report.input_tokens, report.cached_tokens) == (40, 32)
    assert (report.output_tokens, report.reasoning_tokens) == (12, 5)
    assert report.request_id == ("" if provider == "anthropic" else "c1")  # no message_start here
    assert not report.estimated


@EACH
@pytest.mark.parametrize("is_whole", [False, True], ids=["streamed", "whole"])
async def test_tokens_are_never_none_for_an_answer_that_had_text(
    vendors: Vendors, serve: Serve, provider: str, is_whole: bool
) -> None:
    dialect = DIALECTS[provider]
    reports: list[UsageReport] = []
    if is_whole:
        text = '{"kind": "phone", "who": {"name": ""}, "urgent": true}'
        await vendors.use(await serve(Server(whole=dialect.whole(text, None))))
        await language_model(provider).decide(QUESTION, SCHEMA, reports.append)
    else:
        await vendors.use(await serve(Server(*dialect.stream("Oui.", None))))
        await answer(reports.append, provider=provider)
    (report,) = reports
    assert report.output_tokens >= 1
    assert report.input_tokens >= 1
    assert report.estimated


@EACH
async def test_a_conversation_that_moves_on_stops_the_answer(vendors: Vendors, serve: Serve, provider: str) -> None:
    server = Server(DIALECTS[provider].text("D'accord,"), hangs=True)
    await vendors.use(await serve(server))
    reports: list[UsageReport] = []
    stream = cast(AsyncGenerator[str, None], language_model(provider).stream(QUESTION, reports.append))
    async with aclosing(stream) as pieces:
        assert await anext(pieces) == "D'accord,"
    async with asyncio.timeout(5):
        await server.gone.wait()  # the vendor sees it
    (report,) = reports
    assert report.estimated
    assert report.output_tokens == 3


@EACH
async def test_a_stream_without_an_end_was_cut(vendors: Vendors, serve: Serve, provider: str) -> None:
    await vendors.use(await serve(Server(DIALECTS[provider].text("Oui"))))
    assert (await failure(provider)).failure is Failure.CUT


@EACH
async def test_an_answer_that_is_complete_stands_though_the_usage_never_comes(
    vendors: Vendors, serve: Serve, provider: str
) -> None:
    dialect = DIALECTS[provider]
    await vendors.use(await serve(Server(*dialect.stream("Oui.", None)[:2], hangs=True)))
    reports: list[UsageReport] = []
    assert await answer(reports.append, provider=provider, timeout=0.3) == "Oui."
    assert reports[0].estimated


@EACH
async def test_reasoning_that_leaves_no_room_for_an_answer_is_none_and_paid_for(
    vendors: Vendors, serve: Serve, provider: str
) -> None:
    dialect = DIALECTS[provider]
    await vendors.use(await serve(Server(*dialect.end(dialect.usage))))
    reports: list[UsageReport] = []
    assert (await failure(provider, reports)).failure is Failure.GARBAGE
    assert reports[0].output_tokens == 12


@EACH
async def test_an_error_in_the_middle_of_the_stream(vendors: Vendors, serve: Serve, provider: str) -> None:
    dialect = DIALECTS[provider]
    await vendors.use(await serve(Server(dialect.text("Oui"), dialect.error)))
    reports: list[UsageReport] = []
    error = await failure(provider, reports)
    assert error.failure is Failure.SERVER
    assert "over capacity" in str(error)
    assert reports[0].output_tokens == 1


@EACH
@pytest.mark.parametrize("event", [3, {"choices": 3, "candidates": 3, "type": "content_block_delta"}])
async def test_a_chunk_without_its_shape_is_garbage(vendors: Vendors, serve: Serve, provider: str, event: Any) -> None:
    await vendors.use(await serve(Server(event)))
    assert (await failure(provider)).failure is Failure.GARBAGE


@EACH
async def test_the_whole_answer_is_bounded_not_only_the_wait_for_its_pieces(
    vendors: Vendors, serve: Serve, provider: str
) -> None:
    await vendors.use(await serve(Server(DIALECTS[provider].text("Oui"), hangs=True)))
    reports: list[UsageReport] = []
    assert (await failure(provider, reports, timeout=0.3)).failure is Failure.TIMEOUT
    assert len(reports) == 1


@EACH
@pytest.mark.parametrize("content", ['{"kind": "internet"}', "[1]", "oui", None])
async def test_a_decision_of_another_shape_is_garbage_and_paid_for(
    vendors: Vendors, serve: Serve, provider: str, content: str | None
) -> None:
    dialect = DIALECTS[provider]
    await vendors.use(await serve(Server(whole=dialect.whole(content, dialect.usage))))
    reports: list[UsageReport] = []
    with pytest.raises(ProviderError) as caught:
        await language_model(provider).decide(QUESTION, SCHEMA, reports.append)
    assert caught.value.failure is Failure.GARBAGE
    assert [report.output_tokens for report in reports] == [12]


# --- Each one's own ---


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ("gpt-5.4-mini", {"max_completion_tokens": 200, "reasoning_effort": "none"}),
        ("gpt-5-nano", {"max_completion_tokens": 500, "reasoning_effort": "minimal"}),
        ("o4-mini", {"max_completion_tokens": 500, "reasoning_effort": "low"}),
        ("gpt-4.1-mini", {"max_completion_tokens": 200, "temperature": 0.2}),
        ("gpt-5.3-chat-latest", {"max_completion_tokens": 200, "temperature": 0.2}),
    ],
)
async def test_openais_models_are_told_to_reason_as_little_as_they_can(
    vendors: Vendors, serve: Serve, model: str, expected: dict[str, Any]
) -> None:
    assert await limits(vendors, serve, "openai", model) == expected


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ("gpt-oss:20b", {"max_tokens": 500, "temperature": 0.2, "reasoning_effort": "low"}),
        ("mistral-small", {"max_tokens": 200, "temperature": 0.2}),
    ],
)
async def test_a_server_of_ones_own_gets_the_older_limit(
    vendors: Vendors, serve: Serve, model: str, expected: dict[str, Any]
) -> None:
    assert await limits(vendors, serve, "ollama", model) == expected


async def limits(vendors: Vendors, serve: Serve, provider: str, model: str) -> dict[str, Any]:
    server = Server(*OPENAI.stream("Oui.", OPENAI.usage))
    await vendors.use(await serve(server) + "/v1")  # with the end that OpenAI's own variable has, or without
    own = language_model(provider, model=model)
    assert [piece async for piece in own.stream(QUESTION, lambda report: None)] == ["Oui."]
    assert server.head.startswith("post /v1/chat/completions ")
    usual = {"model", "messages", "stream", "stream_options"}
    return {name: value for name, value in server.request.items() if name not in usual}


async def test_an_empty_account_is_a_refusal_that_no_waiting_ends(vendors: Vendors, serve: Serve) -> None:
    body = b'{"error": {"message": "You exceeded your current quota", "code": "insufficient_quota"}}'
    head = f"HTTP/1.1 429 Too Many Requests\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"

    async def out_of_money(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(head.encode() + body)
        await writer.drain()

    await vendors.use(await serve(out_of_money))
    assert (await failure("openai")).failure is Failure.REFUSED


async def test_gemini_tells_when_to_come_back_in_the_body(vendors: Vendors) -> None:
    await vendors.use(key="sandbox-429")
    assert (await failure("gemini")).retry_after == 1.0


@pytest.mark.parametrize(
    ("model", "expected"),
    [("gemini-3.8-flash", {"thinking_level": "LOW"}), ("gemini-2.5-flash", {"thinking_budget": 0})],
)
async def test_gemini_thinks_as_little_as_the_model_allows(
    vendors: Vendors, serve: Serve, model: str, expected: dict[str, Any]
) -> None:
    server = Server(*DIALECTS["gemini"].stream("Oui.", None))
    await vendors.use(await serve(server))
    own = language_model("gemini", model=model)
    assert [piece async for piece in own.stream(QUESTION, lambda report: None)] == ["Oui."]
    assert server.request["generationConfig"]["thinkingConfig"] == expected
    assert "x-server-timeout" not in server.head  # Google refuses less than 10 s


@pytest.mark.parametrize("provider", ["anthropic", "gemini"])
async def test_instructions_go_where_the_vendor_wants_them(vendors: Vendors, serve: Serve, provider: str) -> None:
    server = Server(*DIALECTS[provider].stream("Oui.", None))
    await vendors.use(await serve(server))
    messages = [*QUESTION, Message("assistant", "Oui ?"), Message("user", "Alors ?")]
    async for _ in language_model(provider).stream(messages, lambda report: None):
        pass
    system = str(server.request["system" if provider == "anthropic" else "systemInstruction"])
    assert QUESTION[0].content in system
    said = server.request["messages" if provider == "anthropic" else "contents"]
    assert [message["role"] for message in said] == [
        "user",
        "assistant" if provider == "anthropic" else "model",
        "user",
    ]


@pytest.mark.parametrize(
    ("provider", "module"), [("openai", "openai"), ("anthropic", "anthropic"), ("gemini", "google.genai")]
)
def test_a_vendor_whose_library_is_missing_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, settings: Any, provider: str, module: str
) -> None:
    for name in list(sys.modules):
        if f"{name}.".startswith(f"providers.{provider}."):
            monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ImproperlyConfigured, match=f"install the extra '{provider}'"):
        import_string(settings.PROVIDERS[provider]["llm"])


async def test_a_vendor_that_cannot_be_made_leaves_the_others(vendors: Vendors) -> None:
    known = registry.vendors("llm", [Choice("nobody"), Choice("openai")])
    assert [vendor.choice.provider for vendor in known] == ["openai"]
