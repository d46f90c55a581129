"""Every night the files of the phrase store are checked against what the tenants say."""

from __future__ import annotations

import os
import time
import zlib
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from calls import settings as call_settings
from providers import phrases
from providers.phrases import phrase_store
from providers.protocols import Voice
from providers.services import tend_phrases
from providers.tasks import refresh_phrases_of_everyone
from providers.upkeep import ORPHANS_KEPT, Needed, Report, tend
from sandbox.voice import render
from tenants.models import Pronunciation
from tenants.scope import acting_for
from tests.cast import Cast
from tests.providers.conftest import Vendors

FRENCH = Voice("fr")
TEXT = "Au revoir et à bientôt."
PCM = render(TEXT, "fr")

Files = Callable[[], list[Path]]


@pytest.fixture
def needed() -> Needed:
    needed = Needed()
    needed.add([TEXT, "Bonjour {first_name}."], FRENCH)
    return needed


def write(path: Path, pcm: bytes) -> None:
    path.write_bytes(pcm + zlib.crc32(pcm).to_bytes(4, "little"))


def age(path: Path, seconds: float) -> None:
    os.utime(path, (time.time() - seconds, time.time() - seconds))


def test_a_good_file_stays(needed: Needed, files: Files) -> None:
    phrase_store().keep(TEXT, FRENCH, PCM)
    assert tend(needed) == Report(good=1)
    assert len(files()) == 1


def test_without_any_file_there_is_nothing_to_do(needed: Needed) -> None:
    assert tend(needed) == Report()


@pytest.mark.parametrize(
    "pcm",
    [
        b"",
        bytes(len(PCM)),  # silence
        b"\xff\x7f\x00\x80" * (len(PCM) // 4),  # clipped from end to end
        PCM[:2000],  # too short
        PCM * 40,  # too long
        PCM[:-1],  # half a sample
    ],
    ids=["empty", "silent", "clipped", "short", "long", "odd"],
)
def test_a_file_that_cannot_be_the_phrase_is_removed(needed: Needed, files: Files, pcm: bytes) -> None:
    phrase_store().keep(TEXT, FRENCH, PCM)
    write(files()[0], pcm)
    assert tend(needed) == Report(bad=1)
    assert files() == []
    assert phrase_store().missing([TEXT], FRENCH) == [TEXT]


def test_a_file_that_was_cut_short_is_removed(needed: Needed, files: Files) -> None:
    phrase_store().keep(TEXT, FRENCH, PCM)
    files()[0].write_bytes(files()[0].read_bytes()[:-10])
    assert tend(needed) == Report(bad=1)


def test_what_nobody_says_any_more_is_removed_after_a_while(needed: Needed, files: Files) -> None:
    phrase_store().keep("Une phrase d'hier.", FRENCH, PCM)
    assert tend(needed) == Report(young_orphans=1)
    age(files()[0], ORPHANS_KEPT.total_seconds() + 60)
    assert tend(needed) == Report(orphans=1)
    assert files() == []


def test_a_needed_file_may_be_as_old_as_it_likes(needed: Needed, files: Files) -> None:
    phrase_store().keep(TEXT, FRENCH, PCM)
    age(files()[0], 10 * ORPHANS_KEPT.total_seconds())
    assert tend(needed) == Report(good=1)


def test_a_loud_voice_is_not_clipped() -> None:
    samples = bytearray(PCM)
    samples[: len(PCM) // 100 & ~1] = b"\xff\x7f" * ((len(PCM) // 100) // 2)
    phrases.check(TEXT, FRENCH, bytes(samples))


@pytest.mark.django_db
def test_every_night_bad_files_are_made_anew_and_orphans_go(vendors_beside: Vendors, cast: Cast, files: Files) -> None:
    refresh_phrases_of_everyone()
    count = len(files())
    before = len(httpx.get(f"{vendors_beside.url}/sandbox/ledger").json())
    assert count == before
    with acting_for(cast.alpha.tenant):
        configured = call_settings.load(cast.alpha.tenant)
        Pronunciation.objects.update(written="Alpha", spoken="Alfa")
    path = phrases.address("Bienvenue chez Alpha.", configured.voice)
    file = next(file for file in files() if file.stem == path)
    age(file, 8 * 86400)  # of a hint that has changed: an orphan
    damaged = next(file for file in files() if file.stem != path)
    damaged.write_bytes(b"damaged")
    refresh_phrases_of_everyone()
    assert not file.exists()
    assert damaged.read_bytes() != b"damaged"
    report = tend_phrases()
    assert (report.bad, report.orphans) == (0, 0)
    assert report.good + report.young_orphans == len(files())
    spoken = [entry["text"] for entry in httpx.get(f"{vendors_beside.url}/sandbox/ledger").json()[before:]]
    assert "Bienvenue chez Alfa." in spoken


@pytest.mark.django_db
def test_phrases_of_a_company_that_is_switched_off_are_kept(vendors_beside: Vendors, cast: Cast, files: Files) -> None:
    refresh_phrases_of_everyone()
    cast.bravo.tenant.is_active = False
    cast.bravo.tenant.save()
    for file in files():
        age(file, 8 * 86400)
    assert tend_phrases() == Report(good=len(files()))
