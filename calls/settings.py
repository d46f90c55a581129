"""Everything a person configured that a call needs, read once when the call begins."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from calls.understanding import ProblemIndex
from companies.models import Company
from providers.protocols import Voice
from tenants import presets
from tenants.models import Keyword, Phrase, ProblemType, Tenant, TransferTarget


@dataclass(frozen=True, slots=True)
class Spoken:
    """A phrase as the bot says it; `text` may hold {values}."""

    key: str
    text: str
    interruptible: bool = True


@dataclass(frozen=True, slots=True)
class Problem:
    id: int
    code: str
    name: str
    tag: str
    severity: str
    steps: tuple[Spoken, ...]


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
    transfer_extension: str  # "" when there is nobody to hand over to

    # Turn-taking, in seconds. Here and not constants, so that a test need not wait.
    silence_seconds: float = 15.0
    warning_seconds: float = 60.0  # before the longest duration is reached
    filler_seconds: float = 0.7

    def all_texts(self) -> list[str]:
        """Every text that this tenant's bot may speak, steps of remedies included."""
        steps = [step.text for problem in self.problems.values() for step in problem.steps]
        return [phrase.text for phrase in self.phrases.values()] + steps


def load(tenant: Tenant) -> CallSettings:
    """Read a tenant's configuration; inside its scope, in a database thread."""
    phrases = {
        key: Spoken(key, phrase.text, phrase.interruptible) for key, phrase in presets.phrases(tenant.language).items()
    }
    for key, text in Phrase.objects.filter(language=tenant.language).values_list("key", "text"):
        if key in phrases and text.strip():
            phrases[key] = Spoken(key, text, phrases[key].interruptible)
    # The company's own name never changes within a call: with it in place the greeting is
    # one piece of sound, spoken once and for all.
    name = tenant.name.translate({ord("{"): None, ord("}"): None})
    phrases = {
        key: Spoken(key, phrase.text.replace("{tenant}", name), phrase.interruptible) for key, phrase in phrases.items()
    }

    problems = {
        row.code: Problem(
            id=row.pk,
            code=row.code,
            name=row.name,
            tag=row.tag,
            severity=row.severity,
            steps=tuple(
                Spoken(f"{row.code}_step_{number}", step.text, step.can_be_interrupted)
                for number, step in enumerate(row.steps.all(), 1)
            ),
        )
        for row in ProblemType.objects.prefetch_related("steps")
    }
    keywords = list(Keyword.objects.select_related("problem_type"))

    def words(kind: Keyword.Kind) -> list[Keyword]:
        return [keyword for keyword in keywords if keyword.kind == kind]

    by_problem: dict[str, list[str]] = {code: [] for code in problems}
    for keyword in words(Keyword.Kind.PROBLEM):
        if keyword.problem_type is not None:
            by_problem[keyword.problem_type.code].append(keyword.text)
    companies = tuple(Company.objects.values_list("name", flat=True))
    target = TransferTarget.objects.filter(is_active=True).first()
    return CallSettings(
        tenant_id=tenant.pk,
        language=tenant.language,
        voice=Voice(language=tenant.language, voice_id=tenant.voice),
        record=tenant.record_calls,
        max_seconds=float(tenant.max_call_seconds),
        phrases=phrases,
        problems=problems,
        problem_index=ProblemIndex(by_problem, tenant.language),
        keyterms={keyword.text: keyword.boost for keyword in keywords if keyword.boost},
        anger_words=tuple(keyword.text for keyword in words(Keyword.Kind.ANGER)),
        censored={keyword.text: keyword.replacement for keyword in words(Keyword.Kind.CENSORED)},
        companies=companies,
        transfer_extension=target.extension if target else "",
    )
