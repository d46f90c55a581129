"""The example in docs/examples is a CRM that works: it runs against the product, in processes of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.conf import settings as django_settings
from django.utils import timezone
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from companies.models import Company, Customer
from tenants.models import WebhookEndpoint, WebhookMessage
from tenants.scope import acting_for
from tenants.webhooks import signing
from tests.cast import Cast, secret_of
from tickets.models import Ticket

SCRIPT = Path(django_settings.BASE_DIR) / "docs" / "examples" / "crm_sync.py"


@pytest.fixture
def environment(live_server: LiveServer, tmp_path: Path) -> dict[str, str]:
    return {**os.environ, "VOICEBOT_URL": live_server.url, "VOICEBOT_KEY": secret_of("Alpha"), "NO_PROXY": "*"}


@pytest.fixture
def run(environment: dict[str, str], tmp_path: Path) -> Callable[..., Any]:
    """run("pull") is what the script prints."""

    def run(*arguments: str) -> Any:
        command = [sys.executable, str(SCRIPT), "--database", str(tmp_path / "crm.sqlite3"), *arguments]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout or "null")

    return run


@contextmanager
def serving(environment: dict[str, str], database: Path, secret: str) -> Iterator[tuple[str, Any]]:
    """(address, lines that it prints) of the CRM that takes webhooks."""
    command = [sys.executable, str(SCRIPT), "--database", str(database), "serve", "--port", "0"]
    env = {**environment, "VOICEBOT_SECRET": secret}
    with subprocess.Popen(command, env=env, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        port = process.stdout.readline().split()[-1]
        try:
            yield f"http://127.0.0.1:{port}/", process.stdout
        finally:
            process.terminate()


@pytest.mark.django_db(transaction=True)
def test_a_crm_keeps_in_step_both_ways(
    cast: Cast, run: Callable[..., Any], environment: dict[str, str], tmp_path: Path, settings: Settings
) -> None:
    settings.WEBHOOK_ALLOWED_NETWORKS = ["127.0.0.0/8"]
    house, database = cast.alpha, tmp_path / "crm.sqlite3"
    customer, ticket = str(house.customer.pk), str(house.ticket.pk)

    # Everything, then only what changed; and what is gone.
    assert run("pull") == {"stored": 3, "deleted": 0}
    with acting_for(house.tenant):
        doomed = Customer.objects.create(phone_number="+33699999999")
    assert run("pull")["stored"] >= 1
    with acting_for(house.tenant):
        doomed.delete()
    assert run("pull")["deleted"] == 1

    # Many rows of the CRM's own; one of them is wrong.
    people = tmp_path / "people.json"
    rows = {
        "companies": [{"external_id": "F-1", "name": "Alpha client"}],
        "customers": [
            {"external_id": "C-1", "phone_number": "06 12 34 56 78", "company_external_id": "F-1"},
            {"external_id": "C-2", "phone_number": "0611223344", "last_name": "DURAND"},
            {"external_id": "C-3", "phone_number": "nonsense"},
        ],
    }
    people.write_text(json.dumps(rows))
    told = run("import", str(people))
    assert (told["created"], told["updated"], told["unchanged"]) == (1, 2, 0)
    assert [failed["row"]["external_id"] for failed in told["failed"]] == ["C-3"]
    with acting_for(house.tenant):
        assert Company.objects.get().external_id == "F-1"
        assert Customer.objects.get(external_id="C-1") == house.customer

    # Both change the same row: what was changed there stays, the rest is sent.
    run("pull")
    run("edit", "customers", customer, "first_name=Paul", "email=crm@example.com")
    run("edit", "tickets", ticket, "status=resolved")
    with acting_for(house.tenant):
        Customer.objects.filter(pk=house.customer.pk).update(email="caller@example.com")
    told = run("push")
    assert (told["sent"], told["refused"], told["gone"]) == (2, [], 0)
    assert [conflict.partition(":")[0] for conflict in told["conflicts"]] == [f"customers/{customer}.email"]
    with acting_for(house.tenant):
        house.customer.refresh_from_db()
        assert (house.customer.first_name, house.customer.email) == ("Paul", "caller@example.com")
        assert Ticket.objects.get(pk=house.ticket.pk).status == Ticket.Status.RESOLVED
    assert run("push") == {"sent": 0, "conflicts": [], "refused": [], "gone": 0}

    # A webhook makes it look at once; the same one, replayed, does nothing; a forged one is refused.
    with acting_for(house.tenant):
        endpoint = WebhookEndpoint.objects.create(name="CRM", url="http://127.0.0.1/")
    with serving(environment, database, endpoint.secret) as (address, lines):
        with acting_for(house.tenant):
            WebhookEndpoint.objects.filter(pk=endpoint.pk).update(url=address)
            house.customer.last_name = "MARTINEZ"
            house.customer.save()
        assert lines.readline().strip() == "taken customer.updated"
        assert lines.readline().startswith("pulled ")
        with acting_for(house.tenant):
            message = WebhookMessage.objects.filter(endpoint=endpoint, event="customer.updated").latest("pk")
            assert message.state == WebhookMessage.State.DELIVERED
        body = message.body.encode()
        signed = signing.headers(
            message_id=message.identifier, at=timezone.now(), body=body, with_secrets=[endpoint.secret]
        )
        assert httpx.post(address, content=body, headers=signed).status_code == 200
        assert lines.readline().strip() == "had it already customer.updated"
        forged = httpx.post(address, content=body.replace(b"MARTINEZ", b"MALLORY"), headers=signed)
        assert (forged.status_code, lines.readline().strip()) == (400, "not genuine")
    run("edit", "customers", customer, "last_name=MARTIN")  # it knows the row as it is now: no conflict
    assert run("push")["conflicts"] == []
