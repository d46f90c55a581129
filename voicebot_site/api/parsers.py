"""What bodies are read by."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError
from rest_framework.parsers import JSONParser

from voicebot_site.characters import can_be_stored


class Json(JSONParser):
    """JSON all of whose texts can be looked up and stored. Raises ValidationError with the places of others.

    Rows of many are read by JSONParser: each is told its own errors, by `companies.rows`.
    """

    def parse(self, *args: Any, **kwargs: Any) -> Any:
        data = super().parse(*args, **kwargs)
        if wrong := dict.fromkeys(_places(data), _("It holds characters that are none.")):
            raise ValidationError(wrong)
        return data


def _places(data: Any, path: str = "") -> Iterator[str]:
    """Dotted paths of what holds a text that cannot be stored."""
    if isinstance(data, str):
        if not can_be_stored(data):
            yield path
    elif isinstance(data, dict | list):
        for name, value in data.items() if isinstance(data, dict) else enumerate(data):
            inner = f"{path}.{name}".removeprefix(".")
            if isinstance(name, str) and not can_be_stored(name):
                yield inner
            yield from _places(value, inner)
