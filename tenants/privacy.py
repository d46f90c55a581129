"""Telephone numbers and e-mail addresses, which viewers see masked.

A column that holds them, or text in which they may stand, is one of the fields below.
While `hiding()` is open, which the middleware does for viewers, what comes from the
database is masked already: lists, details, titles, exports and sockets need no care.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Final

from django.db import models

DOT: Final = "•"
# Six digits and more, however they are grouped: shorter ones are codes, hours and prices.
_NUMBER = re.compile(r"\+?\d(?:[\s.,;\-\u2010-\u2015/()]{0,3}\d){5,}")
_EMAIL = re.compile(r"[\w.+\-]+@[\w\-]+(?:\.[\w\-]+)+")

_hiding: ContextVar[bool] = ContextVar("hiding", default=False)


@contextmanager
def hiding(is_hidden: bool = True) -> Iterator[None]:
    """Whatever is read from the database inside the block is masked."""
    token = _hiding.set(is_hidden)
    try:
        yield
    finally:
        _hiding.reset(token)


def is_hiding() -> bool:
    return _hiding.get()


def mask(text: str) -> str:
    """`text` with all digits of its numbers but the last two, and its e-mail addresses, as dots."""
    return _NUMBER.sub(_mask_number, _EMAIL.sub(_mask_email, text))


def _mask_number(match: re.Match[str]) -> str:
    number = match[0]
    last = [place for place, character in enumerate(number) if character.isdigit()][-2:]
    return "".join(DOT if c.isdigit() and place not in last else c for place, c in enumerate(number))


def _mask_email(match: re.Match[str]) -> str:
    return f"{match[0][0]}{DOT * 3}@{DOT * 3}"


def mask_all(value: Any) -> Any:
    """Plain JSON values with every number and address in them masked, also in the names of fields."""
    match value:
        case str():
            return mask(value)
        case dict():
            return {mask(name): mask_all(each) for name, each in value.items()}
        case list():
            return [mask_all(each) for each in value]
        case int() | float() if mask(str(value)) != str(value):
            return mask(str(value))
    return value


class Masked:
    """A column whose text viewers read masked."""

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        read = getattr(super(), "from_db_value", None)
        found = read(value, expression, connection) if read else value
        return mask_all(found) if found and is_hiding() else found

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        """Raises RuntimeError rather than store what somebody was shown instead of the truth."""
        value = super().pre_save(model_instance, add)  # type: ignore[misc]
        if is_hiding() and DOT in str(value or ""):
            raise RuntimeError(f"{self}: a masked value would be stored")
        return value

    def deconstruct(self) -> tuple[str, str, list[Any], dict[str, Any]]:
        """To migrations it is Django's own column."""
        name, _path, args, kwargs = super().deconstruct()  # type: ignore[misc]
        own = next(base for base in type(self).__mro__ if base.__module__.startswith("django.db.models"))
        return name, f"django.db.models.{own.__name__}", args, kwargs


class MaskedCharField(Masked, models.CharField):  # type: ignore[type-arg]
    """A telephone number."""


class MaskedEmailField(Masked, models.EmailField):  # type: ignore[type-arg]
    """An e-mail address."""


class MaskedTextField(Masked, models.TextField):  # type: ignore[type-arg]
    """What somebody said or wrote: numbers may stand in it."""


class MaskedJSONField(Masked, models.JSONField):
    """Free data: numbers may stand anywhere in it."""


def is_masked(model: type[models.Model], path: str) -> bool:
    """Whether a lookup (`customer__phone_number__startswith`) asks a masked column."""
    current: Any = model
    for part in path.lstrip("^=@-").split("__"):
        field = next((field for field in current._meta.get_fields() if part in _names(field)), None)
        if field is None:
            return False
        if isinstance(getattr(field, "output_field", field), Masked):  # of a column that the database makes of others
            return True
        current = field.related_model
        if current is None:
            return False
    return False


def without_masked(model: type[models.Model], paths: Iterable[str]) -> list[str]:
    """The lookups that tell nothing of what is masked: a search would find out digit by digit."""
    return [path for path in paths if not (is_hiding() and is_masked(model, path))]


def _names(field: Any) -> set[str]:
    return {field.name, getattr(field, "attname", field.name)}
