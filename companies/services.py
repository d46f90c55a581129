"""The verbs that write customers and companies."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import models, transaction

from companies.models import Company, Customer
from companies.phone import forms, international

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


def another_named(name: str, company: Company | None) -> Company | None:
    """Who has that name already: one name is one company, for calls and imports would take it for the other."""
    alike = company_named(name)
    return None if alike == company else alike


def company_named(name: str) -> Company | None:
    """The one that is written so, else the oldest that differs in its capitals alone."""
    alike = Company.objects.filter(name__iexact=name).order_by("pk")
    return alike.filter(name=name).first() or alike.first()
