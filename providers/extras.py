"""Vendors whose library is an extra of ours: installed by those who use them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

from django.conf import settings
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


def engine(name: str, path: str) -> Any:
    """The module of an engine that runs on this machine; without a path of a model, the sandbox's."""
    with extra(name):
        return import_module(name if path else settings.SANDBOX_ENGINES[name])


def model_path(path: str, language: str) -> str:
    """The files of a language, where there are some for each."""
    return path.replace("{language}", language)
