"""How synced rows are shown and written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.db.models import UniqueConstraint
from django.utils.translation import gettext as _
from rest_framework import serializers

from tenants.sync import SyncedModel
from voicebot_site.api.etags import etag_of
from voicebot_site.api.problems import Conflict, Exists, TooLarge, by_field


class KnownFields:
    """A field that does not exist is an error, never ignored; those that are only shown may be sent back."""

    def to_internal_value(self, data: Any) -> Any:
        fields = self.fields  # type: ignore[attr-defined]
        if isinstance(data, Mapping) and (unknown := sorted(set(data) - set(fields))):
            known = ", ".join(name for name, field in fields.items() if not field.read_only)
            text = _("There is no such field. There are: %(keys)s.") % {"keys": known}
            raise serializers.ValidationError(dict.fromkeys(unknown, text))
        return super().to_internal_value(data)  # type: ignore[misc]


class Reference(serializers.PrimaryKeyRelatedField):  # type: ignore[type-arg]
    """The `id` of another row of the tenant."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, int) and not 0 < data < 2**63:
            self.fail("does_not_exist", pk_value=data)
        return super().to_internal_value(data)


class SyncedSerializer(KnownFields, serializers.ModelSerializer):  # type: ignore[type-arg]
    """Shows what the query asks for; writes as the admin does, with the model's own validation, what is changed.

    With `query` in its context only those `fields` are shown, and of `expanded` what
    `expand` names; rows inside `expanded` are always whole.
    """

    etag = serializers.SerializerMethodField(help_text="The state of the row, for If-Match.")

    def get_etag(self, row: SyncedModel) -> str:
        return etag_of(row)

    def get_fields(self) -> dict[str, Any]:
        fields: dict[str, Any] = super().get_fields()
        if "query" not in self.context:
            return fields
        outer: Any = self.parent
        if isinstance(outer, serializers.ListSerializer):
            outer = outer.parent
        query: dict[str, Any] = self.context["query"] if outer is None else {}
        expanded, expand = fields.pop("expanded", None), query.get("expand", ())
        if chosen := query.get("fields"):
            fields = {name: field for name, field in fields.items() if name in chosen}
        if expanded is not None and expand:
            for name in set(expanded.fields) - set(expand):
                expanded.fields.pop(name)
            fields["expanded"] = expanded
        return fields

    def create(self, validated_data: dict[str, Any]) -> Any:
        model: Any = self.Meta.model
        row = model(**validated_data)
        _clean(row)
        return self.store_new(row)

    def update(self, instance: Any, validated_data: dict[str, Any]) -> Any:
        before = _values(instance)
        for name, value in validated_data.items():
            setattr(instance, name, value)
        _clean(instance)
        return instance if _values(instance) == before else self.store(instance, validated_data)

    def store_new(self, row: Any) -> Any:
        row.save()
        return row

    def store(self, row: Any, names: Iterable[str]) -> Any:
        """A row of which the fields `names` were given, and something has changed."""
        row.save()
        return row


def _clean(row: Any) -> None:
    """Raises serializers.ValidationError, and Exists where the row would be another's double."""
    try:
        row.full_clean(validate_constraints=False)
        try:
            row.validate_constraints()
        except ValidationError:
            for constraint in row._meta.constraints:
                if isinstance(constraint, UniqueConstraint):
                    _be_unique(row, constraint)
            raise
    except ValidationError as error:
        raise serializers.ValidationError(by_field(error)) from None


def _be_unique(row: Any, constraint: UniqueConstraint) -> None:
    try:
        constraint.validate(type(row), row)
    except ValidationError as error:
        same = {name: getattr(row, name) for name in constraint.fields}
        other = type(row)._default_manager.filter(**same).exclude(pk=row.pk).values_list("pk", flat=True)
        if not other:  # gone meanwhile
            raise Conflict from None
        fields = [name for name in constraint.fields if name != "tenant"]
        raise Exists(" ".join(error.messages), fields=fields, row=other[0]) from None


def _values(row: Any) -> dict[str, Any]:
    return {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}


MOST_ROWS: Final = 1000


class Rows(serializers.ListField):
    """Raises TooLarge for more than MOST_ROWS."""

    def to_internal_value(self, data: Any) -> list[Any]:
        if isinstance(data, list) and len(data) > MOST_ROWS:
            raise TooLarge(_("Send at most %(most)d rows at once.") % {"most": MOST_ROWS})
        rows: list[Any] = super().to_internal_value(data)
        return rows


class ManyRowsSerializer(KnownFields, serializers.Serializer[Any]):
    """Rows of a bulk upsert."""

    rows = Rows(child=serializers.DictField(), min_length=1, max_length=MOST_ROWS)


class RowOutcomeSerializer(serializers.Serializer[Any]):
    index = serializers.IntegerField(help_text="The place of the row in what was sent, from 0.")
    state = serializers.ChoiceField(["created", "updated", "unchanged", "failed"])
    id = serializers.IntegerField(allow_null=True)
    errors = serializers.DictField(  # type: ignore[assignment]
        child=serializers.ListField(child=serializers.CharField()), help_text='By field; "" is the row.'
    )


class OutcomesSerializer(serializers.Serializer[Any]):
    """One result for each row; rows that are good are kept whatever becomes of the others."""

    created = serializers.IntegerField()
    updated = serializers.IntegerField()
    unchanged = serializers.IntegerField()
    failed = serializers.IntegerField()
    results = RowOutcomeSerializer(many=True)
