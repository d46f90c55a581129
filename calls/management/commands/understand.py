"""Try what the bot makes of a sentence, with a tenant's own words.

`manage.py understand email --tenant demo` reads one utterance per line and answers each
at once with one JSON object per line: {"text": …, "value": …}.
"""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from collections.abc import Callable, Iterable
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from calls import understanding
from companies.models import Company
from tenants.models import Keyword, Tenant
from tenants.scope import acting_for

Understand = Callable[[str], str | None]


class Command(BaseCommand):
    help = "Read one utterance per line from standard input; print what it means as JSON, one object per line."
    requires_system_checks = ()  # a filter: it says nothing but its answers

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("kind", choices=sorted(KINDS))
        parser.add_argument("--tenant", required=True, metavar="SLUG", help="whose words, companies and language")

    def handle(self, *, kind: str, tenant: str, **options: Any) -> None:
        owner = Tenant.objects.filter(slug=tenant).first()
        if owner is None:
            slugs = ", ".join(Tenant.objects.order_by("slug").values_list("slug", flat=True))
            raise CommandError(
                _("There is no tenant %(slug)s. Existing ones: %(slugs)s.")
                % {"slug": tenant, "slugs": slugs or _("none; seed_demo makes two")}
            )
        with acting_for(owner):
            understand = KINDS[kind](owner.language)
        for line in sys.stdin:
            text = line.rstrip("\r\n")
            self.stdout.write(json.dumps({"text": text, "value": understand(text)}, ensure_ascii=False))
            self.stdout.flush()


def _keywords(kind: Keyword.Kind) -> Iterable[Keyword]:
    return Keyword.objects.filter(kind=kind).select_related("problem_type")


def _company(language: str) -> Understand:
    names = tuple(Company.objects.values_list("name", flat=True))
    return lambda text: understanding.company(text, names, language)


def _problem(language: str) -> Understand:
    by_code: dict[str, list[str]] = {}
    for keyword in _keywords(Keyword.Kind.PROBLEM):
        if keyword.problem_type:
            by_code.setdefault(keyword.problem_type.code, []).append(keyword.text)
    index = understanding.ProblemIndex(by_code, language)
    return lambda text: understanding.problem(text, index, language)


def _anger(language: str) -> Understand:
    own_words = tuple(keyword.text for keyword in _keywords(Keyword.Kind.ANGER))
    return lambda text: "yes" if understanding.is_angry(text, own_words, language) else "no"


def _censor(language: str) -> Understand:
    replacements = {keyword.text: keyword.replacement for keyword in _keywords(Keyword.Kind.CENSORED)}
    return lambda text: understanding.censor(text, replacements)


KINDS: dict[str, Callable[[str], Understand]] = {
    "yes_no": lambda language: lambda text: understanding.yes_no(text, language),
    "fixed": lambda language: lambda text: understanding.fixed(text, language),
    "spelling": lambda language: lambda text: understanding.spelling(text, language),
    "email": lambda language: lambda text: understanding.email(text, language),
    "phone": lambda language: lambda text: understanding.phone(text, language),
    "first_name": lambda language: lambda text: understanding.first_name(text, language),
    "company": _company,
    "problem": _problem,
    "anger": _anger,
    "censor": _censor,
}
