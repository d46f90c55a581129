"""The answers as pages, for people who are signed in to the admin."""

from __future__ import annotations

from typing import Any

from rest_framework.renderers import BrowsableAPIRenderer
from rest_framework.request import Request


class Pages(BrowsableAPIRenderer):
    """To read, and to follow links. Forms could send no If-Match, and would offer whole tables to choose from."""

    def show_form_for_method(self, view: Any, method: str, request: Request, obj: Any) -> bool:
        return False
