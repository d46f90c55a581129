"""What the vendors would bill is what was written down, to the unit.

The emulators keep a ledger of their own making; nothing of it goes through our code.
"""

from __future__ import annotations

import asyncio
import itertools
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from decimal import Decimal
from typing import Any

import httpx
import pytest
from asgiref.sync import sync_to_async
from django.conf import settings as django_settings
from pytest_django import Settings

from calls.db import in_database
from calls.models import Usage
from calls.usage import forget_prices, record
from providers import registry
from providers.protocols import (
    Choice,
    Message,
    ProviderError,
    SpeechOptions,
    StreamEnded,
    Transcript,
    UsageReport,
    Voice,
)
from sandbox.caller import End
from sandbox.product import Product
from sandbox.vendors.server import VendorServer
from sandbox.voice import render
from tenants.models import Tenant
from tenants.scope import EVERYONE, acting_for
from tests.calls.test_call import PIERRE, alpha, call
from tests.cast import list_prices

__all__ = ["alpha"]  # the fixture: a company that calls from 127.0.0.2

pytestmark = [pytest.mark.realtime, pytest.mark.django_db(transaction=True), pytest.mark.timeout(180)]

CALLS = 50
AT_ONCE = 5
#: By discovery: a new vendor is in the run without a line here.
LANGUAGE_MODELS = [name for name, kinds in django_settings.PROVIDERS.items() if "llm" in kinds]
SENTENCES = [
    "Bonjour, ma connexion ne fonctionne plus depuis ce matin.",
    "Oui.",
    "L'été, à Noël, c'est gênant : 42 € !",
    "Je voudrais parler à quelqu'un de votre équipe, s'il vous plaît.",
]
SCHEMA = {
    "type": "object",
    "properties": {"problem": {"type": "string", "enum": ["internet", "mobile", "unknown"]}},
    "required": ["problem"],
    "additionalProperties": False,
}

Report = Callable[[UsageReport], None]
Work = Callable[[str, Report], Awaitable[None]]


@pytest.fixture
async def vendors_url(settings: Settings) -> AsyncIterator[str]:
    """Emulators with an empty ledger, in this process."""
    forget_prices()
    async with VendorServer() as server:
        settings.VENDORS = {
            name: {**vendor, "api_key": "sandbox-key", "url": f"{server.url}/{name}"}
            for name, vendor in django_settings.VENDORS.items()
        }
        registry.forget()
        for vendor in LANGUAGE_MODELS:  # what their packages read at first would hold up the other calls of this loop
            await decides(vendor)(SENTENCES[0], lambda report: None)
        await registry.close()
        registry.forget()
        async with httpx.AsyncClient() as client:
            await client.delete(f"{server.url}/sandbox/ledger")
        yield server.url
        await registry.close()


def messages(sentence: str) -> list[Message]:
    return [Message("system", "Tu es l'assistant d'un support."), Message("user", sentence)]


def answers(vendor: str) -> Work:
    async def work(sentence: str, report: Report) -> None:
        model = registry.vendor("llm", Choice(vendor)).client
        assert "".join([piece async for piece in model.stream(messages(sentence), report, timeout=20)])

    return work


def decides(vendor: str) -> Work:
    async def work(sentence: str, report: Report) -> None:
        model = registry.vendor("llm", Choice(vendor)).client
        assert await model.decide(messages(sentence), SCHEMA, report, timeout=20)

    return work


async def speaks(sentence: str, report: Report) -> None:
    async for _piece in registry.text_to_speech().speak(sentence, Voice("fr"), report):
        pass


async def listens(sentence: str, report: Report) -> None:
    heard = asyncio.Event()

    def on_speech(event: object) -> None:
        if isinstance(event, StreamEnded) or (isinstance(event, Transcript) and event.ends_speech):
            heard.set()

    stream = await registry.speech_to_text().open(SpeechOptions("fr"), on_speech, report)
    pcm = render(sentence, "fr") + bytes(16_000)
    for at in range(0, len(pcm), 320):
        stream.send(pcm[at : at + 320])
    async with asyncio.timeout(20):
        await heard.wait()
    await stream.close()


