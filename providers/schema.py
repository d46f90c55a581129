"""Does an answer have the shape that was asked for? The part of JSON Schema that the
strict mode of language models knows: type, enum, properties, required, items."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

_TYPES: Final[Mapping[str, type | tuple[type, ...]]] = {
    "object": dict,
    "array": list,
    "string": str,
    "boolean": bool,
    "integer": int,
    "number": (int, float),
    "null": type(None),
}


def strict(schema: Mapping[str, Any]) -> dict[str, Any]:
    """The schema as strict modes want it: every property required and no other allowed."""
    closed = dict(schema)
    if "properties" in closed:
        closed["properties"] = {name: strict(part) for name, part in closed["properties"].items()}
        closed |= {"required": list(closed["properties"]), "additionalProperties": False}
    if "items" in closed:
        closed["items"] = strict(closed["items"])
    return closed


def fits(value: Any, schema: Mapping[str, Any]) -> bool:
    """Whether `value` (as json.loads gives it) has the shape of `schema`, all properties present."""
    kinds = schema.get("type", [])
    kinds = [kinds] if isinstance(kinds, str) else kinds
    if kinds and not any(_is(value, kind) for kind in kinds):
        return False
    if "enum" in schema and value not in schema["enum"]:
        return False
    if isinstance(value, dict):
        properties = schema.get("properties", {})
        return all(name in value for name in properties) and all(
            fits(part, properties[name]) for name, part in value.items() if name in properties
        )
    if isinstance(value, list) and "items" in schema:
        return all(fits(item, schema["items"]) for item in value)
    return True


def _is(value: Any, kind: str) -> bool:
    if isinstance(value, bool):  # an int to Python, not to JSON
        return kind == "boolean"
    return isinstance(value, _TYPES[kind])
