"""The verbs that write customers and their companies, for the tenant acted for."""

from __future__ import annotations

from django.db import transaction

from companies.models import Company, Customer
from companies.phone import international


def find_customer(*, phone_number: str) -> Customer | None:
    """The customer who calls from `phone_number`, in whatever form it is written."""
    number = international(phone_number)
    return Customer.objects.select_related("company").filter(phone_number=number).first() if number else None


@transaction.atomic
def remember_customer(
    *, phone_number: str, first_name: str = "", last_name: str = "", email: str = "", company: str = ""
) -> Customer:
    """Write down what a call told us of its caller; what it did not tell stays as it was.

    Raises ValueError when `phone_number` is none: nobody can be known by it.
    """
    number = international(phone_number)
    if not number:
        raise ValueError(f"phone_number: {phone_number!r} is no telephone number; an example is +33612345678")
    told: dict[str, str | Company] = {"first_name": first_name, "last_name": last_name, "email": email}
    if company:
        told["company"] = remember_company(name=company)
    customer, _created = Customer.objects.update_or_create(
        phone_number=number, defaults={name: value for name, value in told.items() if value}
    )
    return customer


@transaction.atomic
def remember_company(*, name: str) -> Company:
    """The company of that name, however it is capitalised; a new one if it is unknown."""
    name = " ".join(name.split())
    known = Company.objects.filter(name__iexact=name).first()
    return known or Company.objects.get_or_create(name=name)[0]
