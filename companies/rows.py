"""Companies and customers as another system knows them: many rows, each created or changed or told what is wrong."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from enum import StrEnum
from operator import attrgetter
from typing import Any, Final, Generic, TypeVar

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import IntegrityError, OperationalError, models, transaction
from django.db.models import Q
from django.utils.translation import gettext

from companies.models import Company, Customer
from companies.phone import forms, international
from companies.services import company_named, fitting
from tenants.webhooks.outbox import tell
from voicebot_site.characters import can_be_stored, legible

Row = TypeVar("Row", Company, Customer)

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


def upsert_companies(*, rows: Sequence[Mapping[str, Any]]) -> list[Outcome[Company]]:
    """Create or change the companies that `rows` (texts by COMPANY_KEYS) are about; what became of each.

    One is known by `external_id`, else by its name, however capitalised. A row that is
    refused changes nothing, and holds up none.
    """
    return _upsert(rows, Company, COMPANY_KEYS, _company_of)


def upsert_customers(*, rows: Sequence[Mapping[str, Any]]) -> list[Outcome[Customer]]:
    """Create or change the customers that `rows` (texts by CUSTOMER_KEYS) are about; what became of each.

    One is known by `external_id`, else by `phone_number`, in whatever form it is
    written. Somebody who has called before is found by the number, and gets the
    `external_id`. A row that is refused changes nothing, no company either, and holds up none.
    """
    return _upsert(rows, Customer, CUSTOMER_KEYS, _customer_of)


#: Of what somebody else writes in this moment: the next time it is there.
ATTEMPTS: Final = 3
DEADLOCK: Final = "40P01"  # of PostgreSQL: two wait for each other, and one of them is told

Values = dict[str, str]
#: What a row may change.
WRITTEN: Final[dict[type[models.Model], tuple[str, ...]]] = {Company: COMPANY_KEYS, Customer: CUSTOMER_KEYS[:6]}


class Stored:
    """What is stored of those whom rows are about, read at once, and nobody else's until the end of the transaction."""

    def __init__(self, given: Collection[Values], model: type[Company | Customer]) -> None:
        def texts(key: str) -> set[str]:
            return {values[key] for values in given if values.get(key)}

        ids, names = ("external_id", "name") if model is Company else ("company_external_id", "company")
        companies = Company.objects.filter(Q(external_id__in=texts(ids)) | Q(name__in=texts(names))).order_by("pk")
        found = list(companies.select_for_update() if model is Company else companies)
        self._company_by_id = {company.external_id: company for company in found if company.external_id}
        self._company_written = {company.name: company for company in found}
        self._company_by_name: dict[str, Company | None] = {}
        written = {form for number in texts("phone_number") for form in forms(international(number))}
        theirs = Q(external_id__in=texts("external_id")) | Q(phone_number__in=written)
        customers = Customer.objects.filter(theirs).order_by("pk").select_related("company")
        known = list(customers.select_for_update(of=("self",))) if model is Customer else []
        self._customer_by_id = {customer.external_id: customer for customer in known if customer.external_id}
        self._customer_by_number = {customer.phone_number: customer for customer in known}

    def company(self, external_id: str) -> Company | None:
        return self._company_by_id.get(external_id)

    def company_named(self, name: str) -> Company | None:
        """As the function of that name."""
        if name in self._company_written:
            return self._company_written[name]
        key = name.casefold()
        if key not in self._company_by_name:
            self._company_by_name[key] = company_named(name)
        return self._company_by_name[key]

    def employer(self, name: str) -> Company:
        """The company of that name; a new one, which is not stored yet, if it is unknown."""
        company = self._company_by_name[name.casefold()] = self.company_named(name) or Company(name=name)
        return company

    def customer(self, external_id: str) -> Customer | None:
        return self._customer_by_id.get(external_id)

    def customer_of(self, number: str) -> Customer | None:
        """As `find_customer`, of a number in international form."""
        known = (self._customer_by_number.get(form) for form in (number, *forms(number)))
        return next(filter(None, known), None)

    def has_another(self, row: Company | Customer) -> bool:
        """Whether something that only one may have is another's."""
        others: list[Company | Customer | None]
        if isinstance(row, Company):
            others = [self.company(row.external_id), self.company_named(row.name)]
        else:
            others = [self.customer(row.external_id), self._customer_by_number.get(row.phone_number)]
        return any(other is not None and other.pk != row.pk for other in others)


