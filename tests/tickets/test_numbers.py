"""A ticket's number has the form that a customer's has, whoever wrote it, and whenever."""

from __future__ import annotations

from importlib import import_module
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from pytest_django import Settings

from tenants.scope import EVERYONE, acting_for
from tests.cast import Cast
from tickets import services
from tickets.models import Ticket

migration = import_module("tickets.migrations.0004_international_numbers")


def test_a_number_is_stored_in_one_form_by_every_verb(alpha: Cast) -> None:
    ticket = services.create(phone_number="06 37 17 03 07")
    assert ticket.phone_number == "+33637170307"
    services.update(ticket=ticket, actor=None, phone_number="06.37.17.03.08")
    assert Ticket.objects.get(pk=ticket.pk).phone_number == "+33637170308"


def test_numbers_that_are_stored_already_are_written_anew(
    alpha: Cast, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    settings.MIGRATION_MODULES = {}  # other tests take the models' word
    monkeypatch.setattr(migration, "BATCH", 2)
    before: dict[str, str] = {
        "06 37 17 03 07": "+33637170307",
        "0692123456": "+262692123456",
        "+330637170308": "+33637170308",
        "+33637170309": "+33637170309",
        "204": "204",
        "": "",
        "anonymous": "anonymous",
    }
    rows = [Ticket.objects.create(phone_number=number) for number in before]
    times = {row.pk: row.updated_at for row in rows}
    apps: Any = MigrationLoader(connection).project_state([("tickets", "0004_international_numbers")]).apps
    with acting_for(EVERYONE):
        migration.normalise(apps, SimpleNamespace(connection=connection))
    for row in rows:
        written, was_at = row.phone_number, times[row.pk]
        row.refresh_from_db()
        assert row.phone_number == before[written]
        assert (row.updated_at > was_at) is (row.phone_number != written)
