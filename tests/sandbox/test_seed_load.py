"""A company account of a year's calls, in any database, and the pages of it measured."""

from __future__ import annotations

import json
from io import StringIO

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from calls.models import Call, Turn
from tenants.models import Tenant
from tenants.scope import acting_for
from tickets.models import RoiDay, Ticket


@pytest.mark.django_db
def test_calls_have_turns_costs_tickets_and_figures() -> None:
    out = StringIO()
    call_command("seed_load", calls=60, turns=6, stdout=out, stderr=StringIO())
    told = json.loads(out.getvalue().splitlines()[-1])
    assert (told["call"], told["ticket"], told["usage"]) == (60, 60, 240)
    with acting_for(Tenant.objects.get(slug="load")):
        assert Turn.objects.count() == told["turn"] > 120
        assert sum(RoiDay.objects.values_list("calls", flat=True)) == 60
        assert Ticket.objects.filter(call__is_resolved=True).exclude(status=Ticket.Status.RESOLVED).count() == 0
        assert Call.objects.create(uuid="00000000-0000-4000-8000-000000000001").pk  # keys go on
    with pytest.raises(CommandError, match="already"):
        call_command("seed_load", calls=1)
