"""`manage.py understand KIND --tenant SLUG`."""

from __future__ import annotations

import io
import json

import pytest
from django.core.management import CommandError, call_command

from companies.models import Company
from tenants.scope import acting_for
from tenants.services import create_tenant

pytestmark = pytest.mark.django_db


@pytest.fixture
def tenant():
    tenant = create_tenant(slug="garage", name="Garage", language="fr")
    with acting_for(tenant):
        Company.objects.create(name="Vetodok")
    return tenant


@pytest.fixture
def understand(tenant, monkeypatch):
    def run(kind: str, *utterances: str, slug: str = "garage") -> list[object]:
        monkeypatch.setattr("sys.stdin", io.StringIO("".join(f"{text}\n" for text in utterances)))
        output = io.StringIO()
        call_command("understand", kind, tenant=slug, stdout=output)
        answers = [json.loads(line) for line in output.getvalue().splitlines()]
        assert [answer["text"] for answer in answers] == list(utterances)
        return [answer["value"] for answer in answers]

    return run


def test_it_works(understand):
    assert understand("yes_no", "Tout à fait.", "Bien sûr que non.", "Euh…") == ["yes", "no", "unclear"]


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("fixed", "Toujours pas.", "no"),
        ("spelling", "M comme Michel, A, R, T, I, N", "MARTIN"),
        ("email", "pierre point martin arobase gmail point com", "pierre.martin@gmail.com"),
        ("phone", "zéro six douze trente-quatre cinquante-six soixante-dix-huit", "+33612345678"),
        ("first_name", "Moi c'est Jean-Luc.", "Jean-Luc"),
        ("company", "Je travaille chez véto doc.", "Vetodok"),
        ("company", "Je travaille chez Renault.", None),
        ("problem", "Ma box ne marche plus.", "internet"),
        ("anger", "C'est inadmissible.", "yes"),
        ("anger", "Je ne suis pas en colère.", "no"),
        ("censor", "Ma connexion, putain !", "Ma connexion, punaise !"),
    ],
)
def test_each_kind_has_its_values(understand, kind, text, value):
    assert understand(kind, text) == [value]


def test_an_empty_line_is_an_utterance_too(understand):
    assert understand("email", "", "C'est privé.") == [None, None]


def test_a_company_of_another_tenant_is_not_found(understand):
    create_tenant(slug="autre", name="Autre", language="fr")

    assert understand("company", "Vetodok", slug="autre") == [None]


def test_the_tenants_language_decides(understand):
    create_tenant(slug="acme", name="Acme", language="en")

    assert understand("yes_no", "That's right.", slug="acme") == ["yes"]


def test_an_unknown_tenant_is_named_with_those_that_exist(understand):
    with pytest.raises(CommandError, match=r"nobody.*garage"):
        understand("yes_no", "Oui.", slug="nobody")
