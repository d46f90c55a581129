"""What may stand behind the question mark; a name that is not known is an error, not ignored."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from typing import Any, Final

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from providers.prices import billing_day
from tenants.privacy import is_hiding, is_masked
from voicebot_site.characters import can_be_stored


@extend_schema_field(OpenApiTypes.STR)
class Names(serializers.Field):  # type: ignore[type-arg]
    """Names separated by commas; the query says which there are."""

    def to_internal_value(self, data: str) -> tuple[str, ...]:
        return tuple(dict.fromkeys(name.strip() for name in data.split(",") if name.strip()))

    def to_representation(self, value: tuple[str, ...]) -> str:
        return ",".join(value)


class Query(serializers.Serializer[Any]):
    def to_internal_value(self, data: Any) -> dict[str, Any]:
        if unknown := sorted(set(data) - set(self.fields)):
            known = ", ".join(self.fields) or "–"
            raise serializers.ValidationError(
                {name: _("There is no such parameter. There are: %(known)s.") % {"known": known} for name in unknown}
            )
        if wrong := [name for name, value in data.items() if not can_be_stored(value)]:
            raise serializers.ValidationError(dict.fromkeys(wrong, _("It holds characters that are none.")))
        values: dict[str, Any] = super().to_internal_value(data)
        return values


class RowQuery(Query):
    """How rows are shown."""

    fields = Names(default=(), help_text="Only these fields, separated by commas.")  # type: ignore[assignment]
    expand = Names(default=(), help_text="Referred rows to send along in `expanded`, separated by commas.")

    def validate(self, values: dict[str, Any]) -> dict[str, Any]:
        shown = self.context["serializer_class"]().fields
        known = {"fields": set(shown) - {"expanded"}, "expand": set(getattr(shown.get("expanded"), "fields", ()))}
        for name, names in known.items():
            if unknown := sorted(set(values[name]) - names):
                raise serializers.ValidationError(
                    {
                        name: _("%(unknown)s: choose from %(known)s.")
                        % {"unknown": ", ".join(unknown), "known": ", ".join(sorted(names)) or "–"}
                    }
                )
        return values


#: What is asked for lies between these: from them to any time zone, and a year on, there are dates.
EARLIEST: Final = date(1900, 1, 1)
LATEST: Final = date(2999, 12, 31)
LONGEST_PERIOD: Final = timedelta(days=366)


def in_reach(day: date) -> bool:
    return EARLIEST <= day <= LATEST


class Day(serializers.DateField):
    default_error_messages = {"reach": gettext_lazy("Give a day from 1900 to 2999.")}

    def to_internal_value(self, value: Any) -> date:
        day = super().to_internal_value(value)
        if not in_reach(day):
            self.fail("reach")
        return day


class Moment(serializers.DateTimeField):
    """A time; of +01:00 the sign may have become a space, as in an address it does."""

    default_error_messages = {"reach": gettext_lazy("Give a time from 1900 to 2999.")}

    def to_internal_value(self, value: Any) -> datetime:
        if isinstance(value, str):
            value = re.sub(r"(T\S+) (\d\d:?\d\d)$", r"\1+\2", value)
        try:
            moment = super().to_internal_value(value)
        except OverflowError:
            self.fail("reach")
        if not in_reach(moment.date()):
            self.fail("reach")
        return moment


class PeriodQuery(Query):
    """From a day to a day, both included; without them, this month so far."""

    until = Day(default=billing_day)

    def get_fields(self) -> dict[str, Any]:
        fields = super().get_fields()
        return {"from": Day(default=None), "to": fields.pop("until"), **fields}

    def validate(self, values: dict[str, Any]) -> dict[str, Any]:
        since: date = values["from"] or values["to"].replace(day=1)
        if not timedelta(0) <= values["to"] - since <= LONGEST_PERIOD:
            raise serializers.ValidationError({"from": _("Give a day before `to`, at most a year.")})
        return {**values, "from": since}


class PageQuery(Query):
    limit = serializers.IntegerField(min_value=1, max_value=200, default=50, help_text="Rows of a page.")
    cursor = serializers.CharField(default="", max_length=300, help_text="From `next` of the page before.")
    updated_since = Moment(
        required=False,
        source="updated_at__gte",
        help_text="Rows changed since then: the `synced_until` of the last time.",
    )

    def matching(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """The rows that the filters let through; a filter's `source` is the lookup.

        Raises ValidationError for what the person sees masked: an answer would tell that it was guessed.
        """
        beside = {"limit", "cursor", "fields", "expand"}
        lookups = {name: value for name, value in self.validated_data.items() if name not in beside}
        hidden = [lookup for lookup in lookups if is_hiding() and is_masked(rows.model, lookup)]
        if names := [name for name, field in self.fields.items() if field.source in hidden]:
            raise serializers.ValidationError(dict.fromkeys(names, "You see this masked, and do not filter by it."))
        return rows.filter(**lookups)


class ListQuery(RowQuery, PageQuery):
    """Filters are the fields that a resource adds."""


class RowNumber(serializers.IntegerField):
    """The `id` of a row."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(min_value=1, max_value=2**63 - 1, required=False, **kwargs)
