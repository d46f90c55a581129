"""`manage.py scenarios`: play the conversations under calls/scenarios and hold them against what must come of them."""

from __future__ import annotations

import asyncio
import json
import tempfile
import time
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import asdict
from typing import Any

from django.apps import apps
from django.conf import settings as django_settings
from django.core import serializers
from django.core.management.base import BaseCommand, CommandError, no_translations
from django.test.utils import override_settings, setup_databases, teardown_databases

from calls.scenarios import Report, Scenario, ScenarioError, load, run_text
from calls.scenarios.preset import preset
from calls.settings import CallSettings
from calls.settings import load as load_settings
from sandbox.scenarios import run_audio
from tenants import presets
from tenants.models import AsteriskServer, Tenant
from tenants.scope import TenantModel, acting_for
from tenants.services import create_tenant
from voicebot_site import celery


class Command(BaseCommand):
    help = (
        "Play conversations and check what comes of them; exit status 1 when one fails. With --text, which is the "
        "default, all of them take seconds: no sound, no network, no database. With --audio callers dial a product "
        "that is started for them, on a copy of the company in a database that is thrown away."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--tenant", metavar="SLUG", help="with its phrases and settings; otherwise the presets'")
        mode = parser.add_mutually_exclusive_group()
        mode.add_argument("--text", dest="audio", action="store_false", default=False, help="in virtual time (default)")
        mode.add_argument("--audio", action="store_true", help="over real TCP, in real time, several at once")
        parser.add_argument("--only", metavar="NAME", default="", help="those whose name contains this")
        parser.add_argument("--json", action="store_true", help="one JSON object per line instead of the table")

    @no_translations
    def handle(self, *args: Any, **options: Any) -> None:
        tenant = self.tenant(options["tenant"])
        languages = (tenant.language,) if tenant else presets.LANGUAGES
        play = self.by_telephone if options["audio"] else self.by_text
        self.as_json = options["json"]
        reports: list[Report] = []
        with throw_away_database(tenant) if options["audio"] else nullcontext():
            for language in languages:
                try:
                    scenarios = [scenario for scenario in load(language) if options["only"] in scenario.name]
                except ScenarioError as error:
                    raise CommandError(str(error)) from None
                if scenarios:
                    reports += play(language, tenant, scenarios)
        if not reports:
            raise CommandError(f"--only: no scenario's name contains {options['only']!r}")
        failed = sum(report.failed for report in reports)
        skipped = sum(bool(report.skipped) for report in reports)
        if not self.as_json:
            self.stdout.write(f"\n{len(reports) - failed - skipped} passed, {failed} failed, {skipped} skipped")
        if failed:
            raise SystemExit(1)

    def tenant(self, slug: str | None) -> Tenant | None:
        if slug is None:
            return None
        tenant = Tenant.objects.filter(slug=slug).first()
        if tenant is None:
            known = ", ".join(Tenant.objects.values_list("slug", flat=True)) or "none"
            raise CommandError(f"--tenant: there is no company {slug!r}; there are: {known}")
        return tenant

    def by_text(self, language: str, tenant: Tenant | None, scenarios: list[Scenario]) -> list[Report]:
        settings = settings_of(tenant) if tenant else preset(language)
        reports = []
        for scenario in scenarios:
            began = time.monotonic()
            reports.append(run_text(scenario, settings))
            self.show(reports[-1], time.monotonic() - began)
        return reports

    def by_telephone(self, language: str, tenant: Tenant | None, scenarios: list[Scenario]) -> list[Report]:
        self.stderr.write(f"{len(scenarios)} callers; this takes minutes …")
        copy = tenant or create_tenant(slug=f"scenarios-{language}", name="Alpha", language=language)
        reports = asyncio.run(run_audio(scenarios, copy))
        for report in reports:
            self.show(report, report.seconds)
        return reports

    def show(self, report: Report, seconds: float) -> None:
        if self.as_json:
            values = asdict(report) | {"passed": report.passed, "seconds": round(seconds, 2)}
            self.stdout.write(json.dumps(values, ensure_ascii=False))
        else:
            word = "skipped" if report.skipped else "FAILED" if report.failed else "passed"
            details = "; ".join(report.failures) or report.skipped
            self.stdout.write(f"{word:8} {seconds:7.2f} s  {report.name:50} {details}".rstrip())
        self.stdout.flush()


def settings_of(tenant: Tenant) -> CallSettings:
    with acting_for(tenant):
        return load_settings(tenant)


@contextmanager
def throw_away_database(tenant: Tenant | None) -> Iterator[None]:
    """A database and a data directory of their own, with a copy of the company; once in a process.

    Only embedded: tasks of these calls must not reach workers that know another database,
    and calls that nobody makes must not cost money.
    """
    real = [name for name, vendor in django_settings.VENDORS.items() if not vendor["api_key"].startswith("sandbox")]
    if django_settings.DATABASE_URL or django_settings.REDIS_URL or real:
        raise CommandError(
            "--audio plays in a product of its own: unset DATABASE_URL, REDIS_URL and the vendors' keys, "
            "or use --text, which works everywhere."
        )
    rows = copies(tenant) if tenant else ""
    databases = setup_databases(verbosity=0, interactive=False, serialized_aliases=set())
    try:
        with tempfile.TemporaryDirectory() as folder, override_settings(DATA_DIR=folder, MEDIA_ROOT=folder):
            if tenant is not None:
                put(tenant, rows)
            yield
            if celery.embedded_worker is not None:  # the last summary is being written
                celery.embedded_worker.submit(lambda: None).result(timeout=60)
    finally:
        teardown_databases(databases, verbosity=0)


def copies(tenant: Tenant) -> str:
    """What a person configured for a company: all its rows in `tenants` but the servers' addresses and secrets."""
    models = [
        model
        for model in apps.get_app_config("tenants").get_models()
        if issubclass(model, TenantModel) and model is not AsteriskServer
    ]
    with acting_for(tenant):
        return str(serializers.serialize("json", [row for model in models for row in model.objects.all()]))


def put(tenant: Tenant, rows: str) -> None:
    tenant.save(force_insert=True)
    with acting_for(tenant):
        for row in serializers.deserialize("json", rows):
            row.save()
