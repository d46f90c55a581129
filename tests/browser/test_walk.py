"""Somebody of a company at work in a real browser, and whether everybody could."""

from __future__ import annotations

from typing import Any

import pytest
from asgiref.sync import sync_to_async
from axe_playwright_python.async_playwright import Axe
from django.urls import reverse
from playwright.async_api import Dialog, Page

from sandbox.product import Product
from tenants.models import AsteriskServer, Membership, Tenant
from tenants.roles import COLUMNS, RIGHTS
from tenants.scope import acting_for
from tenants.services import create_tenant
from tests.admin.rows import OWNED, label, row_of
from tests.browser.conftest import admin_cookie
from tests.cast import house, person
from tickets import services

pytestmark = pytest.mark.django_db(transaction=True)

PASSWORD = "a-good-password"
#: Beside the list and the page of a row of every screen.
PAGES = (
    *("/admin/live/", "/admin/try/", "/admin/tickets/ticket/?queue=all", "/admin/tenants/asteriskserver/add/"),
    *("/admin/security/", "/admin/rights/", "/admin/"),
)
#: What the theme changes.
CONTRAST = "{resultTypes: ['violations'], runOnly: ['color-contrast']}"
#: A colour that is on its way from light to dark has no contrast to speak of.
STILL = """() => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync("* { transition: none !important; animation: none !important }");
    document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
}"""
DARK = "document.documentElement.classList.add('dark')"


def new_owner(tenant: Tenant) -> None:
    owner = person("olga", tenant, Membership.Role.OWNER)
    owner.set_password(PASSWORD)
    owner.save()


def server_of_somebody_else() -> int:
    with acting_for(create_tenant(slug="bravo", name="Bravo", language="fr")):
        return AsteriskServer.objects.create(name="Theirs", network="10.0.0.1").pk


def furnished() -> tuple[str, list[str]]:
    """The session of an administrator of a company that has one row of everything, and every page of its admin."""
    home = house("Gamma", network="192.0.2.0/28", phone_number="+33612345678")
    column = COLUMNS.index(Membership.Role.ADMIN)
    screens = [model for model in OWNED if label(model) in RIGHTS and RIGHTS[label(model)][column]]
    pages = [*PAGES, reverse("admin:tenants_tenant_change", args=[home.tenant.pk])]
    for model in screens:
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        pages += [reverse(f"{name}_changelist"), reverse(f"{name}_change", args=[row_of(home, model).pk])]
    return admin_cookie(home.tenant), pages


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
    await page.locator("[name=draft]").fill("Bonjour, ici l'assistant automatique de Olga.")
    await page.locator("[data-meter] [data-listen]").click()
    await page.wait_for_function("player.currentTime > 0")
    await page.click("button[name=_save]")
    await page.get_by_role("link", name="Compare and publish").first.wait_for()

    answer = await page.goto(f"{url}/admin/tenants/asteriskserver/{foreign}/change/")
    assert "Theirs" not in await page.content()
    assert answer is not None
    assert answer.status == 404 or page.url == f"{url}/admin/"  # Django leads away from a row that is not there


async def test_a_comment_that_is_being_written_is_saved_with_its_ticket(
    product: Product, page: Page, alpha: Tenant
) -> None:
    def new_ticket() -> int:
        with acting_for(alpha):
            return services.create(summary="No internet.").pk

    address = f"{product.url}/admin/tickets/ticket/{await sync_to_async(new_ticket)()}/change/"
    asked: list[str] = []

    async def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        await dialog.dismiss()

    page.on("dialog", stay)
    await page.goto(address)
    await page.fill("#vb-comment", "Called back.")
    async with page.expect_event("dialog"):
        await page.get_by_role("link", name="Tickets").first.click(no_wait_after=True)
    await page.click("button[name=_continue]")
    await page.locator(".vb-comments__text").wait_for()
    assert await page.locator(".vb-comments__text").all_inner_texts() == ["Called back."]
    assert (asked, page.url) == (["beforeunload"], address)


async def test_no_page_has_a_serious_accessibility_fault(product: Product, visitor: Page) -> None:
    cookie, addresses = await sync_to_async(furnished)()
    name, _, value = cookie.partition("=")
    await visitor.context.add_cookies([{"name": name, "value": value, "url": product.url}])
    found: list[str] = []
    for address in addresses:
        answer = await visitor.goto(product.url + address)
        assert answer is not None
        assert answer.status == 200, address
        await visitor.wait_for_function("window.Alpine && document.body.offsetHeight > 0")
        await visitor.evaluate(STILL)
        found += [f"{address}: {fault}" for fault in faults((await Axe().run(visitor)).response)]
        await visitor.evaluate(DARK)
        found += [f"dark {address}: {fault}" for fault in faults(await visitor.evaluate(f"axe.run({CONTRAST})"))]
    assert found == []


def faults(results: Any) -> list[str]:
    serious = [each for each in results["violations"] if each["impact"] in ("serious", "critical")]
    return [f"{each['id']} {[node['html'][:160] for node in each['nodes'][:3]]}" for each in serious]
