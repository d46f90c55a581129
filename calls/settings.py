"""Everything a person configured that a call needs, read once when the call begins."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace

from calls.models import Call
from calls.understanding import FaqIndex, ProblemIndex
from calls.understanding.readiness import get_ready_for
from companies.models import Company
from providers import registry
from providers.protocols import Choice, Voice
from tenants import hours, presets
from tenants.hours import Schedule
from tenants.models import FaqEntry, Keyword, Phrase, ProblemType, Tenant, TransferTarget
from tenants.vendors import choices
from tenants.voices import named, voice_of


@dataclass(frozen=True, slots=True)
class Spoken:
    """A phrase as the bot says it; `text` may hold {values}."""

    key: str
    text: str
    interruptible: bool = True


@dataclass(frozen=True, slots=True)
class Step:
    """Something the caller is asked to do, and how long it may take."""

    phrase: Spoken
    wait_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What the company answers to a question."""

    id: int
    text: str


@dataclass(frozen=True, slots=True)
class Target:
    """Somebody a call may be handed over to, by the dialplan's extension."""

    extension: str
    schedule: Schedule
    is_on_call: bool = False
    takes_overflow: bool = False
    max_transfers: int = 0  # within `per_minutes`; 0: no limit
    per_minutes: int = 60


@dataclass(frozen=True, slots=True)
class Problem:
    id: int
    code: str
    name: str
    tag: str
    severity: str
    steps: tuple[Step, ...]
    cuts_fixed_line: bool = False  # its remedy would end a call from a fixed line


@dataclass(frozen=True, slots=True)
class CallSettings:
    """A tenant's configuration, frozen for one call."""

    tenant_id: int
    language: str
    voice: Voice
    record: bool
    max_seconds: float
    phrases: Mapping[str, Spoken]
    problems: Mapping[str, Problem]
    problem_index: ProblemIndex
    keyterms: Mapping[str, int]  # word -> boost 0..4
    anger_words: tuple[str, ...]
    censored: Mapping[str, str]  # word -> what agents read instead
    companies: tuple[str, ...]
    targets: tuple[Target, ...]  # in the order in which they are tried
    schedule: Schedule
    after_hours: str  # one of Tenant.AfterHours
    asks: frozenset[str]  # of "first_name", "last_name", "company", "email"
    announces_recording: bool
    answers: tuple[Answer, ...]
    faq: FaqIndex[Answer]
    likely_companies: tuple[str, ...] = ()  # the same, those that called last first
    words_answers: bool = False  # the language model may word an answer itself
    # Vendors in order of preference (those of speech are the voice's); none: the platform's.
    speech_to_text: tuple[Choice, ...] = ()
    language_model: tuple[Choice, ...] = ()

    # Turn-taking, in seconds. Here and not constants, so that a test need not wait.
    silence_seconds: float = 15.0
    warning_seconds: float = 60.0  # before the longest duration is reached
    filler_seconds: float = 0.7

    def script_texts(self) -> list[str]:
        """What the script itself says: phrases and steps of remedies."""
        steps = [step.phrase.text for problem in self.problems.values() for step in problem.steps]
        return [phrase.text for phrase in self.phrases.values()] + steps

    def all_texts(self) -> list[str]:
        """Every text that this tenant's bot may speak: the script's, and answers."""
        return self.script_texts() + [answer.text for answer in self.answers]


_known: dict[int, tuple[object, CallSettings]] = {}
MOST_KNOWN = 500  # tenants
# Of the tenant's own row: what changes by itself, and no call asks for.
NOT_ASKED_FOR = frozenset({"roi_at", "heard_voice", "phrases_reviewed_at", "first_steps_closed_at"})

_ranked: dict[int, tuple[float, tuple[str, ...], tuple[str, ...]]] = {}
ALL_EXPECTED = 50  # companies: of so few recognition takes all, or nearly so
LATEST_CALLS = 300
RANKED_SECONDS = 60.0


def load(tenant: Tenant) -> CallSettings:
    """The configuration of a tenant as just read; inside its scope, in a database thread.

    Its rows are read again, and their indexes made, when `Tenant.configuration` or what
    matters of the tenant's own row has changed: that was two thirds of what it cost to begin a call.
    """
    names = (field.attname for field in tenant._meta.concrete_fields)
    row = [getattr(tenant, name) for name in names if name not in NOT_ASKED_FOR]
    state = row, [registry.defaults(kind) for kind in registry.KINDS]
    known = _known.get(tenant.pk)
    if known is None or known[0] != state:
        if len(_known) >= MOST_KNOWN:
            _known.pop(next(iter(_known)), None)
        known = _known[tenant.pk] = state, _read(tenant)
    # Callers add to these, so they are no configuration.
    companies = tuple(Company.objects.values_list("name", flat=True))
    settings = replace(known[1], companies=companies, likely_companies=_latest_first(tenant.pk, companies))
    get_ready_for(settings.companies, settings.anger_words, settings.censored, settings.language)
    return settings


