"""The Live page and the test call in a real browser, against the whole product."""

from __future__ import annotations

import asyncio

import pytest
from playwright.async_api import Page

from calls.scenarios.script import parse_script
from sandbox.caller import Caller, End
from sandbox.product import Product

pytestmark = pytest.mark.django_db(transaction=True)


async def test_a_live_call_is_stepped_into_and_heard_again_beside_its_ticket(product: Product, page: Page) -> None:
    await page.goto(f"{product.url}/admin/live/")
    await page.locator("[data-empty]").wait_for()
    script = parse_script("[silence 90]")
    caller = Caller("127.0.0.1", product.calls.port, script=script, source="127.0.0.2", max_seconds=90)
    calling = asyncio.create_task(caller.run())
    await page.locator(".vb-live__row").click()
    await page.locator(".vb-turn--bot:not([data-growing])").first.wait_for()
    await page.locator("[data-listen]").click()
    await page.fill("[data-say] input", "Ici Claire.")
    await page.locator("[data-say] button").click()
    await page.locator(".vb-turn--agent", has_text="Ici Claire.").wait_for()
    await page.wait_for_function("Number(document.querySelector('[data-live]').dataset.heard) >= 5")
    await page.locator("[data-hangup]").click()
    await page.locator("[data-hangup]").click()  # for good
    await page.locator("[data-over] a").wait_for()
    result = await calling
    await page.locator("[data-over] a").click()
    await page.locator("a[href*='/admin/tickets/ticket/']").last.click()
    await page.locator("[data-play]").click()
    await page.wait_for_function("document.querySelector('audio').currentTime > 0")
    assert result.end is End.BOT_HANGUP
    assert "Ici Claire." in " ".join(heard.text for heard in result.heard)


async def test_the_bot_is_tried_by_keyboard(product: Product, page: Page) -> None:
    await page.goto(f"{product.url}/admin/try/")
    await page.locator("[data-call]").click()
    await page.locator(".vb-turn--bot:not([data-growing])").nth(1).wait_for()
    await page.fill("[data-say] input", "Je veux parler à un conseiller.")
    await page.locator("[data-say] button").click()
    await page.locator(".vb-turn--caller:not([data-growing])", has_text="conseiller").wait_for()
    await page.wait_for_function("Number(document.querySelector('[data-try]').dataset.heard) >= 20")
    await page.locator("a[data-link]").wait_for()
    assert "/admin/calls/call/" in (await page.locator("a[data-link]").get_attribute("href") or "")
