"""A row of each registered model, so that the suites need no test per model."""

from __future__ import annotations

import copy
import datetime
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.db import models

from providers.models import ExchangeRate, Price
from tenants.models import JobRun, Membership, Tenant
from tenants.scope import EVERYONE, TenantModel, acting_for
from tests.cast import Cast, House

REGISTERED: list[type[models.Model]] = sorted(admin.site._registry, key=lambda model: model._meta.label_lower)
OWNED = [model for model in REGISTERED if issubclass(model, TenantModel)]

#: Models that no tenant owns: the row that somebody of Alpha must not see.
PLATFORM: dict[type[models.Model], Callable[[Cast], models.Model]] = {
    Tenant: lambda cast: cast.bravo.tenant,
    User: lambda cast: cast.outsider,
    Membership: lambda cast: cast.outsider.memberships.get(),
    Price: lambda cast: Price.objects.create(
        provider="Bravo", model="Bravo", unit=Price.Unit.AUDIO_MINUTE, amount=1, valid_from=datetime.date(2026, 1, 1)
    ),
    JobRun: lambda cast: JobRun.objects.create(task_id="Bravo", name="tickets.count_roi", tenant=cast.bravo.tenant),
    ExchangeRate: lambda cast: ExchangeRate.objects.create(
        currency="BRV", euros=1, valid_from=datetime.date(2026, 1, 1)
    ),
}


def label(model: type[models.Model]) -> str:
    return model._meta.label_lower


def row_of(house: House, model: type[models.Model]) -> models.Model:
    for row in house.rows:
        if type(row) is model:
            return row
    pytest.fail(f"{model._meta.label} is in the admin and has no row in the cast: add one to House in tests/cast.py")


def foreign_row(cast: Cast, model: type[models.Model]) -> models.Model:
    """A row that nobody of Alpha may see."""
    if issubclass(model, TenantModel):
        return row_of(cast.bravo, model)
    if model not in PLATFORM:
        pytest.fail(f"{model._meta.label} is in the admin: add a row of it to PLATFORM in tests/admin/rows.py")
    with acting_for(EVERYONE):
        return PLATFORM[model](cast)


def is_only_one(row: models.Model) -> bool:
    """Whether there is one such row in a company, or one of each kind that there is."""
    constraints = [each for each in row._meta.constraints if isinstance(each, models.UniqueConstraint)]
    columns: list[list[Any]] = [
        [row._meta.get_field(name) for name in each.fields] for each in constraints if not each.condition
    ]
    return any(all(field.is_relation or field.choices for field in fields) for fields in columns)


def clones(row: models.Model, count: int) -> list[Any]:
    """`count` more rows like `row`, saved; whatever must be unique is."""
    unique = {
        name
        for constraint in row._meta.constraints
        if isinstance(constraint, models.UniqueConstraint)
        for name in constraint.fields
    }
    made = []
    for _number in range(count):
        name = uuid.uuid4().hex
        other = copy.copy(row)
        other._state = copy.copy(row._state)
        other._state.adding, other.pk = True, None
        for field in row._meta.concrete_fields:
            if isinstance(field, models.OneToOneField):
                setattr(other, field.attname, None)
            elif isinstance(field, models.UUIDField):
                setattr(other, field.name, uuid.uuid4())
            elif isinstance(field, models.CharField) and (field.unique or field.name in unique) and not field.choices:
                setattr(other, field.name, name[: field.max_length])
            elif isinstance(field, models.DateField) and field.name in unique:
                setattr(other, field.name, datetime.date.fromordinal(700_000 + int(name[:5], 16)))
            elif isinstance(field, models.PositiveIntegerField) and field.name in unique:
                setattr(other, field.name, int(name[:7], 16))
            elif field.name == "token":
                other.token = name  # type: ignore[attr-defined]
        other.save()
        made.append(other)
    return made
