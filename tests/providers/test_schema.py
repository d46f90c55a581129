from __future__ import annotations

from typing import Any

import pytest

from providers.schema import fits, strict

SCHEMA = {
    "type": "object",
    "properties": {
        "kind": {"type": "string", "enum": ["a", "b"]},
        "score": {"type": "number"},
        "tags": {"type": "array", "items": {"type": "string"}},
        "note": {"type": ["string", "null"]},
    },
}
VALUE = {"kind": "a", "score": 1, "tags": ["x"], "note": None}


def test_what_has_the_shape_fits() -> None:
    assert fits(VALUE, SCHEMA)
    assert fits(VALUE | {"score": 0.5, "note": "x", "tags": []}, SCHEMA)


@pytest.mark.parametrize(
    "change",
    [{"kind": "c"}, {"kind": None}, {"score": "1"}, {"score": True}, {"tags": "x"}, {"tags": [1]}, {"note": 3}],
)
def test_what_has_not_does_not(change: dict[str, Any]) -> None:
    assert not fits(VALUE | change, SCHEMA)


def test_every_property_is_required() -> None:
    for name in VALUE:
        assert not fits({key: value for key, value in VALUE.items() if key != name}, SCHEMA)


def test_strictness_reaches_every_object() -> None:
    inner = {"type": "object", "properties": {"x": {"type": "integer"}}}
    schema = strict({"type": "object", "properties": {"one": inner, "many": {"type": "array", "items": inner}}})
    assert schema["required"] == ["one", "many"]
    for part in (schema, schema["properties"]["one"], schema["properties"]["many"]["items"]):
        assert part["additionalProperties"] is False
    assert schema["properties"]["one"]["required"] == ["x"]
