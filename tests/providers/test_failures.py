"""Each way to fail, at each vendor, is the same ProviderError to the conversation."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import httpx
import pytest

from providers import registry
from providers.protocols import Failure, ProviderError, SpeechOptions, UsageReport
from providers.wire import from_exception, retry_after
from tests.providers.conftest import KEY, Handler, Vendors, http_answer
from tests.providers.helpers import QUESTION, Ear, answer, language_model, listen, say, spoken

Serve = Callable[[Handler], Awaitable[str]]
Use = Callable[[list[UsageReport]], Awaitable[None]]
LANGUAGE_MODELS = ("groq", "openai", "ollama", "anthropic", "gemini")
SCHEMA = {"type": "object", "properties": {"kind": {"type": "string"}}, "required": ["kind"]}


async def use_deepgram(reports: list[UsageReport]) -> None:
    ear = await listen(spoken())
    reports += ear.reports
    if (error := (await ear.end()).error) is not None:
        raise error


def use_to_answer(provider: str) -> Use:
    async def use(reports: list[UsageReport]) -> None:
        await answer(reports.append, provider=provider)

    return use


def use_to_decide(provider: str) -> Use:
    async def use(reports: list[UsageReport]) -> None:
        await language_model(provider).decide(QUESTION, SCHEMA, reports.append)

    return use


async def use_elevenlabs(reports: list[UsageReport]) -> None:
    await say(reports.append)


USES = pytest.mark.parametrize(
    ("provider", "use"),
    [
        pytest.param("deepgram", use_deepgram, id="deepgram"),
        *(pytest.param(name, use_to_answer(name), id=name) for name in LANGUAGE_MODELS),
        *(pytest.param(name, use_to_decide(name), id=f"{name}-decide") for name in LANGUAGE_MODELS),
        pytest.param("elevenlabs", use_elevenlabs, id="elevenlabs"),
    ],
)


async def failure(provider: str, use: Use, reports: list[UsageReport] | None = None) -> ProviderError:
    with pytest.raises(ProviderError) as caught:
        await use([] if reports is None else reports)
    assert caught.value.provider == provider
    assert caught.value.__cause__ is None  # an SDK's own error may hold the key
    assert caught.value.__context__ is None or caught.value.__suppress_context__
    return caught.value


@USES
@pytest.mark.parametrize(
    ("fault", "expected"),
    [("401", Failure.REFUSED), ("429", Failure.RATE_LIMITED), ("500", Failure.SERVER)],
)
async def test_a_status_has_its_meaning_and_costs_nothing(
    vendors: Vendors, provider: str, use: Use, fault: str, expected: Failure
) -> None:
    await vendors.use(key=f"sandbox-{fault}")
    reports: list[UsageReport] = []
    error = await failure(provider, use, reports)
    assert error.failure is expected
    assert fault in str(error)
    assert reports == []


@USES
async def test_a_connection_that_is_cut_in_the_middle(vendors: Vendors, provider: str, use: Use) -> None:
    await vendors.use(key="sandbox-drop")
    reports: list[UsageReport] = []
    assert (await failure(provider, use, reports)).failure is Failure.CUT
    assert all(report.estimated for report in reports)


@USES
async def test_garbage(vendors: Vendors, provider: str, use: Use) -> None:
    await vendors.use(key="sandbox-garbage")
    assert (await failure(provider, use)).failure is Failure.GARBAGE


@USES
async def test_nobody_listens(vendors: Vendors, closed_url: str, provider: str, use: Use) -> None:
    await vendors.use(closed_url)
    assert (await failure(provider, use)).failure is Failure.UNREACHABLE


@USES
async def test_a_name_that_does_not_exist(vendors: Vendors, provider: str, use: Use) -> None:
    await vendors.use("http://vendor.invalid")
    assert (await failure(provider, use)).failure is Failure.UNREACHABLE


@USES
async def test_forbidden(vendors: Vendors, serve: Serve, provider: str, use: Use) -> None:
    await vendors.use(await serve(http_answer("403 Forbidden", b"{}", "content-type: application/json")))
    assert (await failure(provider, use)).failure is Failure.REFUSED


@USES
async def test_the_vendor_says_when_to_come_back(vendors: Vendors, serve: Serve, provider: str, use: Use) -> None:
    await vendors.use(await serve(http_answer("429 Too Many Requests", b"{}", "retry-after: 2.5")))
    error = await failure(provider, use)
    assert error.failure is Failure.RATE_LIMITED
    assert error.retry_after == 2.5


@USES
async def test_a_key_that_the_vendor_repeats_is_not_repeated_by_us(
    vendors: Vendors, serve: Serve, provider: str, use: Use, caplog: pytest.LogCaptureFixture
) -> None:
    body = f'{{"error": {{"message": "Incorrect key {KEY}"}}, "detail": {{"status": "x", "message": "{KEY}"}}}}'
    await vendors.use(await serve(http_answer("401 Unauthorized", body.encode(), f"dg-error: bad key {KEY}")))
    with caplog.at_level(logging.DEBUG):  # with what the settings say of the libraries' own loggers
        error = await failure(provider, use)
        logging.getLogger("tests").error("it failed", exc_info=error)
    assert "***" in str(error)
    assert KEY not in caplog.text


@USES
async def test_a_server_that_hangs_up_without_an_answer(
    vendors: Vendors, serve: Serve, provider: str, use: Use
) -> None:
    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")

    await vendors.use(await serve(hang_up))
    assert (await failure(provider, use)).failure is Failure.CUT


@USES
async def test_a_server_of_another_protocol(vendors: Vendors, serve: Serve, provider: str, use: Use) -> None:
    async def ssh(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"SSH-2.0-OpenSSH_9.6\r\n\r\n")
        await writer.drain()
        await reader.readuntil(b"\r\n\r\n")

    await vendors.use(await serve(ssh))
    assert (await failure(provider, use)).failure in (Failure.GARBAGE, Failure.CUT)


@pytest.mark.parametrize("provider", LANGUAGE_MODELS)
@pytest.mark.parametrize("fault", ["hang", "slow"])
async def test_a_language_model_that_does_not_answer_in_time(vendors: Vendors, provider: str, fault: str) -> None:
    await vendors.use(key=f"sandbox-{fault}")
    with pytest.raises(ProviderError) as caught:
        await answer(lambda report: None, provider=provider, timeout=0.2)
    assert caught.value.failure is Failure.TIMEOUT
    with pytest.raises(ProviderError) as caught:
        await language_model(provider).decide(QUESTION, SCHEMA, lambda report: None, timeout=0.2)
    assert caught.value.failure is Failure.TIMEOUT


async def test_a_voice_whose_first_byte_is_slow(vendors: Vendors) -> None:
    await vendors.use(key="sandbox-slow")
    with pytest.raises(ProviderError) as caught:
        await say(lambda report: None, timeout=0.2)
    assert caught.value.failure is Failure.TIMEOUT


async def test_speech_to_text_that_does_not_shake_hands_within_three_seconds(vendors: Vendors, serve: Serve) -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()

    await vendors.use(await serve(silent))
    ear = Ear()
    async with asyncio.timeout(10):
        with pytest.raises(ProviderError) as caught:
            await registry.speech_to_text().open(SpeechOptions("fr"), ear.on_speech, ear.reports.append)
    assert caught.value.failure is Failure.TIMEOUT


async def test_a_model_that_was_shut_down(vendors: Vendors) -> None:
    vendors.settings.GROQ_MODEL = "llama-3.3-70b-versatile"
    error = await failure("groq", use_to_answer("groq"))
    assert error.failure is Failure.REFUSED
    assert "model_decommissioned" in str(error)


def test_the_other_http_library_means_the_same() -> None:
    """Some SDKs are on httpx2; its classes have httpx's names and no common ancestor."""
    transport_error = type("TransportError", (Exception,), {"__module__": "httpx2"})
    cut = type("RemoteProtocolError", (transport_error,), {"__module__": "httpx2"})
    slow = type("TimeoutException", (transport_error,), {"__module__": "httpx2"})
    assert from_exception("openai", cut()).failure is Failure.CUT
    assert from_exception("openai", slow()).failure is Failure.TIMEOUT
    assert from_exception("openai", httpx.ReadTimeout("")).failure is Failure.TIMEOUT
    assert from_exception("openai", httpx.ReadError("")).failure is Failure.CUT


def test_retry_after_is_seconds_or_a_date() -> None:
    assert retry_after({}) is None
    assert retry_after({"retry-after": "3"}) == 3.0
    assert retry_after({"retry-after": "-3"}) == 0.0
    assert retry_after({"retry-after": "soon"}) is None
    then = datetime.now(UTC) + timedelta(seconds=90)
    assert retry_after({"retry-after": format_datetime(then, usegmt=True)}) == pytest.approx(90, abs=5)
