"""What the product says of itself: one JSON object per line for machines, readable lines for a terminal.

Both tell which call and which company a line is about, mask secrets and telephone
numbers, and let nothing that came from outside look like a line of its own.
"""

from __future__ import annotations

import json
import logging
import re
import sys
import time
from collections.abc import Iterable
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any, Final

from django.conf import settings

#: The call that the code works for.
current_call: ContextVar[str] = ContextVar("call", default="")

#: Who says what, as it is said; told in a terminal only, because it is what callers said.
conversation: Final = logging.getLogger("voicebot.conversation")
CALLER: Final = "👤"
BOT: Final = "🤖"

_LEVELS: Final = {"WARNING": "\x1b[33m", "ERROR": "\x1b[31m", "CRITICAL": "\x1b[31;1m"}
_RESET: Final = "\x1b[0m"

# --- What is not said -----------------------------------------------------------

HIDDEN: Final = "***"
_NAMED_SECRET: Final = re.compile(
    r"""(?ix) (\b[\w-]*(?:api[_-]?key|token|secret|passw(?:or)?d|credential|authorization)\w*["']?\s*[=:]\s*["']?)
    (?:(?:bearer|basic|token)\s+)? [^\s"',;&}]{3,}"""
)
_BEARER: Final = re.compile(r"(?i)\b(bearer|basic)\s+[\w.~+/=-]{6,}")
# By their form: our own keys, those of OpenAI's and ElevenLabs' kind, and Deepgram's.
_KEY: Final = re.compile(r"\b(?:(?:sk|gsk|whsec|xi|pk|vbk)[-_][A-Za-z0-9_-]{8,}|[0-9a-f]{40,})\b")
_USERINFO: Final = re.compile(r"(\w+://[^\s:/@]*):[^\s/@]+@")
# +33 6 12 34 56 78, 06.12.34.56.78, 33612345678; no identifier, address, date or amount.
_NUMBER: Final = re.compile(
    r"(?<![\w.:/-])(?:\+\d(?:[ .()-]{0,2}\d){6,14}|0\d(?:[ .-]?\d\d){4}|\d{9,15})(?![\w:/-]|\.\d)"
)
_SHOWN_DIGITS: Final = 2
_SHORTEST_SECRET: Final = 8


def _our_secrets() -> Iterable[str]:
    yield settings.SECRET_KEY
    yield settings.METRICS_TOKEN
    yield settings.SENTRY_DSN
    yield from settings.OTEL_EXPORTER_OTLP_HEADERS
    yield from settings.ENCRYPTION_KEYS
    yield settings.DATABASES["default"].get("PASSWORD") or ""
    for vendor in settings.VENDORS.values():
        yield vendor["api_key"]


def masked(text: str) -> str:
    """The text without secrets, and with the last two digits of telephone numbers."""
    for secret in _our_secrets():
        if len(secret) >= _SHORTEST_SECRET:
            text = text.replace(secret, HIDDEN)
    text = _USERINFO.sub(rf"\1:{HIDDEN}@", text)
    text = _NAMED_SECRET.sub(rf"\1{HIDDEN}", text)
    text = _BEARER.sub(rf"\1 {HIDDEN}", text)
    text = _KEY.sub(HIDDEN, text)
    return _NUMBER.sub(_masked_number, text)


def _masked_number(match: re.Match[str]) -> str:
    digits = sum(character.isdigit() for character in match[0])
    shown = digits - _SHOWN_DIGITS
    out = []
    for character in match[0]:
        if character.isdigit():
            shown -= 1
            out.append("•" if shown >= 0 else character)
        else:
            out.append(character)
    return "".join(out)


# Whatever ends a line, moves the cursor, or turns the direction of writing around.
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def neutral(text: str) -> str:
    """One line: control characters as they are written in Python."""
    return _CONTROL.sub(lambda match: match[0].encode("unicode_escape").decode(), text)


# --- How it is said ----------------------------------------------------------------


class _Formatter(logging.Formatter):
    def said(self, record: logging.LogRecord) -> str:
        return neutral(masked(record.getMessage()))

    def api_key(self, record: logging.LogRecord) -> str:
        """The name of the key that the request came with."""
        key = getattr(getattr(record, "request", None), "api_key", None)
        return neutral(masked(key.name)) if key else ""

    def trace(self, record: logging.LogRecord) -> list[str]:
        """Lines of the traceback, each without a way to pass for another; of a request that was refused, none."""
        if getattr(record, "status_code", 500) < 500:
            return []
        text = "\n".join(
            part
            for part in (
                self.formatException(record.exc_info) if record.exc_info else record.exc_text,
                self.formatStack(record.stack_info) if record.stack_info else "",
            )
            if part
        )
        return [neutral(line) for line in masked(text).split("\n")] if text else []


class JsonFormatter(_Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": self.said(record),
            "call": current_call.get(),
            "tenant": tenant(record),
            "api_key": self.api_key(record),
            "process": record.process,
        }
        if trace := self.trace(record):
            line["exception"] = "\n".join(trace)
        return json.dumps({name: value for name, value in line.items() if value != ""}, ensure_ascii=False)


class TerminalFormatter(_Formatter):
    def format(self, record: logging.LogRecord) -> str:
        about = " ".join(part for part in (tenant(record), self.api_key(record), current_call.get()[:8]) if part)
        about = f"[{about}] " if about else ""
        moment = time.strftime("%H:%M:%S", time.localtime(record.created))
        if record.name == conversation.name:
            return f"{moment} {about}{self.said(record)}"
        level = record.levelname
        if sys.stderr.isatty() and level in _LEVELS:
            level = f"{_LEVELS[level]}{level}{_RESET}"
        lines = [f"{moment} {level} {about}{record.name}: {self.said(record)}"]
        return "\n".join(lines + [f"    | {line}" for line in self.trace(record)])


def tenant(record: logging.LogRecord | None = None) -> str:
    """Whoever is acted for, or was for the request that `record` is about: Django tells of its answer later.

    Logs are set up before models can be imported: until then, nobody is.
    """
    scope = sys.modules.get("tenants.scope")
    tenant = None if scope is None or scope.acting_for_nobody() else scope.current_tenant()
    tenant = tenant or getattr(getattr(record, "request", None), "tenant", None)
    return str(getattr(tenant, "slug", ""))  # EVERYONE has none
