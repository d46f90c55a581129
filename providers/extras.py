"""Vendors whose library is an extra of ours: installed by those who use them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.core.exceptions import ImproperlyConfigured


@contextmanager
def extra(name: str) -> Iterator[None]:
    """Import what belongs to an extra of pyproject.toml.

    Raises ImproperlyConfigured, with what to install, when it is not there.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        raise ImproperlyConfigured(
            f"The vendor {name} needs the module {error.name}, which is not installed: "
            f"install the extra '{name}' of pyproject.toml, or choose another vendor."
        ) from None