Prepare = Callable[[Values, Stored], tuple[Row, Row | None]]  # as it is to be, and as it is stored


def _upsert(
    rows: Sequence[Mapping[str, Any]], model: type[Row], keys: Sequence[str], prepare: Prepare[Row]
) -> list[Outcome[Row]]:
    """Rows that are plain are written together, with few queries; those that are not, each alone after them."""
    outcomes: dict[int, Outcome[Row]] = {}
    given: dict[int, Values] = {}
    for index, row in enumerate(rows):
        if wrong := _refused(row, keys):
            outcomes[index] = Outcome(State.FAILED, errors=wrong)
        else:
            given[index] = {key: " ".join(str(value or "").split()) for key, value in row.items()}
    for _attempt in range(ATTEMPTS if len(given) > 1 else 0):
        try:
            with transaction.atomic():
                outcomes |= _write_together(given, model, prepare)
            break
        except (IntegrityError, OperationalError) as error:
            _check_conflict(error)
    return [outcomes.get(index) or _write_alone(given[index], model, prepare) for index in range(len(rows))]


def _write_together(given: Mapping[int, Values], model: type[Row], prepare: Prepare[Row]) -> dict[int, Outcome[Row]]:
    """What became of the rows that are good, by index. Raises IntegrityError."""
    stored = Stored(given.values(), model)
    outcomes: dict[int, Outcome[Row]] = {}
    changes: list[tuple[Row | None, Row]] = []
    seen: set[tuple[str, str]] = set()
    taken: set[int] = set()  # stored ones: a row may name one by what an earlier row does not tell
    for index, values in given.items():
        names = _names(values)
        is_first = not names & seen  # a later row about the same one finds what this one has left
        seen |= names
        try:
            row, before = prepare(values, stored)
            _check_form(row)
        except ValidationError:
            continue
        if before is not None:
            is_first = is_first and before.pk not in taken
            taken.add(before.pk)
        if not is_first or stored.has_another(row):
            continue
        if _is_same(row, before):
            outcomes[index] = Outcome(State.UNCHANGED, before)
            continue
        outcomes[index] = Outcome(State.UPDATED if before else State.CREATED, row, before)
        changes.append((before, row))
    _save(model, changes)
    return outcomes


def _write_alone(values: Values, model: type[Row], prepare: Prepare[Row]) -> Outcome[Row]:
    errors: Errors = {}
    for _attempt in range(2):
        is_well_formed = False
        try:
            with transaction.atomic():
                row, before = prepare(values, Stored([values], model))
                if _is_same(row, before):
                    return Outcome(State.UNCHANGED, before)
                _check_form(row)
                is_well_formed = True
                _save_employers([row])
                row.validate_constraints()
                row.save()
                return Outcome(State.UPDATED if before else State.CREATED, row, before)
        except ValidationError as error:
            errors = {_named(key): texts for key, texts in error.message_dict.items()}
            if not is_well_formed:  # else it may be by what somebody else has written in this moment
                break
        except (IntegrityError, OperationalError) as error:
            _check_conflict(error)
            errors = {"": [gettext("It was changed at the same time: send it again.")]}
    return Outcome(State.FAILED, errors=errors)


def _check_form(row: Company | Customer) -> None:
    """Raise ValidationError for what is wrong with a row, whatever else is stored."""
    written = {*WRITTEN[type(row)]} - {"company"}
    row.clean_fields(exclude={field.name for field in row._meta.fields} - written)
    row.clean()


def _check_conflict(error: IntegrityError | OperationalError) -> None:
    """Raise what is no conflict with somebody who writes the same rows in this moment."""
    if isinstance(error, OperationalError) and getattr(error.__cause__, "sqlstate", "") != DEADLOCK:
        raise error


