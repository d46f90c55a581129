"""Opening a company account, its people, and whom they act for."""

from typing import Any
from unittest.mock import Mock
from urllib.parse import urlsplit

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.backends.db import SessionStore
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.mail import EmailMessage
from django.core.management import CommandError, call_command
from django.db import transaction
from django.http import HttpRequest
from django.test import Client
from pytest_django import DjangoCaptureOnCommitCallbacks

from providers.tasks import refresh_phrases
from tenants import presets
from tenants.middleware import SESSION_KEY
from tenants.models import AuditEntry, Keyword, Membership, Phrase, ProblemType, RemedyStep, Tenant, TransferTarget
from tenants.scope import TenantModel, acting_for
from tenants.services import add_member, add_preset_problem, create_tenant, switch_tenant
from tests.cast import Cast


@pytest.mark.django_db
@pytest.mark.parametrize("language", presets.LANGUAGES)
def test_a_new_tenant_has_the_whole_preset_of_its_language(language: str) -> None:
    tenant = create_tenant(slug="gamma", name="Gamma", language=language)
    with acting_for(tenant):
        texts = dict(Phrase.objects.filter(language=language).values_list("key", "text"))
        assert texts == {key: phrase.text for key, phrase in presets.phrases(language).items()}
        assert list(ProblemType.objects.values_list("code", "tag")) == [
            ("internet", "FIBRE_SYNCHRO"),
            ("mobile", "MOBILE_4G"),
            ("landline", {"fr": "LIGNE_FIXE", "en": "LANDLINE"}[language]),
        ]
        internet, mobile, _landline = ProblemType.objects.all()
        assert [step.can_be_interrupted for step in internet.steps.all()] == [False, True]
        assert mobile.steps.count() == 1
        assert TransferTarget.objects.get().extension == "technician"
        assert mobile.keywords.get(text="4g").boost == 4
        assert set(Keyword.objects.values_list("kind", flat=True)) == set(Keyword.Kind.values)


@pytest.mark.django_db
def test_a_problem_of_the_preset_is_added_to_a_company_that_has_not_got_it() -> None:
    tenant = create_tenant(slug="gamma", name="Gamma", language="fr")
    preset = next(problem for problem in presets.problem_types("fr") if problem.code == "landline")
    with acting_for(tenant):
        ProblemType.objects.filter(code="landline").delete()
        Keyword.objects.create(
            text="combiné", kind=Keyword.Kind.PROBLEM, problem_type=ProblemType.objects.get(code="mobile")
        )
        added = add_preset_problem(preset=preset)
        assert [problem.code for problem in ProblemType.objects.all()] == ["internet", "mobile", "landline"]
        assert added.steps.count() == len(preset.steps)
        # A word that the company has given to something else stays there.
        assert added.keywords.count() == len(preset.keywords) - 1
        with pytest.raises(ValidationError):
            add_preset_problem(preset=preset)


@pytest.mark.django_db
@pytest.mark.parametrize("language", presets.LANGUAGES)
def test_every_row_of_the_preset_passes_the_rules_of_the_admin(language: str) -> None:
    tenant = create_tenant(slug="gamma", name="Gamma", language=language)
    with acting_for(tenant):
        for model in (Phrase, Keyword, ProblemType, RemedyStep, TransferTarget):
            rows: list[TenantModel] = list(model.objects.all())
            for row in rows:
                row.full_clean(validate_unique=False, validate_constraints=False)


@pytest.mark.django_db
def test_a_tenant_takes_its_preset_for_itself(cast: Cast) -> None:
    with acting_for(cast.alpha.tenant):
        before = Phrase.objects.count()
        create_tenant(slug="gamma", name="Gamma", language="fr")
        assert Phrase.objects.count() == before


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"slug": "alpha"}, "slug"),
        ({"slug": "not a slug"}, "slug"),
        ({"name": ""}, "name"),
        ({"language": "de"}, "language"),
    ],
)
def test_a_tenant_that_cannot_be_is_refused_by_field(cast: Cast, values: dict[str, Any], field: str) -> None:
    with pytest.raises(ValidationError) as refusal:
        create_tenant(**({"slug": "gamma", "name": "Gamma", "language": "fr"} | values))
    assert set(refusal.value.message_dict) == {field}
    assert Tenant.objects.count() == 2


def test_an_owner_becomes_a_member(cast: Cast) -> None:
    tenant = create_tenant(slug="gamma", name="Gamma", language="fr", owner=cast.outsider)
    assert Membership.objects.get(tenant=tenant).role == Membership.Role.OWNER


