"""The first caller waits for nothing that could have been made before, and nobody else beside him."""

import gc
from functools import _lru_cache_wrapper
from typing import TYPE_CHECKING, Any

import pytest

from calls.understanding.readiness import LANGUAGES, get_ready
from tests.understanding.corpora import KINDS, in_cells

if TYPE_CHECKING:
    Cache = _lru_cache_wrapper[Any]


def caches() -> "list[Cache]":
    """Of the package. By `type`: to ask a weak proxy for its class fails when what it stood for is gone."""
    return [
        found
        for found in gc.get_objects()
        if type(found) is _lru_cache_wrapper and found.__module__.startswith("calls.understanding.")
    ]


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_is_read_or_built_when_a_caller_speaks(language: str) -> None:
    for cache in caches():
        cache.cache_clear()
    get_ready()
    # Made once; of single words and of tenants so much is kept, and no more.
    once = [cache for cache in caches() if cache.cache_parameters()["maxsize"] is None]
    made = [cache.cache_info().misses for cache in once]
    assert len(made) > 20
    for kind, understand in KINDS.items():
        for text, _value, _cell in in_cells(kind, language):
            understand(text, language)
            assert [cache.cache_info().misses for cache in once] == made, text
