"""A system that speaks with the API as a CRM does: a key, and JSON."""

from __future__ import annotations

import json
from typing import Any

from django.test import Client

from tests.cast import House, secret_of


class Crm:
    """`crm.get("customers", limit=2)`; answers have `.json()`, `.status_code` and headers."""

    def __init__(self, house: House, **headers: str) -> None:
        self._client = Client(raise_request_exception=True)
        self._headers = {"Authorization": f"Bearer {secret_of(house.tenant.name)}", "Accept-Language": "en", **headers}

    def get(self, path: str, **query: Any) -> Any:
        return self._client.get(address(path), query, headers=self._headers)

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """`If_Match='"…"'` is a header."""
        more = {name.replace("_", "-"): value for name, value in headers.items()}
        return self._client.generic(
            method,
            address(path),
            b"" if body is None else json.dumps(body),
            "application/json",
            headers={**self._headers, **more},
        )

    def post(self, path: str, body: Any, **headers: str) -> Any:
        return self.send("POST", path, body, **headers)

    def patch(self, path: str, body: Any, **headers: str) -> Any:
        return self.send("PATCH", path, body, **headers)

    def all(self, path: str, **query: Any) -> list[Any]:
        """The rows of every page."""
        answer = self.get(path, **query).json()
        rows: list[Any] = answer["results"]
        while answer["next"]:
            answer = self._client.get(answer["next"], headers=self._headers).json()
            rows += answer["results"]
        return rows


def address(path: str) -> str:
    return f"/api/v1/{path}"


def fields_of(answer: Any) -> list[str]:
    """The fields that a problem complains of."""
    return [error["field"] for error in answer.json()["errors"]]
