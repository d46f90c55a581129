"""The verbs that write customers and companies."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from enum import StrEnum
from typing import Any, Final, Generic, TypeVar

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import IntegrityError, models, transaction
from django.utils.translation import gettext

from companies.models import Company, Customer
from companies.phone import forms, international
from voicebot_site.characters import can_be_stored, legible

Row = TypeVar("Row", Company, Customer)

FIELDS = ("first_name", "last_name", "email")


def fitting(model: type[models.Model], field: str, text: str) -> str:
    """`text`, as much of it as the field holds: callers talk, and PostgreSQL refuses what is too long."""
    return text[: model._meta.get_field(field).max_length].strip()  # type: ignore[union-attr]


@dataclass(frozen=True, slots=True)
class Remembered:
    customer: Customer | None
    company: Company | None
    differences: dict[str, tuple[str, str]]  # field -> what the record says, what the caller said


def find_customer(*, phone_number: str) -> Customer | None:
    """The customer who calls from `phone_number`, in whatever form it is written."""
    number = international(phone_number)
    found = Customer.objects.select_related("company").filter(phone_number__in=forms(number)) if number else ()
    return min(found, key=lambda customer: customer.phone_number != number, default=None)


@transaction.atomic(savepoint=False)
def remember_caller(
    *, phone_number: str, first_name: str = "", last_name: str = "", email: str = "", company: str = ""
) -> Remembered:
    """Create or complete the customer who calls from a number.

    What the record already says is never overwritten: a difference is returned, for a
    person to decide. Without a number there is nothing to know a customer by.
    """
    employer = remember_company(name=company) if company else None
    number = international(phone_number)
    if not number:
        return Remembered(None, employer, {})
    said = {"first_name": first_name, "last_name": last_name, "email": email}
    said = {field: fitting(Customer, field, text) for field, text in said.items()}
    customer, created = find_customer(phone_number=number), False
    if customer is None:
        customer, created = Customer.objects.select_related("company").get_or_create(
            phone_number=number, defaults={**{key: value for key, value in said.items() if value}, "company": employer}
        )
    differences: dict[str, tuple[str, str]] = {}
    if not created:
        learned = {"phone_number"} if customer.phone_number != number else set()
        customer.phone_number = number
        for field in FIELDS:
            known, new = getattr(customer, field), said[field]
            if new and not known:
                setattr(customer, field, new)
                learned.add(field)
            elif new and known.casefold() != new.casefold():
                differences[field] = (known, new)
        if employer is not None and customer.company is None:
            customer.company = employer
            learned.add("company")
        elif employer is not None and customer.company_id != employer.pk:
            differences["company"] = (str(customer.company), employer.name)
        if learned:
            customer.save(update_fields=learned)
    return Remembered(customer, employer or customer.company, differences)


@transaction.atomic(savepoint=False)
def remember_company(*, name: str) -> Company:
    """The company of that name, however it is capitalised; a new one if it is unknown."""
    name = fitting(Company, "name", " ".join(name.split()))
    return company_named(name) or Company.objects.get_or_create(name=name)[0]


def company_named(name: str) -> Company | None:
    """The one that is written so, else the oldest that differs in its capitals alone."""
    alike = Company.objects.filter(name__iexact=name).order_by("pk")
    return alike.filter(name=name).first() or alike.first()


# --- Rows from elsewhere ----------------------------------------------------------

Errors = dict[str, list[str]]


class State(StrEnum):
    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Outcome(Generic[Row]):
    """What became of one row: the stored one, or why there is none, by field ("" for the whole row)."""

    state: State
    stored: Row | None = None
    before: Row | None = None  # of one that was changed
    errors: Errors = dataclass_field(default_factory=dict)


#: What a row may hold. A key that is absent leaves what is stored, an empty text removes it.
COMPANY_KEYS: Final = ("external_id", "name")
CUSTOMER_KEYS: Final = (
    "external_id",
    "phone_number",
    "first_name",
    "last_name",
    "email",
    "company",  # a name; a company that is unknown is created
    "company_external_id",  # of a company that exists
)


def upsert_company(*, row: Mapping[str, Any]) -> Outcome[Company]:
    """Create or change the company that `row` (texts by COMPANY_KEYS) is about.

    It is known by `external_id`, else by its name, however capitalised. A row that is
    refused changes nothing.
    """
    return _upsert(row, COMPANY_KEYS, _company_of)


def upsert_customer(*, row: Mapping[str, Any]) -> Outcome[Customer]:
    """Create or change the customer that `row` (texts by CUSTOMER_KEYS) is about.

    The customer is known by `external_id`, else by `phone_number`, in whatever form it is
    written. Somebody who has called before is found by the number, and gets the
    `external_id`. A row that is refused changes nothing, no company either.
    """
    return _upsert(row, CUSTOMER_KEYS, _customer_of)


def _upsert(row: Mapping[str, Any], keys: Sequence[str], prepare: Callable[[dict[str, str]], Row]) -> Outcome[Row]:
    if wrong := _refused(row, keys):
        return Outcome(State.FAILED, errors=wrong)
    values = {key: " ".join(str(value or "").split()) for key, value in row.items()}
    try:
        with transaction.atomic():
            changed = prepare(values)
            before = type(changed)._default_manager.filter(pk=changed.pk).first() if changed.pk else None
            fields = [field.attname for field in changed._meta.concrete_fields]
            if before is not None and all(getattr(before, name) == getattr(changed, name) for name in fields):
                return Outcome(State.UNCHANGED, before)
            changed.full_clean()
            changed.save()
            return Outcome(State.UPDATED if before else State.CREATED, changed, before)
    except ValidationError as error:
        return Outcome(State.FAILED, errors={_named(key): texts for key, texts in error.message_dict.items()})
    except IntegrityError:  # somebody else wrote the same in this moment
        return Outcome(State.FAILED, errors={"": [gettext("It was changed at the same time: send it again.")]})


def _refused(row: Mapping[str, Any], keys: Sequence[str]) -> Errors:
    """What is wrong with the form of a row, before anything is looked up."""
    wrong = {}
    for key, value in row.items():
        if key not in keys:
            known = {"keys": ", ".join(keys)}
            wrong[legible(str(key))] = [gettext("There is no such field. There are: %(keys)s.") % known]
        elif value is not None and not isinstance(value, str):
            wrong[key] = [gettext("Write it as text.")]
        elif not can_be_stored(value or ""):
            wrong[key] = [gettext("It holds characters that are none.")]
    return wrong


def _named(field: str) -> str:
    return "" if field == NON_FIELD_ERRORS else field


def _company_of(values: dict[str, str]) -> Company:
    external_id, name = values.get("external_id", ""), values.get("name", "")
    if not external_id and not name:
        raise ValidationError({"name": gettext("Give a name, or an identifier that is known.")})
    company = Company.objects.filter(external_id=external_id).first() if external_id else None
    if company is None and name:
        company = _without_other_id(company_named(name), external_id, "name")
    company = company or Company()
    for key in values:
        setattr(company, key, values[key])
    return company


def _customer_of(values: dict[str, str]) -> Customer:
    external_id, written = values.get("external_id", ""), values.get("phone_number", "")
    if not external_id and not written:
        raise ValidationError({"phone_number": gettext("Give a telephone number, or an identifier that is known.")})
    number = international(written)
    if written and not number:
        raise ValidationError({"phone_number": gettext("This is no telephone number; an example is +33612345678.")})
    customer = Customer.objects.filter(external_id=external_id).first() if external_id else None
    if customer is None and number:
        customer = _without_other_id(find_customer(phone_number=number), external_id, "phone_number")
    customer = customer or Customer()
    for key in ("external_id", "first_name", "last_name", "email"):
        if key in values:
            setattr(customer, key, values[key])
    if number:
        customer.phone_number = number
    _set_employer(customer, values)
    return customer


def _without_other_id(row: Row | None, external_id: str, field: str) -> Row | None:
    """The row found by `field`, unless it is known by another identifier: then both cannot be right."""
    known = getattr(row, "external_id", "")
    if external_id and known and known != external_id:
        raise ValidationError(
            {field: gettext("This is the one that is known as %(known)s elsewhere.") % {"known": known}}
        )
    return row


def _set_employer(customer: Customer, values: dict[str, str]) -> None:
    if external_id := values.get("company_external_id"):
        customer.company = Company.objects.filter(external_id=external_id).first()
        if customer.company is None:
            raise ValidationError(
                {"company_external_id": gettext("No company is known by this: send the companies first.")}
            )
    elif name := values.get("company"):
        if fitting(Company, "name", name) != name:
            raise ValidationError({"company": gettext("The name is too long.")})
        customer.company = remember_company(name=name)
    elif {"company", "company_external_id"} & values.keys():
        customer.company = None
