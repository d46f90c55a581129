"""What the pages of phrases show: each line of the script, and how far its sound is."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum
from itertools import groupby
from typing import Any

from django.urls import reverse

from providers.estimates import Estimate, estimate
from providers.phrases import phrase_store
from tenants import presets
from tenants.models import Phrase, PhraseRun, Tenant
from tenants.presets import PresetPhrase
from tenants.voices import named, voice_of

ALIKE = 0.3  # of the words


class State(StrEnum):
    """How far the sound of a phrase is; each has a label in `line_state.html`."""

    READY = "ready"
    MAKING = "making"
    FAILED = "failed"
    MISSING = "missing"
    LIVE = "live"  # nothing of it can be spoken ahead: it is all values


@dataclass(frozen=True, slots=True)
class Line:
    """A phrase of the script as a company has it; `phrase` is its own row, or None."""

    preset: PresetPhrase
    phrase: Phrase | None
    text: str
    state: State
    reason: str
    audio_url: str

    @property
    def is_own(self) -> bool:
        return self.text != self.preset.text

    @property
    def draft(self) -> str:
        return self.phrase.draft if self.phrase else ""


def preset_of(key: str, language: str) -> PresetPhrase | None:
    return presets.phrases(language).get(key) if language in presets.LANGUAGES else None


def lines(tenant: Tenant, language: str, run: PhraseRun | None) -> list[Line]:
    """In the order of a call; in the tenant's scope. Reads the files of the phrase store."""
    own = {phrase.key: phrase for phrase in Phrase.objects.filter(language=language)}
    texts = {
        key: (own[key].text if key in own else "") or preset.text for key, preset in presets.phrases(language).items()
    }
    spoken = {key: named(text, tenant) for key, text in texts.items()}
    store = phrase_store()
    missing = set(store.missing(spoken.values(), voice_of(tenant, language)))
    found = []
    for key, preset in presets.phrases(language).items():
        parts = store.fixed([spoken[key]])
        state, reason = _state(parts, missing, run)
        audio = reverse("admin:tenants_phrase_audio", args=[language, key]) if state is State.READY else ""
        found.append(Line(preset, own.get(key), texts[key], state, reason, audio))
    return found


def _state(parts: Iterable[str], missing: set[str], run: PhraseRun | None) -> tuple[State, str]:
    wanted = list(parts)
    lacking = [part for part in wanted if part in missing]
    if not wanted:
        return State.LIVE, ""
    if not lacking:
        return State.READY, ""
    if run is None:
        return State.MISSING, ""
    if run.state == PhraseRun.State.RUNNING:
        return State.MAKING, ""
    reason = next((run.reasons[part] for part in lacking if part in run.reasons), "")
    return (State.FAILED, reason) if reason else (State.MISSING, "")


def by_scene(found: Iterable[Line]) -> list[tuple[str, list[Line]]]:
    return [(scene, list(group)) for scene, group in groupby(found, key=lambda line: line.preset.scene)]


def estimate_of(tenant: Tenant, language: str) -> Estimate:
    """What a text of this tenant's voice lasts and costs."""
    own = Phrase.objects.filter(language=language).exclude(text="").values_list("text", flat=True)
    return estimate(voice_of(tenant, language), own)


def diff(before: str, after: str) -> list[dict[str, Any]]:
    """What was taken away and what was added, by whole words: {"kind": "same"|"out"|"in", "text"}.

    Texts that have little in common are told as one that went and one that came.
    """
    old, new = (re.findall(r"\S+\s*", text) for text in (before, after))
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    if matcher.ratio() < ALIKE:
        pieces = [("replace", before, after)]
    else:
        pieces = [(tag, "".join(old[i1:i2]), "".join(new[j1:j2])) for tag, i1, i2, j1, j2 in matcher.get_opcodes()]
    parts: list[dict[str, Any]] = []
    for tag, gone, come in pieces:
        if tag == "equal":
            parts.append({"kind": "same", "text": come})
            continue
        parts += [{"kind": "out", "text": gone}] if gone else []
        parts += [{"kind": "in", "text": come}] if come else []
    return parts
