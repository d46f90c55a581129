#!/usr/bin/env python3
"""A CRM that keeps in step with the voicebot, in one file and with nothing but Python.

    export VOICEBOT_URL=https://voice.example.com VOICEBOT_KEY=vbk_… VOICEBOT_SECRET=whsec_…
    crm_sync.py pull                                    # everything, then only what changed
    crm_sync.py edit customers 7 email=p@example.com    # what somebody does in the CRM
    crm_sync.py push                                    # our changes; a conflict is settled field by field
    crm_sync.py import people.json                      # many rows at once, known by our own identifiers
    crm_sync.py serve --port 8080                       # webhooks: look at once instead of every few minutes

The CRM's own database is an SQLite file (--database). docs/api.md tells the rules that this follows.
"""

from __future__ import annotations

import argparse
import base64
import contextlib
import hashlib
import hmac
import json
import os
import sqlite3
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Row = dict[str, Any]

#: In this order: customers refer to companies, tickets to both.
RESOURCES = ("companies", "customers", "tickets")
#: What people may change in this CRM, by resource.
EDITABLE = {
    "companies": ("name", "external_id"),
    "customers": ("first_name", "last_name", "email", "external_id"),
    "tickets": ("status", "severity", "tag", "external_id"),
}
ATTEMPTS = 5
TOLERANCE_SECONDS = 300


class Problem(Exception):
    """An answer that is an error: `status`, and `document` as RFC 9457 has it."""

    def __init__(self, status: int, document: Row) -> None:
        super().__init__(f"{status} {document.get('title', '')}: {document.get('detail', '')}")
        self.status, self.document = status, document


class Voicebot:
    """The API. Waits when it is asked to; a write that got lost on the way is sent again, and done once."""

    def __init__(self, url: str, key: str) -> None:
        self._base, self._key = f"{url.rstrip('/')}/api/v1/", key

    def get(self, path: str, **query: str) -> Row:
        return self._request("GET", path if "://" in path else f"{path}?{urllib.parse.urlencode(query)}")

    def pages(self, path: str, **query: str) -> Iterator[Row]:
        page = self.get(path, **query)
        yield page
        while page["next"]:
            page = self.get(page["next"])
            yield page

    def post(self, path: str, body: Row) -> Row:
        return self._request("POST", path, body)

    def patch(self, path: str, body: Row, etag: str) -> Row:
        return self._request("PATCH", path, body, {"If-Match": etag})

    def _request(self, method: str, path: str, body: Row | None = None, headers: Row | None = None) -> Row:
        headers = {"Authorization": f"Bearer {self._key}", "Accept": "application/json", **(headers or {})}
        if method != "GET":
            headers |= {"Content-Type": "application/json", "Idempotency-Key": str(uuid.uuid4())}
        sent = urllib.request.Request(  # noqa: S310
            urllib.parse.urljoin(self._base, path),
            json.dumps(body).encode() if body is not None else None,
            headers,
            method=method,
        )
        for attempt in range(1, ATTEMPTS + 1):
            try:
                with urllib.request.urlopen(sent, timeout=120) as answer:  # noqa: S310
                    document: Row = json.loads(answer.read() or b"{}")
                    return document
            except urllib.error.HTTPError as error:
                # 409 with Retry-After: what we sent before is still being worked on.
                is_passing = error.code >= 500 or "Retry-After" in error.headers
                if not is_passing or attempt == ATTEMPTS:
                    raise Problem(error.code, json.loads(error.read() or b"{}")) from None
                time.sleep(float(error.headers.get("Retry-After") or 2**attempt))
            except (urllib.error.URLError, TimeoutError):
                if attempt == ATTEMPTS:
                    raise
                time.sleep(2**attempt)
        raise AssertionError("unreachable")


