"""Tells what vendors were asked in a period and what that cost, by company, provider and model."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand
from django.core.serializers.json import DjangoJSONEncoder

from calls.costs import Row, summary
from calls.management.arguments import add_period, tenants
from tenants.scope import acting_for

COLUMNS = ("messages", "calls", "input_tokens", "output_tokens", "audio_minutes", "characters", "cost_eur", "unpriced")


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_period(parser, required=False)
        parser.add_argument("--json", action="store_true", dest="as_json", help="one JSON object")

    def handle(self, *args: Any, since: date, until: date, tenant: str | None, as_json: bool, **options: Any) -> None:
        found: dict[str, Row] = {}
        for row in tenants(tenant):
            with acting_for(row):
                found[row.slug] = summary(since=since, until=until)
        total = {key: sum(costs["total"][key] for costs in found.values()) for key in COLUMNS}
        if as_json:
            companies = [{"tenant": slug, **costs} for slug, costs in found.items()]
            report = {"from": since, "to": until, "total": total, "tenants": companies}
            self.stdout.write(json.dumps(report, cls=DjangoJSONEncoder, ensure_ascii=False))
            return
        self.stdout.write(f"from {since} to {until}")
        self._line("", dict(zip(COLUMNS, COLUMNS, strict=True)))
        for slug, costs in found.items():
            self._line(slug, costs["total"])
            for group in costs["groups"]:
                self._line(f"  {group['provider']} {group['model']}", group)
        self._line("total", total)

    def _line(self, name: str, row: Row) -> None:
        self.stdout.write(f"{name:<40.40}" + "".join(f" {row[column]!s:>13}" for column in COLUMNS))
