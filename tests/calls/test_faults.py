"""Every way to fail, at every kind of vendor, before and during its work: the call goes on.

Whole calls over real sockets, many at once: each caller calls a company of its own, whose
first vendor fails by that company's key, and whose second one is well. What must come of
each: the right ticket, no word lost or heard twice, and never more than four seconds of
silence while the bot owes an answer.
"""

from __future__ import annotations

import asyncio
import ipaddress
import itertools
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import pytest
from asgiref.sync import sync_to_async
from django.test import override_settings
from pytest_django import Settings

import voicebot_site.celery
from calls import services
from calls.models import Call, Turn
from calls.scenarios.script import parse_script
from companies.models import Customer
from providers.deepgram import DeepgramSpeechToText
from providers.elevenlabs import ElevenLabsTextToSpeech
from providers.groq import GroqLanguageModel
from providers.protocols import Kind
from sandbox.caller import Caller, CallResult, End
from sandbox.product import Product
from tenants.models import AsteriskServer, FaqEntry, Tenant, VendorChoice, VendorKey
from tenants.scope import acting_for
from tenants.services import create_tenant
from tickets.models import Ticket

pytestmark = [
    pytest.mark.realtime,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("transactional_db"),
    pytest.mark.timeout(180),
]

LONGEST_SILENCE: Final = 4.0
USUAL_SILENCE: Final = 1.0  # before an answer, when all vendors are well
PIERRE: Final = "+33612345678"
NAMES: Final[dict[Kind, str]] = {"stt": "deepgram", "llm": "groq", "tts": "elevenlabs"}
CLASSES: Final[dict[str, Any]] = {
    "deepgram": DeepgramSpeechToText,
    "groq": GroqLanguageModel,
    "elevenlabs": ElevenLabsTextToSpeech,
}
HUMAN: Final = "Bonjour, je voudrais parler à quelqu'un."
# Nothing that keywords decide, and a question: the model is asked for an answer, then for the problem.
QUESTION: Final = "Est-ce que vous pourriez regarder mon installation ?"

FAULTS: Final = ["refused", "401", "429", "500", "slow", "drop", "hang", "garbage"]
# The suffix of the key for a fault that begins in the middle; "refused" is another class.
DURING: Final[dict[Kind, dict[str, str]]] = {
    "stt": {
        "401": "words-drop-after1-401",
        "429": "words-drop-after1-429",
        "500": "words-error",
        "slow": "words-drop-after1-slow",
        "drop": "words-drop",
        "hang": "words-stall",
        "garbage": "words-garbage",
    },
    "llm": {fault: f"after1-{fault}" for fault in ["401", "429", "500", "slow", "drop", "garbage"]} | {"hang": "stall"},
    "tts": {fault: f"after2-{fault}" for fault in ["401", "429", "500", "slow", "drop", "garbage"]}
    | {"hang": "after2-stall"},
}


def spare(name: str) -> Any:
    """A second vendor of the kind that is well; the platform's key."""
    return lambda model="", api_key="": CLASSES[name](model=model)


spare_ears, spare_mind, spare_voice = spare("deepgram"), spare("groq"), spare("elevenlabs")


class Vanishing:
    """A vendor whose address nobody listens at from some request on."""

    name: str
    spared = 0

    def __init__(self, *, api_key: str = "", model: str = "") -> None:
        self._here = CLASSES[self.name](api_key=api_key, model=model)
        with override_settings(VENDORS={name: {"api_key": "sandbox", "url": "http://127.0.0.1:9"} for name in CLASSES}):
            self._gone = CLASSES[self.name](api_key=api_key, model=model)
        self.address = getattr(self._here, "address", None)

    async def aclose(self) -> None:
        await self._here.aclose()
        await self._gone.aclose()

    def __getattr__(self, name: str) -> Any:  # open, decide, speak
        self.spared -= 1
        return getattr(self._here if self.spared >= 0 else self._gone, name)


def vanishing(vendor: str, after: int) -> type[Vanishing]:
    return type("Vanishing", (Vanishing,), {"name": vendor, "spared": after})


ears_gone, mind_gone, voice_gone = (vanishing(name, 0) for name in CLASSES)
# Ears vanish when their first stream was dropped.
ears_vanish, mind_vanishes, voice_vanishes = (
    vanishing(name, after) for name, after in zip(CLASSES, (1, 1, 2), strict=True)
)


class NoWorker:
    """For tasks: summaries come after the call, and would wait for the vendors that hang."""

    def submit(self, *_args: object) -> None:
        pass


@pytest.fixture(autouse=True)
def _no_summaries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(voicebot_site.celery, "embedded_worker", NoWorker())


