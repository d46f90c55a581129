"""The demo companies: complete, repeatable, and kept out of production."""

import pytest
from django.apps import apps
from django.contrib.auth import authenticate
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.http import HttpRequest
from django.utils import timezone
from pytest_django import Settings

from companies.models import Company, Customer
from companies.services import find_customer
from sandbox.management.commands.seed_demo import ADMINISTRATOR, DEMO, PASSWORD, WAITING
from tenants.allowlist import AllowList
from tenants.hours import load
from tenants.models import (
    AsteriskServer,
    FaqEntry,
    Membership,
    OpeningHours,
    Phrase,
    RemedyStep,
    Tenant,
    TransferTarget,
)
from tenants.scope import EVERYONE, TenantModel, acting_for
from tickets.models import Ticket

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _embedded(settings: Settings) -> None:
    settings.DATABASE_URL = ""  # the suite may run on a real one


def rows() -> dict[str, int]:
    with acting_for(EVERYONE):
        owned = {model.__name__: model.objects.count() for model in apps.get_models() if issubclass(model, TenantModel)}
    return owned | {"User": User.objects.count(), "Membership": Membership.objects.count()}


def test_each_company_answers_on_its_own_addresses() -> None:
    call_command("seed_demo")
    allowlist = AllowList()
    allowlist.refresh()
    owners = {n: entry.tenant_slug for n in range(1, 5) if (entry := allowlist.find(f"127.0.0.{n}"))}
    assert owners == {1: "demo", 2: "demo", 3: "acme"}


def test_the_companies_and_customers_are_there() -> None:
    call_command("seed_demo")
    demo = Tenant.objects.get(slug="demo")
    with acting_for(demo):
        assert set(Company.objects.values_list("name", flat=True)) == set(DEMO.companies)
        pierre = find_customer(phone_number="06 12 34 56 78")
        assert pierre is not None
        assert (pierre.full_name, str(pierre.company)) == ("Pierre MARTIN", "CARvertical")
        assert Ticket.objects.get().phone_number == WAITING
    acme = Tenant.objects.get(slug="acme")
    assert (demo.time_zone, acme.time_zone) == ("Europe/Paris", "Europe/London")
    with acting_for(acme):
        assert set(Phrase.objects.values_list("language", flat=True)) == {"en"}


def test_every_seeded_row_passes_the_rules_of_the_admin() -> None:
    call_command("seed_demo")
    for tenant in Tenant.objects.all():
        with acting_for(tenant):
            for row in configured():
                row.full_clean()


def configured() -> list[TenantModel]:
    """What people may edit, of the tenant acted for."""
    models = (Customer, Company, AsteriskServer, FaqEntry, OpeningHours, Phrase, RemedyStep, TransferTarget)
    return [row for model in models for row in model._default_manager.all()]


def test_the_demo_is_always_open_and_has_answers() -> None:
    call_command("seed_demo")
    for tenant in Tenant.objects.all():
        with acting_for(tenant):
            schedule = load(tenant)
            assert schedule.is_open(timezone.now())
            assert len(schedule.hours) == 7
            assert FaqEntry.objects.filter(language=tenant.language).count() == 3
            assert [target.is_on_call for target in TransferTarget.objects.all()] == [False, True]


def test_the_printed_password_opens_every_account(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("seed_demo")
    printed = capsys.readouterr().out
    assert PASSWORD in printed
    for user in User.objects.all():
        assert user.is_staff
        assert user.username in printed
    assert authenticate(HttpRequest(), username=ADMINISTRATOR, password=PASSWORD) is not None


def test_seeding_twice_changes_nothing() -> None:
    call_command("seed_demo")
    before = rows()
    call_command("seed_demo")
    assert rows() == before


def test_what_people_changed_stays() -> None:
    call_command("seed_demo")
    with acting_for(Tenant.objects.get(slug="demo")):
        Customer.objects.filter(phone_number="+33612345678").update(first_name="Pierrot")
        Phrase.objects.filter(key="goodbye").update(text="Salut.")
    Membership.objects.filter(user__username="demo-agent").update(role=Membership.Role.VIEWER)
    call_command("seed_demo")
    with acting_for(Tenant.objects.get(slug="demo")):
        assert Customer.objects.get(phone_number="+33612345678").first_name == "Pierrot"
        assert Phrase.objects.get(key="goodbye").text == "Salut."
    assert Membership.objects.get(user__username="demo-agent").role == Membership.Role.VIEWER


def test_a_production_database_is_left_alone(settings: Settings) -> None:
    settings.DATABASE_URL = "postgres://db/voicebot"
    with pytest.raises(CommandError, match="looks like production"):
        call_command("seed_demo")
    assert not User.objects.exists()
    call_command("seed_demo", force=True)
    assert User.objects.exists()
