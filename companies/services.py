"""The verbs that write customers and companies."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import models, transaction

from companies.models import Company, Customer
from companies.phone import international

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
    return Customer.objects.select_related("company").filter(phone_number=number).first() if number else None


@transaction.atomic
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
    customer, created = Customer.objects.get_or_create(
        phone_number=number, defaults={**{key: value for key, value in said.items() if value}, "company": employer}
    )
    differences: dict[str, tuple[str, str]] = {}
    if not created:
        for field in FIELDS:
            known, new = getattr(customer, field), said[field]
            if new and not known:
                setattr(customer, field, new)
            elif new and known.casefold() != new.casefold():
                differences[field] = (known, new)
        if employer is not None and customer.company is None:
            customer.company = employer
        elif employer is not None and customer.company_id != employer.pk:
            differences["company"] = (str(customer.company), employer.name)
        customer.save()
    return Remembered(customer, employer or customer.company, differences)


@transaction.atomic
def remember_company(*, name: str) -> Company:
    """The company of that name, however it is capitalised; a new one if it is unknown."""
    name = fitting(Company, "name", " ".join(name.split()))
    known = Company.objects.filter(name__iexact=name).first()
    return known or Company.objects.get_or_create(name=name)[0]