async def is_refused(sentence: str, report: Report) -> None:
    """Costs nothing, and nothing is written down."""
    model = registry.vendor("llm", Choice(LANGUAGE_MODELS[0], api_key="sandbox-429")).client
    with pytest.raises(ProviderError):
        await model.decide(messages(sentence), SCHEMA, report)


async def mixed_calls(tenant: Tenant) -> Counter[str]:
    """CALLS calls of vendors, of all kinds, a few at once; how many of each."""
    kinds: list[tuple[str, Work]] = [("speech to text", listens), ("text to speech", speaks), ("refused", is_refused)]
    for vendor in LANGUAGE_MODELS:
        kinds += [(vendor, answers(vendor)), (f"{vendor}, JSON", decides(vendor))]
    places = asyncio.Semaphore(AT_ONCE)
    done: Counter[str] = Counter()

    async def one(name: str, work: Work, sentence: str) -> None:
        reports: list[UsageReport] = []
        async with places:
            await work(sentence, reports.append)
        assert len(reports) == (name != "refused"), name
        for report in reports:
            with acting_for(tenant):
                await in_database(record, report, call=None)
        done[name] += 1

    chosen = zip(itertools.cycle(kinds), itertools.cycle(SENTENCES), range(CALLS), strict=False)
    async with asyncio.TaskGroup() as group:
        for (name, work), sentence, _number in chosen:
            group.create_task(one(name, work, sentence))
    return done


def units(entry: dict[str, Any]) -> Counter[str]:
    """Whole units of an entry of the ledger; milliseconds of audio."""
    names = ("input_tokens", "output_tokens", "cached_tokens", "reasoning_tokens", "characters", "credits")
    found = Counter({name: entry[name] for name in names if name in entry})
    if "seconds" in entry:
        found["milliseconds"] = round(entry["seconds"] * 1000)
    return found


def add(sums: dict[str, Counter[str]], vendor: str, found: Counter[str]) -> None:
    sums.setdefault(vendor, Counter()).update(found)


@sync_to_async(thread_sensitive=False)
def written_down() -> list[Usage]:
    with acting_for(EVERYONE):
        return list(Usage.objects.all())


async def test_the_ledger_of_the_vendors_is_the_sum_of_usage(vendors_url: str, alpha: Tenant) -> None:
    await in_database(list_prices)  # a transactional test before this one may have emptied the tables
    async with Product(vendors_url=vendors_url) as product:
        script = "Bonjour, ma box internet ne marche plus.\nVoilà, c'est fait.\nOui, ça marche.\n"
        done, *results = await asyncio.gather(
            mixed_calls(alpha), call(product, script, number=PIERRE), call(product, script, number=PIERRE)
        )
        assert done.total() == CALLS
        assert len(done) == 3 + 2 * len(LANGUAGE_MODELS)
        assert [result.end for result in results] == [End.BOT_HANGUP, End.BOT_HANGUP]
        await product.calls.stop(10)  # the last usage is written after the hang-up
    async with httpx.AsyncClient() as client:
        ledger = (await client.get(f"{vendors_url}/sandbox/ledger")).json()
    usages = await written_down()

    billed: dict[str, Counter[str]] = {}
    written: dict[str, Counter[str]] = {}
    for entry in ledger:
        add(billed, entry["vendor"], units(entry))
    for usage in usages:
        add(
            written,
            usage.provider,
            Counter(
                {
                    "input_tokens": usage.input_tokens,
                    "output_tokens": usage.output_tokens,
                    "cached_tokens": usage.cached_tokens,
                    "reasoning_tokens": usage.reasoning_tokens,
                    "characters": usage.characters,
                    "credits": usage.credits,
                    "milliseconds": int(usage.audio_seconds * 1000),
                }
            ),
        )
    assert {vendor: +found for vendor, found in written.items()} == {vendor: +found for vendor, found in billed.items()}
    assert len(usages) == len(ledger)
    assert set(LANGUAGE_MODELS) <= set(billed)
    for usage in usages:  # a vendor whose usage is not read would cost nothing
        assert usage.kind != "llm" or (usage.input_tokens > 0 and usage.output_tokens > 0), usage
        assert not usage.is_estimated, usage
    priced = [usage.cost_eur for usage in usages if usage.cost_eur is not None]
    assert sum(priced, Decimal(0)) > 0
