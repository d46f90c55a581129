"""Hints are for the voice; what people read stays as it was written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse

from calls import settings as call_settings
from providers.generation import make_missing
from providers.phrases import PhraseStore
from providers.pronunciation import pronounced
from providers.protocols import Voice
from sandbox.voice import transcript
from tenants.models import Pronunciation
from tenants.scope import acting_for
from tests.admin.pages import form_of
from tests.cast import Cast
from tests.providers.conftest import Vendors

HINTS = (("Wipple", "Ouipple"), ("Wipple Net", "Ouipple Nette"), ("L'ONAsoft", "Lona softe"), ("C++", "cé plus plus"))
FRENCH = Voice("fr", pronunciations=HINTS)


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("Bienvenue chez Wipple.", "Bienvenue chez Ouipple."),
        ("WIPPLE, wipple !", "Ouipple, Ouipple !"),
        ("d'Wipple et l'wipple", "d'Ouipple et l'Ouipple"),
        ("Wipple Net vous écoute", "Ouipple Nette vous écoute"),  # the longest
        ("Wipples, Wippletel et é_Wipple", "Wipples, Wippletel et é_Wipple"),  # whole words
        ("chez l'onasoft", "chez Lona softe"),
        ("du C++ ici", "du cé plus plus ici"),
        ("rien à dire", "rien à dire"),
        ("", ""),
    ],
)
def test_words_are_handed_to_the_voice_as_they_sound(written: str, spoken: str) -> None:
    assert pronounced(written, HINTS) == spoken


def test_what_is_spoken_is_not_looked_at_again() -> None:
    assert pronounced("a b", (("a", "b"), ("b", "a"))) == "b a"
    assert pronounced("Wipple", ()) == "Wipple"
    assert pronounced("İ", (("i", "x"),)) in {"İ", "x"}


async def test_the_vendor_speaks_the_hint_and_the_address_knows_it(vendors: Vendors) -> None:
    store, plain = PhraseStore(), replace(FRENCH, pronunciations=())
    text = "Bienvenue chez Wipple."
    pcm = b"".join([piece async for piece in store.stream(text, FRENCH, lambda report: None)])
    (billed,) = await vendors.ledger("elevenlabs")
    assert billed["text"] == "Bienvenue chez Ouipple."
    assert transcript(pcm) == "Bienvenue chez Ouipple."
    assert store.cached(text, FRENCH) == pcm
    assert store.cached(text, plain) is None
    # Another word's hint changes nothing of this phrase, nor does one that says the same.
    assert store.cached(text, replace(FRENCH, pronunciations=HINTS[:1])) == pcm
    assert store.cached("Bienvenue chez Ouipple.", plain) == pcm


async def test_phrases_are_spoken_ahead_with_their_hints(vendors: Vendors, files: Callable[[], list[Path]]) -> None:
    texts = ["Bienvenue chez Wipple.", "Au revoir."]
    assert len((await make_missing(texts, FRENCH, lambda report: None)).made) == 2
    billed = await vendors.ledger("elevenlabs", count=2)
    assert {entry["text"] for entry in billed} == {"Bienvenue chez Ouipple.", "Au revoir."}
    changed = replace(FRENCH, pronunciations=(("Wipple", "Houipole"),))
    assert (await make_missing(texts, changed, lambda report: None)).made == ["Bienvenue chez Wipple."]
    assert len(files()) == 3


def test_a_call_has_its_tenant_s_hints_and_shows_the_text_as_written(alpha: Cast) -> None:
    configured = call_settings.load(alpha.alpha.tenant)
    assert configured.voice.pronunciations == (("Alphanet", "Alpha nette"),)
    assert "Alpha nette" not in " ".join(configured.all_texts())


@pytest.mark.parametrize(("written", "spoken"), [("…", "x"), ("x", "!"), ("{company}", "x"), ("x", "{x}"), ("", "x")])
def test_a_hint_that_nobody_could_say_is_refused(cast: Cast, login: object, written: str, spoken: str) -> None:
    client: Client = login(cast.owner)  # type: ignore[operator]
    address = reverse("admin:tenants_pronunciation_add")
    data = form_of(client, address, "pronunciation_form") | {"written": [written], "spoken": [spoken]}
    assert client.post(address, data).status_code == 200
    with acting_for(cast.alpha.tenant):
        assert Pronunciation.objects.count() == 1