@pytest.fixture(autouse=True)
def _providers(settings: Settings) -> Iterator[None]:
    before = {name: dict(vendor) for name, vendor in settings.VENDORS.items()}
    settings.PROVIDERS = settings.PROVIDERS | {
        "spare": {"stt": f"{__name__}.spare_ears", "llm": f"{__name__}.spare_mind", "tts": f"{__name__}.spare_voice"},
        "gone": {"stt": f"{__name__}.ears_gone", "llm": f"{__name__}.mind_gone", "tts": f"{__name__}.voice_gone"},
        "vanishing": {
            "stt": f"{__name__}.ears_vanish",
            "llm": f"{__name__}.mind_vanishes",
            "tts": f"{__name__}.voice_vanishes",
        },
    }
    yield
    for name, vendor in before.items():
        settings.VENDORS[name].update(vendor)


@dataclass(frozen=True, slots=True)
class Case:
    """One call: what fails, and what the caller says."""

    kind: Kind
    fault: str
    is_during: bool = False
    has_spare: bool = True
    is_cached: bool = False  # the phrases
    says: tuple[str, ...] = (HUMAN,)

    def __str__(self) -> str:
        return (
            f"{self.kind} {self.fault} {'during' if self.is_during else 'before'}{'' if self.has_spare else ' alone'}"
        )

    @property
    def key(self) -> str:
        suffix = self.fault
        if self.is_during and self.fault in DURING[self.kind]:
            suffix = DURING[self.kind][self.fault]
        if self.fault == "refused":
            suffix = "words-drop" if self.is_during and self.kind == "stt" else ""
        return f"sandbox-{uuid.uuid4().hex}-{suffix}"

    @property
    def provider(self) -> str:
        if self.fault == "refused":
            return "vanishing" if self.is_during else "gone"
        return NAMES[self.kind]


@dataclass(frozen=True, slots=True)
class Outcome:
    result: CallResult
    call: Call
    turns: list[Turn]
    ticket: Ticket

    @property
    def phrases(self) -> list[str]:
        return [turn.phrase for turn in self.turns if turn.speaker == Turn.Speaker.BOT]

    @property
    def longest_silence(self) -> float:
        """From the beginning, and from each end of the caller's words, to the bot's next sound."""
        sounds = sorted(heard.start for heard in self.result.heard)
        waits = [0.0, *(said.end for said in self.result.said)]
        return max(next((at for at in sounds if at > since), self.result.duration) - since for since in waits)


_numbers = itertools.count(1)


@sync_to_async(thread_sensitive=False)
def company(case: Case) -> tuple[Tenant, str, uuid.UUID]:
    """A tenant of the case's own; where it calls from, and the announced call."""
    number = next(_numbers)
    slug = f"{case.kind}{number}"
    address = str(ipaddress.ip_address("127.0.1.0") + number)
    # A name and a voice of its own: nobody else has spoken its phrases, and they are not cached.
    tenant = create_tenant(slug=slug, name="Alpha" if case.is_cached else slug.capitalize(), language="fr")
    tenant.voice = f"voice-{slug}" if case.kind == "tts" and not case.is_cached else ""
    tenant.save()
    with acting_for(tenant):
        server = AsteriskServer.objects.create(name="PBX", network=address)
        Customer.objects.create(phone_number=PIERRE, first_name="Pierre", last_name="MARTIN")
        FaqEntry.objects.create(question="Où êtes-vous ?", answer="Nous sommes à Concarneau, près du port.")
        VendorKey.objects.create(provider=case.provider, api_key=case.key)
        VendorChoice.objects.create(kind=case.kind, provider=case.provider)
        if case.has_spare:
            model = f"spare-{slug}" if case.kind == "tts" else ""
            VendorChoice.objects.create(kind=case.kind, provider="spare", model=model, position=1)
        call_uuid = uuid.uuid4()
        services.announce(server=server, call_uuid=call_uuid, phone_number=PIERRE)
    return tenant, address, call_uuid


@sync_to_async(thread_sensitive=False)
def outcome(tenant: Tenant, result: CallResult) -> Outcome:
    with acting_for(tenant):
        call = Call.objects.get(uuid=result.call_uuid)
        ticket = Ticket.objects.select_related("problem_type").get(call=call)
        return Outcome(result, call, list(call.turns.all()), ticket)


async def play(vendors_url: str, cases: Sequence[Case]) -> list[Outcome]:
    """All of them at once."""
    companies = [await company(case) for case in cases]
    async with Product(vendors_url=vendors_url) as product:
        results = await place(product, cases, companies)
        await product.calls.stop(10)  # the last entries are written after the hang-up
    return [await outcome(tenant, result) for (tenant, _, _), result in zip(companies, results, strict=True)]


