"""The verbs of this room."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import replace
from decimal import Decimal
from queue import SimpleQueue
from typing import Final

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext

from calls import settings as call_settings
from calls.usage import record
from providers import proof, upkeep
from providers.estimates import estimate
from providers.generation import OnMade, Outcome, make_missing
from providers.phrases import phrase_store
from providers.protocols import Choice, UsageReport, Voice
from providers.samples import Sample
from providers.words import explained
from tenants.models import ClonedVoice, PhraseRun, Tenant, VendorChoice
from tenants.models.voices import LONGEST_RUN
from tenants.scope import acting_for

RUNS_KEPT: Final = 20  # of each tenant
LISTEN_SECONDS: Final = 20.0  # somebody waits at a page


def phrases_changed(*, tenant: Tenant) -> None:
    """Have the tenant's phrases spoken, once the change of them is committed.

    The change stands even where the task cannot be started: every night speaks what is missing.
    """
    from providers.tasks import refresh_phrases as task  # it calls refresh_phrases below

    task.delay_on_commit(tenant_id=tenant.pk)


def refresh_phrases(*, tenant: Tenant, on_made: OnMade = lambda text: None) -> Outcome:
    """Speak what is missing of the tenant's phrases, and record what that cost.

    In the tenant's scope, in a thread without an event loop. Takes minutes at most. How far
    it has come is in a PhraseRun.
    """
    configured = call_settings.load(tenant)
    run = _begin_run()
    # Vendors are asked in an event loop, where nothing may wait for the database: a thread
    # has the loop, and this one writes down what it tells.
    told: SimpleQueue[Callable[[], None] | None] = SimpleQueue()

    def made(text: str) -> None:
        told.put(lambda: _count(run, done=1))
        on_made(text)

    def generate() -> Outcome:
        return asyncio.run(
            make_missing(
                configured.all_texts(),
                configured.voice,
                on_usage=lambda report: told.put(lambda: _record(report)),
                on_made=made,
                on_missing=lambda count: told.put(lambda: _count(run, total=count)),
            )
        )

    with ThreadPoolExecutor(1, thread_name_prefix="phrases") as thread:
        generation: Future[Outcome] = thread.submit(copy_context().run, generate)
        generation.add_done_callback(lambda _future: told.put(None))
        while (write := told.get()) is not None:
            write()
    try:
        outcome = generation.result()
    except BaseException as error:
        _end_run(run, Outcome(reason=type(error).__name__))
        raise
    _end_run(run, outcome)
    return outcome


def _record(report: UsageReport) -> None:
    record(report, call=None)


def _begin_run() -> PhraseRun:
    now = timezone.now()
    lost = PhraseRun.objects.filter(state=PhraseRun.State.RUNNING, started_at__lt=now - LONGEST_RUN)
    lost.update(state=PhraseRun.State.FAILED, finished_at=now)  # its process is gone
    kept = list(PhraseRun.objects.values_list("pk", flat=True)[: RUNS_KEPT - 1])
    PhraseRun.objects.exclude(pk__in=kept).delete()
    return PhraseRun.objects.create()


def _count(run: PhraseRun, *, total: int = 0, done: int = 0) -> None:
    PhraseRun.objects.filter(pk=run.pk).update(total=F("total") + total, done=F("done") + done)


def _end_run(run: PhraseRun, outcome: Outcome) -> None:
    has_failed = bool(outcome.failed) or (bool(outcome.reason) and not outcome.made)
    PhraseRun.objects.filter(pk=run.pk).update(
        state=PhraseRun.State.FAILED if has_failed else PhraseRun.State.DONE,
        failed=len(outcome.failed),
        reason=outcome.reason[:200] if has_failed else "",
        reasons={text: outcome.reasons.get(text, outcome.reason)[:200] for text in outcome.failed},
        finished_at=timezone.now(),
    )


def tend_phrases() -> upkeep.Report:
    """Check every file of the phrase store against what the tenants say; remove what is bad or needed no more.

    What was removed and is needed is missing from then on: `refresh_phrases` makes it.
    """
    needed = upkeep.Needed()
    for tenant in Tenant.objects.all():  # those that are switched off may come back
        with acting_for(tenant):
            configured = call_settings.load(tenant)
        needed.add(configured.all_texts(), configured.voice)
    return upkeep.tend(needed)


# --- Keys ---


def try_key(*, tenant: Tenant, provider: str, api_key: str) -> None:
    """Ask the vendor for something small with the key, as the tenant's calls would, and record what that cost.

    In the tenant's scope, in a thread without an event loop; takes seconds. Raises ProviderError.
    """
    model = VendorChoice.objects.filter(provider=provider).values_list("model", flat=True).first() or ""
    reports: list[UsageReport] = []
    try:
        proof.prove(Choice(provider, model, api_key), tenant.language, reports.append)
    finally:
        for report in reports:
            _record(report)


# --- Voices ---


def listen(*, tenant: Tenant, voice_id: str) -> bytes | None:
    """The tenant's welcome in a voice, as 8 kHz PCM; None when the vendor does not speak it.

    In the tenant's scope, in a thread without an event loop. It is paid for once, and kept for some days.
    """
    configured = call_settings.load(tenant)
    try:
        return speak(configured.phrases["welcome"].text, replace(configured.voice, voice_id=voice_id))
    except NotSpoken:
        return None


def try_voice(*, tenant: Tenant, voice_id: str) -> tuple[int, Decimal | None]:
    """Have the tenant's welcome spoken with a voice: how many phrases would still be missing, and their cost in euros.

    The cost is None without a price. In the tenant's scope, in a thread without an event loop; takes seconds.
    Raises NotSpoken.
    """
    configured = call_settings.load(tenant)
    voice = replace(configured.voice, voice_id=voice_id)
    speak(configured.phrases["welcome"].text, voice)
    missing = phrase_store().missing(configured.all_texts(), voice)
    price = estimate(voice, ()).thousand_eur
    return len(missing), price and price * sum(map(len, missing)) / 1000


class NotSpoken(Exception):
    """The text is for people: why there is nothing to hear."""


def speak(text: str, voice: Voice) -> bytes:
    """A text of the tenant acted for as 8 kHz PCM, with a short silence for each {value}.

    In a thread without an event loop; takes seconds. What was not spoken before is paid for
    once, and kept for some days. Raises NotSpoken.
    """
    reports: list[UsageReport] = []

    async def make() -> Outcome:
        async with asyncio.timeout(LISTEN_SECONDS):
            return await make_missing([text], voice, reports.append)

    try:
        outcome = asyncio.run(make())
    except TimeoutError:
        outcome = Outcome(reason=gettext("the voice's vendor does not answer"))
    for report in reports:
        _record(report)
    pcm = phrase_store().sample(text, voice)
    if pcm is None:
        raise NotSpoken(explained(outcome.reason) or gettext("nothing of this text can be spoken ahead"))
    return pcm


def make_voice(voice: ClonedVoice, *, samples: Sequence[Sample]) -> None:
    """Have the vendor make the voice of a row that is not stored yet. Raises ProviderError."""
    from providers.elevenlabs.cloning import clone_voice  # its SDK takes a second, which every command would pay

    about = f"{voice.consent_by}, {voice.consent_at:%Y-%m-%d}: {voice.consent_statement}"
    voice.voice_id = clone_voice(voice.name, samples, description=about[:500])


@transaction.atomic
def use_voice(*, voice: ClonedVoice) -> None:
    """The tenant's bot speaks with it from the next call on; its phrases are spoken anew."""
    Tenant.objects.filter(pk=voice.tenant.pk).update(voice=voice.voice_id)
    phrases_changed(tenant=voice.tenant)


@transaction.atomic
def forget_voice(*, voice: ClonedVoice) -> None:
    """Take a voice back, with its consent: here at once, at the vendor once that is committed."""
    from providers.tasks import forget_voice as task  # as above

    voice_id, tenant = voice.voice_id, voice.tenant
    voice.delete()
    if Tenant.objects.filter(pk=tenant.pk, voice=voice_id).update(voice=""):
        phrases_changed(tenant=tenant)
    task.delay_on_commit(voice_id)
