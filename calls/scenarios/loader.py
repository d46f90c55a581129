"""Scenarios from TOML: a file per group under fr/ and en/, a table per scenario."""

from __future__ import annotations

import re
import tomllib
import types
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from calls.models import Call
from calls.scenarios.scenario import Line, Scenario
from calls.scenarios.script import parse_script
from tenants import presets

Table = TypeVar("Table")

TICKET_FIELDS = frozenset(
    [
        "status",
        "problem_type",
        "client_name",
        "client_email",
        "company",
        "phone_number",
        "sentiment",
        "severity",
        "tag",
        "description",
    ]
)
_AFTER = re.compile(r"\[(?!hangup\])([a-z][a-z0-9_]*)\]\s*(.+)")


class ScenarioError(ValueError):
    """A file is no scenario; the text names the file, the scenario, the field and the remedy."""


def load(language: str, folder: Path | None = None) -> list[Scenario]:
    """All scenarios of a language, by file and in the order written. Raises ScenarioError."""
    folder = folder or Path(str(files("calls.scenarios")))
    found: dict[str, Scenario] = {}
    numbers: dict[str, str] = {}
    for path in sorted((folder / language).glob("*.toml")):
        for scenario in _read(path, language):
            if scenario.name in found:
                raise ScenarioError(f"{language}/{path.name}: {scenario.name}: the name is taken")
            # Played at the same time, calls from one number would know of each other.
            if (
                scenario.caller.number
                and (other := numbers.setdefault(scenario.caller.number, scenario.name)) != scenario.name
            ):
                raise ScenarioError(f"{language}/{path.name}: {scenario.name}: caller.number: it is {other}'s already")
            found[scenario.name] = scenario
    return list(found.values())


def _read(path: Path, language: str) -> list[Scenario]:
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ScenarioError(f"{language}/{path.name}: {error}") from None
    scenarios = []
    for name, table in tables.items():
        try:
            if not isinstance(table, dict):
                raise ValueError("a scenario is a table")
            scenario = _build(Scenario, {**table, "name": name, "language": language}, "")
            _check(scenario)
        except ValueError as error:
            raise ScenarioError(f"{language}/{path.name}: {name}: {error}") from None
        scenarios.append(scenario)
    return scenarios


def parse_lines(text: str) -> tuple[Line, ...]:
    """What a caller does, in the notation of calls.scenarios.script.

    A line may begin with the key of a phrase, «[ask_email] …»: it waits for this phrase,
    and is left out when the bot goes on without it, together with the lines without a key
    that follow it. Raises ScriptError.
    """
    lines = []
    for number, line in enumerate(text.splitlines(), 1):
        found = _AFTER.fullmatch(line.strip())
        after, rest = (found[1], found[2]) if found else ("", line)
        # Blank lines in front: an error names the line of the file.
        lines += [Line(step, after, rest.strip()) for step in parse_script("\n" * (number - 1) + rest)]
    return tuple(lines)


def _build(cls: type[Table], table: Mapping[str, Any], where: str) -> Table:
    """A dataclass from a table. Raises ValueError that names the field."""
    hints = get_type_hints(cls)
    known = {field.name: field for field in fields(cls)}  # type: ignore[arg-type]
    if unknown := table.keys() - known.keys():
        raise ValueError(f"{where}{min(unknown)}: unknown; there are {', '.join(known)}")
    for name, field in known.items():
        if name not in table and field.default is MISSING and field.default_factory is MISSING:
            raise ValueError(f"{where}{name}: is missing")
    return cls(**{name: _value(hints[name], value, f"{where}{name}") for name, value in table.items()})


def _value(kind: Any, value: Any, where: str) -> Any:
    if isinstance(kind, types.UnionType):  # … | None
        kind = get_args(kind)[0]
    origin, arguments = get_origin(kind), get_args(kind)
    if is_dataclass(kind) and isinstance(kind, type) and isinstance(value, dict):
        return _build(kind, value, f"{where}.")
    if origin is tuple and arguments[0] is Line and isinstance(value, str):
        try:
            return parse_lines(value)
        except ValueError as error:
            raise ValueError(f"{where}: {error}") from None
    if origin is tuple and isinstance(value, list):
        return tuple(_value(arguments[0], item, where) for item in value)
    if origin is Mapping and isinstance(value, dict):
        return {key: _value(arguments[1], item, f"{where}.{key}") for key, item in value.items()}
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if origin is None and isinstance(kind, type) and type(value) is kind:
        return value
    names = {"str": "text", "tuple": "a list", "Mapping": "a table", "float": "a number", "int": "a whole number"}
    name = getattr(origin or kind, "__name__", "")
    raise ValueError(f"{where}: {value!r} is not {names.get(name, 'true or false' if name == 'bool' else 'a table')}")


def _check(scenario: Scenario) -> None:
    """Names that only exist elsewhere. Raises ValueError."""
    expect = scenario.expect
    if expect.end not in Call.EndReason.values:
        raise ValueError(f"expect.end: {expect.end!r} is none of {', '.join(Call.EndReason.values)}")
    if not expect.scenes:
        raise ValueError("expect.scenes: name at least the scene that the call ends in")
    if unknown := expect.ticket.keys() - TICKET_FIELDS:
        raise ValueError(f"expect.ticket.{min(unknown)}: unknown; there are {', '.join(sorted(TICKET_FIELDS))}")
    phrases = presets.phrases(scenario.language)
    if unknown := expect.values.keys() - frozenset().union(*(phrase.values for phrase in phrases.values())):
        raise ValueError(f"expect.values.{min(unknown)}: no phrase says it")
    keys = phrases.keys() | {
        f"{kind.code}_step_{number}"
        for kind in presets.problem_types(scenario.language)
        for number in range(1, len(kind.steps) + 1)
    }
    named = {
        "says": [line.after for line in scenario.says if line.after],
        "expect.heard": expect.heard,
        "expect.not_heard": expect.not_heard,
        "expect.whole": expect.whole,
        "expect.interrupted": expect.interrupted or (),
        "expect.response_seconds": tuple(expect.response_seconds),
    }
    for where, used in named.items():
        for key in used:
            if key not in keys and not key.startswith("faq_"):
                raise ValueError(f"{where}: no phrase has the key {key!r}")
