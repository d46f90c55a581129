"""What the commands about one customer take."""

from __future__ import annotations

from argparse import ArgumentParser

from django.core.management.base import CommandError

from calls.management.arguments import tenants
from companies.models import Customer
from companies.services import find_customer
from tenants.models import Tenant
from tenants.scope import acting_for


def add_customer(parser: ArgumentParser) -> None:
    parser.add_argument("--tenant", required=True, metavar="SLUG", help="the company account")
    parser.add_argument("--number", required=True, help="the customer's telephone: +33612345678")


def customer_of(slug: str, number: str) -> tuple[Tenant, Customer]:
    """Raises CommandError where there is none."""
    (tenant,) = tenants(slug)
    with acting_for(tenant):
        customer = find_customer(phone_number=number)
    if customer is None:
        raise CommandError(f"{tenant.slug} has no customer of the number {number}.")
    return tenant, customer
