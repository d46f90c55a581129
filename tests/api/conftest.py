from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.core.cache import cache

from tests.api.client import Crm
from tests.cast import Cast


@pytest.fixture(autouse=True)
def _counted_anew() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def crm(cast: Cast) -> Crm:
    """Alpha's CRM."""
    return Crm(cast.alpha)