async def place(
    product: Product, cases: Sequence[Case], companies: Sequence[tuple[Tenant, str, uuid.UUID]]
) -> list[CallResult]:
    async def one(case: Case, number: int) -> CallResult:
        _tenant, address, call_uuid = companies[number]
        await asyncio.sleep(0.3 * number)  # callers do not dial in the same millisecond
        caller = Caller(
            "127.0.0.1",
            product.calls.port,
            script=parse_script("\n".join(case.says)),
            source=address,
            call_uuid=call_uuid,
            max_seconds=60,
        )
        return await caller.run()

    return await asyncio.gather(*(one(case, number) for number, case in enumerate(cases)))


def patience(control: Outcome) -> float:
    """How long a silence may be; on a busy machine those wait too whose vendors are well."""
    return LONGEST_SILENCE + max(0.0, control.longest_silence - USUAL_SILENCE)


def problems(case: Case, outcome: Outcome, patience: float) -> list[str]:
    """What is not as it must be with a vendor in reserve."""
    found = []
    if outcome.result.end is not End.BOT_HANGUP:
        found.append(f"it ended with {outcome.result.end}")
    if (outcome.call.status, outcome.call.transfer_to) != ("transferred", "technician"):
        found.append(f"the call is {outcome.call.status} to {outcome.call.transfer_to!r}: {outcome.call.error}")
    if outcome.ticket.status != "transferred":
        found.append(f"the ticket is {outcome.ticket.status}")
    if outcome.longest_silence > patience:
        found.append(f"{outcome.longest_silence:.1f} s of silence")
    said = " ".join(utterance.text for utterance in outcome.result.said)
    heard = " ".join(turn.text for turn in outcome.turns if turn.speaker == Turn.Speaker.CALLER)
    if heard != said:
        found.append(f"the bot heard {heard!r} of {said!r}")
    if outcome.phrases[-1:] != ["transfer"]:
        found.append(f"the bot said {outcome.phrases}")
    return [f"{case}: {problem}" for problem in found]


@pytest.mark.parametrize(
    ("kind", "says"), [("stt", (HUMAN,)), ("llm", (QUESTION, HUMAN)), ("tts", (HUMAN,))], ids=["stt", "llm", "tts"]
)
async def test_the_next_vendor_goes_on(vendors_url: str, kind: Kind, says: tuple[str, ...]) -> None:
    cases = [Case(kind, fault, is_during, says=says) for fault in FAULTS for is_during in (False, True)]
    control, *outcomes = await play(vendors_url, [Case(kind, "", says=says), *cases])
    found = [problems(case, outcome, patience(control)) for case, outcome in zip(cases, outcomes, strict=True)]
    assert [problem for of_case in found for problem in of_case] == []


async def test_without_another_vendor_the_caller_is_not_left_stuck(vendors_url: str) -> None:
    deaf = Case("stt", "401", has_spare=False, says=("[silence 20]",))
    called_back = Case("stt", "429", has_spare=False, says=("[dtmf 2]",))
    deafened = Case("stt", "401", is_during=True, has_spare=False)
    by_keywords = Case("llm", "401", has_spare=False, says=("Ma box internet ne marche plus.", HUMAN))
    without_mind = Case("llm", "hang", has_spare=False, says=(QUESTION, HUMAN))
    mute = Case("tts", "401", has_spare=False)
    control = Case("llm", "", says=(QUESTION, HUMAN))
    cases = [control, deaf, called_back, deafened, by_keywords, without_mind, mute]
    outcomes = dict(zip(cases, await play(vendors_url, cases), strict=True))

    assert max(outcome.longest_silence for outcome in outcomes.values()) <= patience(outcomes[control])
    for case in (deaf, deafened):
        assert outcomes[case].phrases[-3:] == ["vendor_down", "dtmf_choice", "transfer"]
        assert outcomes[case].ticket.status == "transferred"
        assert outcomes[case].call.scene == "handover"
    assert outcomes[called_back].phrases[-4:] == ["vendor_down", "dtmf_choice", "callback", "goodbye"]
    assert outcomes[called_back].ticket.status == "open"

    problem = outcomes[by_keywords].ticket.problem_type
    assert problem is not None
    assert problem.code == "internet"
    for case in (by_keywords, without_mind):
        assert outcomes[case].ticket.status == "transferred"

    assert outcomes[mute].call.transfer_to == "technician"
    assert outcomes[mute].ticket.status == "transferred"


async def test_what_is_cached_carries_a_call_without_a_voice(vendors_url: str) -> None:
    well = Case("llm", "", has_spare=False, is_cached=True)
    [first] = await play(vendors_url, [well])
    assert first.ticket.status == "transferred"
    mute = Case("tts", "401", has_spare=False, is_cached=True)
    [outcome] = await play(vendors_url, [mute])
    assert problems(mute, outcome, patience(first)) == []