class Crm:
    """Our own database: the copy, what was changed here since, and which webhooks were taken."""

    def __init__(self, path: str) -> None:
        self._db = sqlite3.connect(path, timeout=30, isolation_level=None)
        self._db.executescript("""
            PRAGMA journal_mode = WAL;
            CREATE TABLE IF NOT EXISTS rows (
                resource TEXT, id INTEGER, body TEXT, changes TEXT DEFAULT '{}', PRIMARY KEY (resource, id));
            CREATE TABLE IF NOT EXISTS sync (resource TEXT PRIMARY KEY, until TEXT);
            CREATE TABLE IF NOT EXISTS events (id TEXT PRIMARY KEY, type TEXT);
        """)

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    def since(self, resource: str) -> str | None:
        found = self._db.execute("SELECT until FROM sync WHERE resource = ?", [resource]).fetchone()
        return found[0] if found else None

    def synced(self, resource: str, until: str | None) -> None:
        self._db.execute("INSERT OR REPLACE INTO sync VALUES (?, ?)", [resource, until])

    def row(self, resource: str, key: int) -> tuple[Row, Row] | None:
        """(what the voicebot said last, what was changed here since)."""
        found = self._db.execute("SELECT body, changes FROM rows WHERE resource = ? AND id = ?", [resource, key])
        row = found.fetchone()
        return (json.loads(row[0]), json.loads(row[1])) if row else None

    def store(self, resource: str, row: Row) -> None:
        """By its id, whether we know it or not; what was changed here and not sent yet stays."""
        self._db.execute(
            "INSERT INTO rows (resource, id, body) VALUES (?, ?, ?)"
            " ON CONFLICT (resource, id) DO UPDATE SET body = excluded.body",
            [resource, row["id"], json.dumps(row)],
        )

    def change(self, resource: str, key: int, changes: Row) -> None:
        self._db.execute(
            "UPDATE rows SET changes = ? WHERE resource = ? AND id = ?", [json.dumps(changes), resource, key]
        )

    def forget(self, resource: str, key: int) -> int:
        """1, or 0 when we never had it."""
        return self._db.execute("DELETE FROM rows WHERE resource = ? AND id = ?", [resource, key]).rowcount

    def keys(self, resource: str) -> set[int]:
        return {key for (key,) in self._db.execute("SELECT id FROM rows WHERE resource = ?", [resource])}

    def changed(self, resource: str) -> list[tuple[int, Row, Row]]:
        found = self._db.execute(
            "SELECT id, body, changes FROM rows WHERE resource = ? AND changes != '{}' ORDER BY id", [resource]
        )
        return [(key, json.loads(body), json.loads(changes)) for key, body, changes in found.fetchall()]

    def is_new_event(self, identifier: str, kind: str) -> bool:
        return self._db.execute("INSERT OR IGNORE INTO events VALUES (?, ?)", [identifier, kind]).rowcount == 1


# --- From the voicebot to us ------------------------------------------------------


def pull(voicebot: Voicebot, crm: Crm) -> Row:
    """Copy what changed since the last time, the first time everything; what is gone there goes here."""
    told = {"stored": 0, "deleted": 0}
    for resource in RESOURCES:
        since = crm.since(resource)
        try:
            _pull(voicebot, crm, resource, since, told)
        except Problem as problem:
            if problem.status != 410:
                raise
            _pull(voicebot, crm, resource, None, told)  # away for too long: everything anew
    return told


def _pull(voicebot: Voicebot, crm: Crm, resource: str, since: str | None, told: Row) -> None:
    query = {"limit": "200", **({"updated_since": since} if since else {})}
    gone = []
    if since:  # asked for first: 410 must come before anything is stored
        for page in voicebot.pages("deletions", resource=resource, **query):
            gone += [int(row["object_id"]) for row in page["results"]]
    seen = set()
    for page in voicebot.pages(resource, **query):
        with crm.transaction():
            for row in page["results"]:
                crm.store(resource, row)
                seen.add(row["id"])
    with crm.transaction():
        for key in gone if since else crm.keys(resource) - seen:
            told["deleted"] += crm.forget(resource, key)
        crm.synced(resource, page["synced_until"])
    told["stored"] += len(seen)


# --- From us to the voicebot ------------------------------------------------------


def push(voicebot: Voicebot, crm: Crm) -> Row:
    """Send what was changed here. Whoever changed the same field there first is right; it is told as a conflict."""
    told: Row = {"sent": 0, "conflicts": [], "refused": [], "gone": 0}
    for resource in RESOURCES:
        for key, body, changes in crm.changed(resource):
            _push(voicebot, crm, resource, key, body, changes, told)
    return told


def _push(voicebot: Voicebot, crm: Crm, resource: str, key: int, body: Row, changes: Row, told: Row) -> None:
    for _attempt in range(ATTEMPTS):
        try:
            stored = voicebot.patch(f"{resource}/{key}", changes, body["etag"]) if changes else body
        except Problem as problem:
            if problem.status == 412:  # somebody changed the row since we read it
                fresh = voicebot.get(f"{resource}/{key}")
                lost = {name for name in changes if fresh[name] != body[name] and fresh[name] != changes[name]}
                for name in sorted(lost):
                    told["conflicts"].append(f"{resource}/{key}.{name}: {fresh[name]!r} stays, not {changes[name]!r}")
                body, changes = fresh, {name: value for name, value in changes.items() if name not in lost}
                continue
            if problem.status == 404:
                crm.forget(resource, key)
                told["gone"] += 1
            elif problem.status in (400, 409):
                told["refused"].append(f"{resource}/{key}: {problem}")  # kept here, for a person to mend
            else:
                raise
            return
        with crm.transaction():
            crm.store(resource, stored)
            crm.change(resource, key, {})
        told["sent"] += bool(changes)
        return
    told["refused"].append(f"{resource}/{key}: it changes too often")


