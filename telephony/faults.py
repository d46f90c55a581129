"""Faults of AudioSocket by version of Asterisk; docs/asterisk.md has where each was seen."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Version = tuple[int, int]

#: The first releases of each branch that have what was merged on a day; later branches have it from the start.
MARCH_2025: Final = {20: 14, 21: 9, 22: 4}
SAMPLING_RATES: Final = {20: 17, 21: 12, 22: 7, 23: 1}
OLDEST: Final = 18


@dataclass(frozen=True, slots=True)
class Fault:
    """`concerns_us`: the voicebot does not work around it."""

    text: str | Promise
    concerns_us: bool


TOO_OLD = Fault(_("This Asterisk is too old: AudioSocket needs version 18 or newer. Update it."), True)
OLD_AUDIOSOCKET = Fault(
    _(
        "Key presses of callers do not reach the bot, and AudioSocket may use a whole processor core. "
        "Update to 20.14, 22.4, 23 or newer."
    ),
    True,
)
REFUSED = Fault(
    _(
        "A refused AudioSocket connection damages Asterisk, and several at once freeze it (every version so far). "
        "The dialplan asks before each call, so that this never happens: do not dial AudioSocket in any other way."
    ),
    False,
)
SAMPLING = Fault(_("Sound above 8 kHz is announced wrongly. The dialplan uses 8 kHz, which is right."), False)
SILENT = Fault(
    _("Some calls stay silent when the other side waits for sound first. The voicebot sends from the first moment."),
    False,
)
ARI = Fault(_("ARI may stop answering after a quick hang-up. The voicebot does not use ARI."), False)


def parse(text: str) -> Version | None:
    """Branch and release in what `core show version` or `asterisk -V` says; None: there is none."""
    found = re.search(r"(?:^|Asterisk |certified[/-])(\d{1,2})\.(\d{1,3})\b", text)
    return (int(found[1]), int(found[2])) if found else None


def faults(version: Version) -> list[Fault]:
    """What is known of a version, the most serious first."""
    branch, _release = version
    if branch < OLDEST:
        return [TOO_OLD]
    found = [] if _has(version, MARCH_2025) else [OLD_AUDIOSOCKET]
    found.append(REFUSED)
    if not _has(version, SAMPLING_RATES):
        found.append(SAMPLING)
    if version == (23, 3):
        found.append(SILENT)
    if version in {(20, 18), (20, 19)}:
        found.append(ARI)
    return found


def _has(version: Version, first: dict[int, int]) -> bool:
    branch, release = version
    return branch > max(first) or release >= first.get(branch, 1000)
