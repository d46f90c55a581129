"""Somebody of a company at work in a real browser, and whether everybody could."""

from __future__ import annotations

from typing import Any

import pytest
from asgiref.sync import sync_to_async
from axe_playwright_python.async_playwright import Axe
from django.utils import timezone
from playwright.async_api import Page

from calls.models import Call
from sandbox.product import Product
from tenants.models import AsteriskServer, Membership, ProblemType, Tenant
from tenants.scope import acting_for
from tenants.services import create_tenant
from tests.cast import person
from tickets.models import RoiDay, Ticket
from tickets.roi import today_of

pytestmark = pytest.mark.django_db(transaction=True)

PASSWORD = "a-good-password"
#: What people look at all day.
PAGES = (
    *("/admin/", "/admin/live/", "/admin/try/", "/admin/calls/call/", "/admin/calls/call/{call}/change/"),
    *("/admin/tickets/ticket/?queue=all", "/admin/tickets/ticket/{ticket}/change/", "/admin/tickets/roiday/"),
    *("/admin/tenants/phrase/", "/admin/tenants/asteriskserver/add/", "/admin/companies/customer/"),
    *("/admin/tenants/problemtype/{problem}/change/", "/admin/tenants/tenant/{tenant}/change/"),
    *("/admin/security/", "/admin/rights/"),
)


def new_owner(tenant: Tenant) -> None:
    owner = person("olga", tenant, Membership.Role.OWNER)
    owner.set_password(PASSWORD)
    owner.save()


def server_of_somebody_else() -> int:
    with acting_for(create_tenant(slug="bravo", name="Bravo", language="fr")):
        return AsteriskServer.objects.create(name="Theirs", network="10.0.0.1").pk


def rows_of(tenant: Tenant) -> dict[str, int]:
    """A call with its ticket, and yesterday's figures."""
    with acting_for(tenant):
        now = timezone.now()
        call = Call.objects.create(
            uuid="00000000-0000-4000-8000-000000000001", started_at=now, ended_at=now, status=Call.Status.COMPLETED
        )
        RoiDay.objects.create(day=today_of(tenant), calls=1, resolved=1)
        ticket = Ticket.objects.create(call=call, client_name="Alice", phone_number="+33600000000")
        problem = ProblemType.objects.earliest("pk")
    return {"call": call.pk, "tenant": tenant.pk, "ticket": ticket.pk, "problem": problem.pk}


async def test_the_first_day_of_an_owner(product: Product, visitor: Page, alpha: Tenant) -> None:
    page, url = visitor, product.url
    await sync_to_async(new_owner)(alpha)
    foreign = await sync_to_async(server_of_somebody_else)()

    await page.goto(f"{url}/admin/")
    await page.fill("input[name=username]", "olga")
    await page.fill("input[name=password]", PASSWORD)
    await page.click("button[type=submit]")
    await page.locator("h2", has_text="Last calls").wait_for()

    await page.goto(f"{url}/admin/tenants/asteriskserver/add/")
    await page.fill("input[name=name]", "Office")
    await page.fill("input[name=network]", "192.0.2.7")
    await page.click("button[name=_continue]")
    assert "AudioSocket" in await page.locator(".vb-code").first.inner_text()

    await page.goto(f"{url}/admin/tenants/phrase/")
    await page.get_by_role("link", name="Edit").first.click()
    await page.locator("[name=draft]").fill("Bonjour, ici la société de Olga.")
    await page.locator("[data-meter] [data-listen]").click()
    await page.wait_for_function("player.currentTime > 0")
    await page.click("button[name=_save]")
    await page.get_by_role("link", name="Compare and publish").first.wait_for()

    answer = await page.goto(f"{url}/admin/tenants/asteriskserver/{foreign}/change/")
    assert "Theirs" not in await page.content()
    assert answer is not None
    assert answer.status == 404 or page.url == f"{url}/admin/"  # Django leads away from a row that is not there


async def test_no_page_has_a_serious_accessibility_fault(product: Product, page: Page, alpha: Tenant) -> None:
    keys = await sync_to_async(rows_of)(alpha)
    found: list[str] = []
    for theme in ("light", "dark"):
        await page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
        for path in PAGES:
            answer = await page.goto(product.url + path.format(**keys))
            assert answer is not None
            assert answer.status == 200, path
            await page.wait_for_function("window.Alpine && document.body.offsetHeight > 0")
            found += [f"{theme} {path}: {fault}" for fault in faults(await Axe().run(page))]
    assert found == []


def faults(results: Any) -> list[str]:
    serious = [each for each in results.response["violations"] if each["impact"] in ("serious", "critical")]
    return [f"{each['id']} {[node['html'][:160] for node in each['nodes'][:3]]}" for each in serious]
