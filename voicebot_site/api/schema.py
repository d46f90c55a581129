"""The OpenAPI description, made from the views: also of every error and header."""

from __future__ import annotations

from typing import Any, Final

from django.utils import translation
from drf_spectacular.drainage import set_override
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import inline_serializer
from rest_framework import serializers
from rest_framework.permissions import SAFE_METHODS

from voicebot_site.api.problems import MEDIA_TYPE, problem
from voicebot_site.api.queries import RowQuery

#: Status -> when it is answered.
ERRORS: Final = {
    400: "What was sent is wrong; `errors` names the fields.",
    401: "No key, or none that works.",
    403: "The key lacks the right.",
    404: "There is no such row, or it is another company's.",
    405: "There is no such method.",
    406: "Only JSON is spoken.",
    409: "There is such a row already: `id` says which, `errors` by which fields. Or something else changed at the "
    "same time; with Retry-After: what was sent first is still being worked on.",
    410: "What is asked for is not kept any more.",
    412: "The row has changed since it was read.",
    413: "The body is too large, or has more than 1,000 rows.",
    415: "The body must be JSON.",
    416: "There is nothing at this Range.",
    422: "The Idempotency-Key was used for another request.",
    428: "If-Match is missing.",
    429: "Too many requests: see Retry-After.",
}
ALWAYS: Final = (400, 401, 403, 405, 406, 429)

PROBLEM: Final = {
    "type": "object",
    "description": "RFC 9457",
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"field": {"type": "string"}, "detail": {"type": "string"}},
                "required": ["field", "detail"],
            },
        },
        "id": {"type": "integer", "description": "Of 409: the row that is there already, with the same unique values."},
    },
    "required": ["type", "title", "status", "detail"],
}

HEADERS: Final = {
    "RateLimit-Limit": "Requests allowed in a minute.",
    "RateLimit-Remaining": "How many are left of them.",
    "RateLimit-Reset": "Seconds until they are counted anew.",
}
IDEMPOTENCY_KEY: Final = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "A write that is sent again with the same key within 24 hours is not done again.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 100, "pattern": "^[!-~]+$"},
}
IF_MATCH: Final = {
    "name": "If-Match",
    "in": "header",
    "required": True,
    "description": "The `etag` of the row as it was read, in quotes; `*` takes any.",
    "schema": {"type": "string"},
    "example": '"7-6439a6a0d8f40"',
}


IF_NONE_MATCH: Final = {
    "name": "If-None-Match",
    "in": "header",
    "required": False,
    "description": "The `etag` of the row as it is known, in quotes: 304 where it still is so. Not with `expand`.",
    "schema": {"type": "string"},
    "example": '"7-6439a6a0d8f40"',
}
UNCHANGED: Final = {"description": "The row is as `If-None-Match` says."}


def components() -> dict[str, Any]:
    """What descriptions refer to, by kind of component."""
    responses = {}
    for code, description in ERRORS.items():
        responses[f"Problem{code}"] = {
            "description": description,
            "content": {
                MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}, "example": problem(code, detail="…")}
            },
        }
    for name in ("Problem409", "Problem429"):
        responses[name]["headers"] = {"Retry-After": {"description": "Seconds.", "schema": {"type": "integer"}}}
    headers = {
        name: {"description": description, "schema": {"type": "integer"}} for name, description in HEADERS.items()
    }
    headers["ETag"] = {"description": "The state of the row, for If-Match.", "schema": {"type": "string"}}
    return {"schemas": {"Problem": PROBLEM}, "responses": responses, "headers": headers}


class Generator(SchemaGenerator):
    """In English, whoever asks: names of fields are English, too."""

    def get_schema(self, request: Any = None, public: bool = False) -> Any:
        with translation.override("en"):
            return super().get_schema(request, public)  # type: ignore[no-untyped-call]


