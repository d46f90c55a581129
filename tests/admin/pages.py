"""What a browser sees of a page, and would send back."""

from __future__ import annotations

from html.parser import HTMLParser

from django.http.response import HttpResponseBase
from django.test import Client


def text(response: HttpResponseBase) -> str:
    """The body, streamed or not."""
    body = b"".join(response) if response.streaming else response.content  # type: ignore[attr-defined]
    return body.decode("utf-8", "replace")


class _Forms(HTMLParser):
    def __init__(self, form_id: str) -> None:
        super().__init__()
        self.form_id = form_id
        self.data: dict[str, list[str]] = {}
        self.inside = False
        self.select = self.textarea = ""

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        attrs = {name: value or "" for name, value in attributes}
        name = attrs.get("name", "")
        if tag == "form":
            self.inside = attrs.get("id") == self.form_id
        elif not self.inside:
            return
        elif tag == "input" and name and attrs.get("type") not in {"submit", "button", "file"}:
            ticked = attrs.get("type") in {"checkbox", "radio"}
            if not ticked or "checked" in attrs:
                self.data.setdefault(name, []).append(attrs.get("value", "on" if ticked else ""))
        elif tag == "select":
            self.select = name
            self.data.setdefault(name, [])
        elif tag == "option" and self.select and "selected" in attrs:
            self.data[self.select].append(attrs.get("value", ""))
        elif tag == "textarea":
            self.textarea = name
            self.data[name] = [""]

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.inside = False
        elif tag == "select":
            self.select = ""
        elif tag == "textarea":
            self.textarea = ""

    def handle_data(self, data: str) -> None:
        if self.textarea:
            self.data[self.textarea] = [self.data[self.textarea][0] + data.removeprefix("\n")]


def form_of(client: Client, url: str, form_id: str) -> dict[str, list[str]]:
    """The fields of a form as a browser would post them unchanged."""
    response = client.get(url)
    assert response.status_code == 200, f"{url} answered {response.status_code}"
    return form_in(text(response), form_id)


def form_in(page: str, form_id: str) -> dict[str, list[str]]:
    parser = _Forms(form_id)
    parser.feed(page)
    return parser.data
