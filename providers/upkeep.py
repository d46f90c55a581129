"""The phrase store's files, checked every night.

A file that cannot be what its text sounds like is removed, and so made again; one that
no tenant's phrases need any more is removed when it has lain for a while, for a phrase
that is changed back and forth, or is said in calls only, should not be paid for each time.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from django.core.files.storage import default_storage
from django.utils import timezone

from providers import phrases
from providers.protocols import Voice

logger = logging.getLogger(__name__)

ORPHANS_KEPT: Final = timedelta(days=7)


@dataclass(slots=True)
class Report:
    """How many files were found good, bad (removed), orphaned (removed), and orphaned of late (kept)."""

    good: int = 0
    bad: int = 0
    orphans: int = 0
    young_orphans: int = 0


class Needed:
    """What the tenants' phrases need, by address."""

    def __init__(self) -> None:
        self._texts: dict[str, tuple[str, Voice]] = {}

    def add(self, texts: Iterable[str], voice: Voice) -> None:
        """The texts may hold {values}: it is about their fixed parts."""
        for text in phrases.PhraseStore.fixed(texts):
            self._texts[phrases.address(text, voice)] = text, voice

    def get(self, address: str) -> tuple[str, Voice] | None:
        return self._texts.get(address)


def tend(needed: Needed) -> Report:
    """Check every file; blocks on the disk. Raises OSError when the storage cannot be listed."""
    report = Report()
    for path, address in list(_files()):
        try:
            _tend_file(path, address, needed, report)
        except OSError as error:  # removed meanwhile, or not readable: the next night
            logger.warning("the phrase %s cannot be checked: %s", address, error)
    logger.info("phrase store: %s", report)
    return report


def _tend_file(path: str, address: str, needed: Needed, report: Report) -> None:
    wanted = needed.get(address)
    if wanted is None:
        if default_storage.get_modified_time(path) > timezone.now() - ORPHANS_KEPT:
            report.young_orphans += 1
            return
        report.orphans += 1
    elif reason := _fault(address, *wanted):
        logger.warning("the phrase %s is made again: %s", address, reason)
        report.bad += 1
    else:
        report.good += 1
        return
    default_storage.delete(path)


def _fault(address: str, text: str, voice: Voice) -> str:
    """Why the file is no good; "" when it is."""
    pcm = phrases.read(address)
    if pcm is None:
        return "damaged"
    try:
        phrases.check(text, voice, pcm)
    except phrases.Implausible as error:
        return str(error)
    return ""


def _files() -> Iterator[tuple[str, str]]:
    """(path, address) of each."""
    try:
        folders = default_storage.listdir("phrases")[0]
    except FileNotFoundError:  # nothing was spoken yet
        return
    for folder in folders:
        for name in default_storage.listdir(f"phrases/{folder}")[1]:
            yield f"phrases/{folder}/{name}", name.partition(".")[0]