class Described(AutoSchema):
    """REST_FRAMEWORK's DEFAULT_SCHEMA_CLASS."""

    view: Any

    def get_tags(self) -> list[str]:
        return [self._resource] if self._resource else ["api"]

    def get_operation_id(self) -> str:
        action = {"partial_update": "update", "destroy": "delete"}.get(self._action, self._action)
        return f"{self._resource}_{action}" if self._is_plain else str(super().get_operation_id())

    def get_summary(self) -> str | None:
        if not self._is_plain:
            return None
        verbs = {"list": "List", "retrieve": "Show one of", "create": "Add to", "destroy": "Delete one of"}
        return f"{verbs.get(self._action, 'Change one of')} {self._resource}"

    def get_override_parameters(self) -> list[Any]:
        if self._is_plain and self._action != "destroy":
            return [self.view.filters if self._action == "list" else RowQuery]
        return []

    def get_response_serializers(self) -> Any:
        if not (self._is_plain and self._action == "list"):
            return super().get_response_serializers()
        row = self.view.serializer_class
        return page_of(row.__name__.removesuffix("Serializer"), row)

    def get_operation(self, *args: Any, **kwargs: Any) -> dict[str, Any] | None:
        operation: dict[str, Any] | None = super().get_operation(*args, **kwargs)
        if operation is None or not self._resource:
            return operation
        writes, names_a_row = self.method not in SAFE_METHODS, "{" in self.path
        changes = self._is_plain and self._action in ("partial_update", "destroy")
        parameters = operation.setdefault("parameters", [])
        shows_a_row = self._is_plain and self._action == "retrieve"
        parameters += [IF_MATCH] if changes else []
        parameters += [IF_NONE_MATCH] if shows_a_row else []
        parameters += [IDEMPOTENCY_KEY] if writes else []
        operation["summary"] = operation.get("summary") or operation.get("description", "").split("\n")[0]
        if shows_a_row:
            operation["responses"]["304"] = {**UNCHANGED, "headers": {"ETag": {"$ref": "#/components/headers/ETag"}}}
        for code, answer in operation["responses"].items():
            answer.setdefault("headers", {}).update(
                {name: {"$ref": f"#/components/headers/{name}"} for name in HEADERS}
            )
            if self._is_plain and self._action not in ("list", "destroy") and code in ("200", "201"):
                answer["headers"]["ETag"] = {"$ref": "#/components/headers/ETag"}
        codes = {*ALWAYS, *(getattr(self.view, "also_answers", ()))}
        codes |= {404} if names_a_row else set()
        codes |= {409, 413, 415, 422} if writes else set()
        codes |= {412, 428} if changes else set()
        for number in sorted(codes):
            operation["responses"].setdefault(str(number), {"$ref": f"#/components/responses/Problem{number}"})
        return operation

    @property
    def _resource(self) -> str:
        return str(getattr(self.view, "resource", ""))

    @property
    def _action(self) -> str:
        return str(getattr(self.view, "action", ""))

    @property
    def _is_plain(self) -> bool:
        """Whether it is one of the five that every resource has."""
        return hasattr(self.view, "filters") and self._action in (
            "list",
            "retrieve",
            "create",
            "partial_update",
            "destroy",
        )


def page_of(name: str, row: type[serializers.BaseSerializer[Any]]) -> serializers.Serializer[Any]:
    """The serializer of a page of rows."""
    described = inline_serializer(
        f"{name}Page",
        {
            "results": row(many=True),
            "next": serializers.URLField(allow_null=True, help_text="The next page; null: this is the last."),
            "synced_until": serializers.DateTimeField(help_text="What to ask for as `updated_since` the next time."),
        },
    )
    set_override(described, "many", False)
    return described


def rows_of(name: str, row: type[serializers.BaseSerializer[Any]]) -> serializers.Serializer[Any]:
    """The serializer of rows that need no pages."""
    described = inline_serializer(f"{name}Rows", {"results": row(many=True)})
    set_override(described, "many", False)
    return described


def finish(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """A hook, at the end: adds what all descriptions refer to.

    `fields` may leave any field out of an answer, so none of a row's is required in one.
    """
    parts = result["components"]
    for schema in parts["schemas"].values():
        if "etag" in schema.get("properties", {}):
            schema.pop("required", None)
    for kind, added in components().items():
        parts[kind] = {**parts.get(kind, {}), **added}
    return result
