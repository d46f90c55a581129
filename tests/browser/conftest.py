"""The whole product, and the browser of somebody who uses it. Chromium is Debian's."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from asgiref.sync import sync_to_async
from playwright.async_api import Page, async_playwright

from sandbox.product import Product
from tenants.models import Membership, Tenant
from tests.calls.page import session_cookie
from tests.cast import person
from tests.exchanges import with_exchange

CHROMIUM = shutil.which("chromium")
HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker("browser")
            item.add_marker(pytest.mark.timeout(180))
            item.add_marker(pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium on this machine"))


@pytest.fixture
def alpha(transactional_db: None) -> Tenant:
    return with_exchange()


@pytest.fixture
async def visitor(product: Product) -> AsyncIterator[Page]:
    """The browser of nobody yet; a script that fails on the page fails the test."""
    async with async_playwright() as playwright:
        arguments = ["--no-sandbox", "--disable-gpu", "--autoplay-policy=no-user-gesture-required"]
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        context = await browser.new_context(locale="en-GB")
        page = await context.new_page()
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        yield page
        await browser.close()
    assert errors == []


@pytest.fixture
async def page(visitor: Page, product: Product, alpha: Tenant) -> Page:
    """The browser of an administrator of Alpha."""
    name, _, value = (await sync_to_async(admin_cookie)(alpha)).partition("=")
    await visitor.context.add_cookies([{"name": name, "value": value, "url": product.url}])
    return visitor


def admin_cookie(tenant: Tenant) -> str:
    return session_cookie(person("ada", tenant, Membership.Role.ADMIN))
