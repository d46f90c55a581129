"""The cast, built once for many tests.

Its rows lie in a transaction around the transactions that tests are rolled back to: two
hundred queries are asked once in half a minute, where every other test needs them.
"""

from __future__ import annotations

import copy
import time
from contextlib import ExitStack

import pytest
from django.db import transaction
from pytest_django import DjangoDbBlocker

from tests.cast import Cast, assemble

FRESH_SECONDS = 30.0  # what was "just now" in the rows still is
COMMITTED = ("transactional_db", "live_server")


class Stage:
    def __init__(self, blocker: DjangoDbBlocker) -> None:
        self._blocker = blocker
        self._transaction = ExitStack()
        self._cast: Cast | None = None
        self._since = 0.0

    def prepare(self, item: pytest.Item) -> None:
        """Have the cast's rows there for a test that has a part for them, and for no other."""
        has_a_part = plays(item)
        if self._cast and not (has_a_part and time.monotonic() - self._since < FRESH_SECONDS):
            self.clear()
        if has_a_part and not self._cast:
            with self._blocker.unblock(), ExitStack() as stack:
                stack.enter_context(transaction.atomic())
                self._cast = assemble()
                self._transaction = stack.pop_all()
            self._since = time.monotonic()

    def clear(self) -> None:
        if self._cast:
            self._cast = None
            with self._blocker.unblock():
                transaction.set_rollback(True)
                self._transaction.close()

    def cast(self) -> Cast | None:
        """A copy that its test may change; None when the stage is empty."""
        return copy.deepcopy(self._cast)


def plays(item: pytest.Item) -> bool:
    """Does it need the cast, and is it rolled back?"""
    fixtures = getattr(item, "fixturenames", ())
    marker = item.get_closest_marker("django_db")
    commits = (marker is not None and marker.kwargs.get("transaction")) or any(name in fixtures for name in COMMITTED)
    return "cast" in fixtures and not commits