def _names(values: Values) -> set[tuple[str, str]]:
    """What rows about the same one have in common."""
    number, name = values.get("phone_number", ""), values.get("name", "")
    names = (("id", values.get("external_id", "")), ("number", international(number)), ("name", name.casefold()))
    return {(kind, text) for kind, text in names if text}


def _is_same(row: Company | Customer, before: Company | Customer | None) -> bool:
    return before is not None and all(getattr(before, name) == getattr(row, name) for name in WRITTEN[type(row)])


def _save(model: type[Any], changes: Sequence[tuple[Any, Any]]) -> None:
    """Write new and changed rows, the new ones in an order that is the same for whoever writes the same."""
    new = [row for before, row in changes if before is None]
    changed = [row for before, row in changes if before is not None]
    _save_employers([*new, *changed])
    names = [*WRITTEN[model], "updated_at"]
    for row in changed:
        for name in names:  # as `save()` would: `bulk_update` does not
            model._meta.get_field(name).pre_save(row, False)
    model.objects.bulk_create(sorted(new, key=attrgetter("name" if model is Company else "phone_number")))
    model.objects.bulk_update(changed, names)
    if model is Customer:
        tell(changes)


def _save_employers(rows: Sequence[Any]) -> None:
    """Of customers, the companies that are new."""
    employers: dict[int, Any] = {id(row.company): row.company for row in rows if isinstance(row, Customer)}
    new = sorted((company for company in employers.values() if company and not company.pk), key=str)
    Company.objects.bulk_create(new)
    for row in rows:
        if isinstance(row, Customer):
            row.company = row.company  # by the key that it has now


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


def _company_of(values: Values, stored: Stored) -> tuple[Company, Company | None]:
    external_id, name = values.get("external_id", ""), values.get("name", "")
    if not external_id and not name:
        raise ValidationError({"name": gettext("Give a name, or an identifier that is known.")})
    before = stored.company(external_id)
    if before is None and name:
        before = _without_other_id(stored.company_named(name), external_id, "name")
    company = copy(before) if before else Company()
    for key in values:
        setattr(company, key, values[key])
    return company, before


def _customer_of(values: Values, stored: Stored) -> tuple[Customer, Customer | None]:
    external_id, written = values.get("external_id", ""), values.get("phone_number", "")
    if not external_id and not written:
        raise ValidationError({"phone_number": gettext("Give a telephone number, or an identifier that is known.")})
    number = international(written)
    if written and not number:
        raise ValidationError({"phone_number": gettext("This is no telephone number; an example is +33612345678.")})
    before = stored.customer(external_id)
    if before is None and number:
        before = _without_other_id(stored.customer_of(number), external_id, "phone_number")
    customer = copy(before) if before else Customer()
    for key in ("external_id", "first_name", "last_name", "email"):
        if key in values:
            setattr(customer, key, values[key])
    if number:
        customer.phone_number = number
    _set_employer(customer, values, stored)
    return customer, before


def _without_other_id(row: Row | None, external_id: str, field: str) -> Row | None:
    """The row found by `field`, unless it is known by another identifier: then both cannot be right."""
    known = getattr(row, "external_id", "")
    if external_id and known and known != external_id:
        raise ValidationError(
            {field: gettext("This is the one that is known as %(known)s elsewhere.") % {"known": known}}
        )
    return row


def _set_employer(customer: Customer, values: Values, stored: Stored) -> None:
    if external_id := values.get("company_external_id"):
        customer.company = stored.company(external_id)
        if customer.company is None:
            raise ValidationError(
                {"company_external_id": gettext("No company is known by this: send the companies first.")}
            )
    elif name := values.get("company"):
        if fitting(Company, "name", name) != name:
            raise ValidationError({"company": gettext("The name is too long.")})
        customer.company = stored.employer(name)
    elif {"company", "company_external_id"} & values.keys():
        customer.company = None