def import_rows(voicebot: Voicebot, rows: dict[str, list[Row]]) -> Row:
    """Many rows of ours, by our own identifiers: {"companies": […], "customers": […]}."""
    told: Row = {"created": 0, "updated": 0, "unchanged": 0, "failed": []}
    for resource in ("companies", "customers"):  # customers name their companies
        found = rows.get(resource, [])
        for start in range(0, len(found), 1000):
            part = found[start : start + 1000]
            answer = voicebot.post(f"{resource}/bulk", {"rows": part})
            for state in ("created", "updated", "unchanged"):
                told[state] += answer[state]
            told["failed"] += [
                {"row": part[result["index"]], "errors": result["errors"]}
                for result in answer["results"]
                if result["state"] == "failed"
            ]
    return told


# --- Webhooks -----------------------------------------------------------------------


def is_genuine(secret: str, headers: Any, body: bytes) -> bool:
    """Whether the voicebot sent this, just now (Standard Webhooks)."""
    identifier, at = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not at.isdecimal() or abs(time.time() - int(at)) > TOLERANCE_SECONDS:
        return False
    key = base64.b64decode(secret.removeprefix("whsec_"))
    wanted = base64.b64encode(hmac.new(key, f"{identifier}.{at}.".encode() + body, hashlib.sha256).digest()).decode()
    given = [part.partition(",")[2] for part in headers.get("webhook-signature", "").split()]
    return any(hmac.compare_digest(wanted, each) for each in given)


def serve(voicebot: Voicebot, database: str, secret: str, port: int) -> None:
    """Take webhooks until interrupted, and look at what has changed. One that is replayed changes nothing.

    The lists are the truth: an event only says that it is time to read them. Answered at
    once, because the voicebot waits; several events that come together are read once.
    """
    wake = threading.Event()

    def follow() -> None:
        crm = Crm(database)
        while wake.wait():
            wake.clear()
            try:
                print(f"pulled {json.dumps(pull(voicebot, crm))}", flush=True)
            except (Problem, OSError) as error:  # the next event, or the next pull by the clock, brings it
                print(f"not pulled: {error}", flush=True)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            if not is_genuine(secret, self.headers, body):
                return self._answer(400, "not genuine")
            event = json.loads(body)
            if Crm(database).is_new_event(self.headers["webhook-id"], event["type"]):
                wake.set()
                return self._answer(200, f"taken {event['type']}")
            return self._answer(200, f"had it already {event['type']}")

        def _answer(self, status: int, text: str) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text.encode())
            print(text, flush=True)

        def log_message(self, *_args: Any) -> None:
            """The answers are printed."""

    threading.Thread(target=follow, daemon=True).start()
    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    print(f"listening on {server.server_address[1]}", flush=True)
    server.serve_forever()


# --- The command line ---------------------------------------------------------------


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--database", default="crm.sqlite3")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("pull")
    commands.add_parser("push")
    edit = commands.add_parser("edit")
    edit.add_argument("resource", choices=RESOURCES)
    edit.add_argument("id", type=int)
    edit.add_argument("changes", nargs="+", metavar="field=value")
    commands.add_parser("import").add_argument("file")
    commands.add_parser("serve").add_argument("--port", type=int, default=8080)
    options = parser.parse_args()

    crm = Crm(options.database)
    if options.command == "edit":
        changes = dict(each.split("=", 1) for each in options.changes)
        known = crm.row(options.resource, options.id)
        if known is None or set(changes) - set(EDITABLE[options.resource]):
            sys.exit(f"no such row, or not one of {', '.join(EDITABLE[options.resource])}")
        return crm.change(options.resource, options.id, {**known[1], **changes})
    voicebot = Voicebot(os.environ["VOICEBOT_URL"], os.environ["VOICEBOT_KEY"])
    if options.command == "serve":
        return serve(voicebot, options.database, os.environ["VOICEBOT_SECRET"], options.port)
    if options.command == "import":
        with open(options.file, encoding="utf-8") as file:
            told = import_rows(voicebot, json.load(file))
    else:
        told = (pull if options.command == "pull" else push)(voicebot, crm)
    print(json.dumps(told))
    return None


if __name__ == "__main__":
    main()
