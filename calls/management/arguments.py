"""What the commands about money take: a period, and one company account or all."""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import date

from django.core.management.base import CommandError

from providers.prices import billing_day
from tenants.models import Tenant


def add_period(parser: ArgumentParser, *, required: bool) -> None:
    """--from DAY --to DAY, both included; else this month so far."""
    today = billing_day()
    first = {"required": True} if required else {"default": today.replace(day=1)}
    last = {"required": True} if required else {"default": today}
    parser.add_argument("--from", dest="since", metavar="YYYY-MM-DD", type=date.fromisoformat, **first)
    parser.add_argument("--to", dest="until", metavar="YYYY-MM-DD", type=date.fromisoformat, **last)
    parser.add_argument("--tenant", metavar="SLUG", help="only this company account; else every one")


def tenants(slug: str | None) -> list[Tenant]:
    """Raises CommandError for an account that is not there."""
    found = list(Tenant.objects.filter(slug=slug) if slug else Tenant.objects.all())
    if slug and not found:
        raise CommandError(f"There is no company account {slug!r}.")
    return found
