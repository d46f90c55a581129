"""The settings of a new tenant, without a database."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

from calls.settings import CallSettings, Problem, Spoken, Step, Target
from calls.understanding import FaqIndex, ProblemIndex
from providers.protocols import Voice
from tenants import presets
from tenants.hours import Schedule

ALWAYS = Schedule("Europe/Paris", (), frozenset(), frozenset())


def preset(language: str, **changes: Any) -> CallSettings:
    """What `calls.settings.load` reads of a tenant that was just created, with `changes`."""
    return replace(_preset(language), **changes)


@cache
def _preset(language: str) -> CallSettings:
    kinds = presets.problem_types(language)
    words = presets.keywords(language)
    return CallSettings(
        tenant_id=0,
        language=language,
        voice=Voice(language),
        record=True,
        max_seconds=900.0,
        phrases={
            key: Spoken(key, phrase.text.replace("{tenant}", "Alpha"), phrase.interruptible)
            for key, phrase in presets.phrases(language).items()
        },
        problems={
            kind.code: Problem(
                id=number,
                code=kind.code,
                name=kind.name,
                tag=kind.tag,
                severity=kind.severity,
                steps=tuple(
                    Step(Spoken(f"{kind.code}_step_{index}", step.text, step.interruptible), step.wait_seconds)
                    for index, step in enumerate(kind.steps, 1)
                ),
                cuts_fixed_line=kind.cuts_fixed_line,
            )
            for number, kind in enumerate(kinds, 1)
        },
        problem_index=ProblemIndex({kind.code: list(kind.keywords) for kind in kinds}, language),
        keyterms={word.text: word.boost for word in words if word.boost}
        | {text: boost for kind in kinds for text, boost in kind.keywords.items() if boost},
        anger_words=tuple(word.text for word in words if word.kind == "anger"),
        censored={word.text: word.replacement for word in words if word.kind == "censored"},
        companies=("CARvertical", "Vetodok"),
        targets=(Target(presets.transfer(language).extension, ALWAYS),),
        schedule=ALWAYS,
        after_hours="message",
        asks=frozenset({"first_name", "last_name", "company", "email"}),
        announces_recording=False,
        answers=(),
        faq=FaqIndex([], language),
    )
