"""Customers and companies that are there twice: who they may be, and making one of two."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Count, Q
from django.db.models.functions import Lower
from django.utils.translation import gettext

from companies.models import Company, Customer
from tenants.scope import TenantModel
from tenants.webhooks.outbox import one_event_each, referring

Row = TypeVar("Row", Company, Customer)

MOST_GROUPS: Final = 50
MOST_NAMES: Final = 50_000  # company names that are compared
#: What a row takes over from the one that becomes part of it, where it has nothing itself.
GAPS: Final[dict[type[TenantModel], tuple[str, ...]]] = {
    Customer: ("first_name", "last_name", "email", "company", "external_id"),
    Company: ("external_id",),
}
#: Words that say what kind of company it is, not which.
_FORMS: Final = frozenset(
    [
        *("sarl", "sas", "sasu", "sa", "eurl", "sci", "scop", "snc", "ei"),
        *("ltd", "limited", "llc", "inc", "plc", "gmbh", "ag", "co"),
    ]
)


@dataclass(frozen=True, slots=True)
class Group:
    """Rows that may be one: `why` is "email" or "name"."""

    why: str
    rows: list[Any]


@dataclass(frozen=True, slots=True)
class Moving:
    """How many rows of a kind go from one to the other."""

    name: str
    count: int


def groups_of_customers() -> list[Group]:
    """The likeliest duplicates, at most MOST_GROUPS; at most four queries."""
    found = []
    keys: dict[str, tuple[str, ...]] = {"email": ("email",), "name": ("first_name", "last_name")}
    for why, columns in keys.items():
        lowered = {f"low_{column}": Lower(column) for column in columns}
        named = Customer.objects.exclude(**{f"{columns[-1]}": ""}).exclude(**{columns[0]: ""})
        twice = named.annotate(**lowered).order_by().values(*lowered).annotate(count=Count("pk")).filter(count__gt=1)
        values = [tuple(row[name] for name in lowered) for row in twice.order_by(*lowered)[:MOST_GROUPS]]
        if not values:
            continue
        wanted = Q(pk__in=[])
        for value in values:
            wanted |= Q(**dict(zip(lowered, value, strict=True)))
        by_value = defaultdict(list)
        rows = Customer.objects.annotate(**lowered).select_related("company").filter(wanted).order_by("created_at")
        for row in rows:
            by_value[tuple(getattr(row, name) for name in lowered)].append(row)
        found += [Group(why, by_value[value]) for value in values]
    return _without_repeats(found)


def groups_of_companies() -> list[Group]:
    """As `groups_of_customers`, with two queries."""
    by_name = defaultdict(list)
    for key, name in Company.objects.order_by("created_at").values_list("pk", "name")[:MOST_NAMES]:
        by_name[essence(name)].append(key)
    alike = [keys for essential, keys in sorted(by_name.items()) if essential and len(keys) > 1][:MOST_GROUPS]
    rows = Company.objects.in_bulk([key for keys in alike for key in keys])
    return [Group("name", [rows[key] for key in keys]) for keys in alike]


def essence(name: str) -> str:
    """A company's name without what people write differently: «L'ONAsoft S.A.R.L.» is «lonasoft»."""
    plain = unicodedata.normalize("NFKD", name.casefold()).encode("ascii", "ignore").decode()
    words = re.sub(r"[.'’]", "", plain)
    kept = [word for word in re.findall(r"[a-z0-9]+", words) if word not in _FORMS]
    return "".join(kept)


def _without_repeats(found: Iterable[Group]) -> list[Group]:
    seen: set[frozenset[int]] = set()
    kept = []
    for group in found:
        keys = frozenset(row.pk for row in group.rows)
        if keys not in seen:
            seen.add(keys)
            kept.append(group)
    return kept[:MOST_GROUPS]


def moving(row: Company | Customer) -> list[Moving]:
    """What would go along, by kind: tickets, calls, customers."""
    counts = (
        Moving(str(related._meta.verbose_name_plural), related._default_manager.filter(**{field: row}).count())
        for related, field in _references(type(row))
    )
    return [moved for moved in counts if moved.count]


@transaction.atomic
def merge(*, row: Row, into: Row) -> Row:
    """Make one of two: all that refers to `row` refers to `into`, which fills its gaps; `row` is deleted.

    Raises ValidationError for a row and itself, or one that is gone.
    """
    model = type(into)
    both = {found.pk: found for found in model._default_manager.select_for_update().filter(pk__in=[row.pk, into.pk])}
    if len(both) < 2:
        raise ValidationError(gettext("Choose two different ones that are still there."))
    row, into = both[row.pk], both[into.pk]
    with ExitStack() as told:
        told.enter_context(one_event_each())
        for each, _field in referring(row):
            told.enter_context(each.changing())
        for related, field in _references(model):
            related._default_manager.filter(**{field: row}).update(**{field: into})
    gaps = {name: getattr(row, name) for name in GAPS[model] if getattr(row, name) and not getattr(into, name)}
    key = row.pk
    row.delete()  # first: an identifier elsewhere is one row's only
    for name, value in gaps.items():
        setattr(into, name, value)
    if isinstance(row, Customer):
        into.merged = {**into.merged, **row.merged, str(key): row.phone_number}
    into.save()
    return into


def _references(model: type[models.Model]) -> list[tuple[type[TenantModel], str]]:
    """Every column of the product that refers to rows of `model`, whichever room it is in."""
    return [
        (relation.related_model, relation.field.name)  # type: ignore[misc]
        for relation in model._meta.related_objects
    ]