def test_a_second_role_takes_the_place_of_the_first(cast: Cast) -> None:
    add_member(tenant=cast.alpha.tenant, user=cast.teammate, role=Membership.Role.ADMIN)
    assert Membership.objects.get(tenant=cast.alpha.tenant, user=cast.teammate).role == Membership.Role.ADMIN


def request_of(user: User) -> HttpRequest:
    request = HttpRequest()
    request.user = user
    request.session = SessionStore()
    return request


def test_a_member_of_two_switches_between_them(cast: Cast) -> None:
    add_member(tenant=cast.bravo.tenant, user=cast.owner, role=Membership.Role.VIEWER)
    request = request_of(cast.owner)
    switch_tenant(request=request, tenant=cast.bravo.tenant)
    assert request.session[SESSION_KEY] == cast.bravo.tenant.pk
    switch_tenant(request=request, tenant=None)
    assert SESSION_KEY not in request.session
    with acting_for(cast.bravo.tenant):
        began, ceased = AuditEntry.objects.filter(person=cast.owner).order_by("pk")
    assert {began.object_id, ceased.object_id} == {str(cast.bravo.tenant.pk)}


def test_nobody_switches_to_a_tenant_that_is_not_theirs(cast: Cast) -> None:
    request = request_of(cast.outsider)
    switch_tenant(request=request, tenant=cast.bravo.tenant)
    with pytest.raises(PermissionDenied):
        switch_tenant(request=request, tenant=cast.alpha.tenant)
    assert request.session[SESSION_KEY] == cast.bravo.tenant.pk


def test_staff_switch_to_any_tenant(cast: Cast) -> None:
    request = request_of(cast.staff)
    switch_tenant(request=request, tenant=cast.alpha.tenant, reason="Ticket 4211")
    assert request.session[SESSION_KEY] == cast.alpha.tenant.pk


def test_staff_without_a_reason_switch_to_none(cast: Cast) -> None:
    request = request_of(cast.staff)
    with pytest.raises(PermissionDenied):
        switch_tenant(request=request, tenant=cast.alpha.tenant)
    assert SESSION_KEY not in request.session


@pytest.mark.django_db
def test_the_command_opens_an_account_and_invites_its_owner(
    client: Client,
    mailoutbox: list[EmailMessage],
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        call_command("create_tenant", "gamma", name="Gamma", language="en", owner_email="Zoe@example.com")
    (mail,) = mailoutbox
    assert mail.to == ["zoe@example.com"]
    link = next(line for line in str(mail.body).splitlines() if line.startswith("http"))
    invited = {"first_name": "Zoé", "last_name": "B", "password1": "un-bon-secret-9", "password2": "un-bon-secret-9"}
    assert client.post(urlsplit(link).path, invited).status_code == 302
    membership = Membership.objects.get(tenant__slug="gamma")
    assert (membership.user.email, membership.role) == ("zoe@example.com", Membership.Role.OWNER)


@pytest.mark.django_db
def test_the_command_has_the_preset_s_phrases_spoken_ahead(
    monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    spoken: list[dict[str, int]] = []
    monkeypatch.setattr(refresh_phrases, "apply_async", lambda args, kwargs, **options: spoken.append(kwargs))
    with django_capture_on_commit_callbacks(execute=True):
        call_command("create_tenant", "gamma", name="Gamma")
    assert spoken == [{"tenant_id": Tenant.objects.get(slug="gamma").pk}]


@pytest.mark.django_db
def test_the_command_says_when_the_mail_is_not_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transaction, "on_commit", lambda function, robust=False: None if robust else function())
    monkeypatch.setattr(EmailMessage, "send", Mock(side_effect=ConnectionRefusedError("refused")))
    with pytest.raises(CommandError, match="could not be sent"):
        call_command("create_tenant", "gamma", name="Gamma", owner_email="zoe@example.com")


@pytest.mark.parametrize(
    ("slug", "email", "reason"),
    [("alpha", None, "slug: "), ("gamma", "not an address", "email: ")],
)
def test_the_command_says_which_value_is_wrong(cast: Cast, slug: str, email: str | None, reason: str) -> None:
    with pytest.raises(CommandError, match=reason):
        call_command("create_tenant", slug, name="Gamma", owner_email=email)
    assert not Tenant.objects.filter(name="Gamma").exists()