def forget() -> None:
    """Where tables are emptied behind its back, as between tests."""
    _known.clear()
    _ranked.clear()


def _latest_first(tenant_id: int, companies: tuple[str, ...]) -> tuple[str, ...]:
    """An order of its own: by that of `companies` their index is found, which takes long to make.

    Asked for once a minute at most, as that takes three times what the names do.
    """
    if len(companies) <= ALL_EXPECTED:
        return companies
    now = time.monotonic()
    ranked = _ranked.get(tenant_id)
    if ranked is None or ranked[0] < now or ranked[1] != companies:
        if len(_ranked) >= MOST_KNOWN:
            _ranked.pop(next(iter(_ranked)), None)
        latest = Call.objects.order_by("-started_at").values_list("customer__company__name", flat=True)[:LATEST_CALLS]
        called = (name for name in latest if name)
        ranked = _ranked[tenant_id] = now + RANKED_SECONDS, companies, tuple(dict.fromkeys([*called, *companies]))
    return ranked[2]


def load_drafts(tenant: Tenant) -> CallSettings:
    """As `load`, as if the phrases that wait were published."""
    return _read(tenant, with_drafts=True)


def _read(tenant: Tenant, *, with_drafts: bool = False) -> CallSettings:
    problems = _problems()
    keywords = list(Keyword.objects.select_related("problem_type"))

    def words(kind: Keyword.Kind) -> list[Keyword]:
        return [keyword for keyword in keywords if keyword.kind == kind]

    by_problem: dict[str, list[str]] = {code: [] for code in problems}
    for keyword in words(Keyword.Kind.PROBLEM):
        if keyword.problem_type is not None:
            by_problem[keyword.problem_type.code].append(keyword.text)
    entries = [
        ([row.question, *row.other_wordings.splitlines()], Answer(row.pk, row.answer))
        for row in FaqEntry.objects.filter(is_active=True, language=tenant.language)
    ]
    vendors = choices()
    for kind, chosen in vendors.items():
        registry.prepare(kind, chosen)
    return CallSettings(
        tenant_id=tenant.pk,
        language=tenant.language,
        voice=voice_of(tenant, tenant.language, vendors),
        record=tenant.record_calls,
        max_seconds=float(tenant.max_call_seconds),
        phrases=_phrases(tenant, with_drafts=with_drafts),
        problems=problems,
        problem_index=ProblemIndex(by_problem, tenant.language),
        keyterms={keyword.text: keyword.boost for keyword in keywords if keyword.boost},
        anger_words=tuple(keyword.text for keyword in words(Keyword.Kind.ANGER)),
        censored={keyword.text: keyword.replacement for keyword in words(Keyword.Kind.CENSORED)},
        companies=(),
        targets=tuple(target_of(row) for row in TransferTarget.objects.filter(is_active=True)),
        schedule=hours.load(tenant),
        after_hours=tenant.after_hours,
        asks=frozenset(
            item for item in ("first_name", "last_name", "company", "email") if getattr(tenant, f"asks_{item}")
        ),
        announces_recording=tenant.record_calls and tenant.announces_recording,
        answers=tuple(answer for _, answer in entries),
        faq=FaqIndex(entries, tenant.language),
        words_answers=tenant.words_answers,
        speech_to_text=vendors["stt"],
        language_model=vendors["llm"],
    )


def _phrases(tenant: Tenant, *, with_drafts: bool) -> dict[str, Spoken]:
    preset = presets.phrases(tenant.language)
    texts = {key: phrase.text for key, phrase in preset.items()}
    for key, live, draft in Phrase.objects.filter(language=tenant.language).values_list("key", "text", "draft"):
        text = (with_drafts and draft) or live
        if key in texts and text.strip():
            texts[key] = text
    return {key: Spoken(key, named(text, tenant), preset[key].interruptible) for key, text in texts.items()}


def _problems() -> dict[str, Problem]:
    return {
        row.code: Problem(
            id=row.pk,
            code=row.code,
            name=row.name,
            tag=row.tag,
            severity=row.severity,
            steps=tuple(
                Step(Spoken(f"{row.code}_step_{number}", step.text, step.can_be_interrupted), step.wait_seconds)
                for number, step in enumerate(row.steps.all(), 1)
            ),
            cuts_fixed_line=row.cuts_fixed_line,
        )
        for row in ProblemType.objects.prefetch_related("steps")
    }


def target_of(row: TransferTarget) -> Target:
    return Target(
        row.extension,
        hours.load_target(row),
        is_on_call=row.is_on_call,
        takes_overflow=row.takes_overflow,
        max_transfers=row.max_transfers,
        per_minutes=row.per_minutes,
    )
