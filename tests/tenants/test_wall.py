"""The wall has no door that is not on a list: of models, of unique keys, of ways past it."""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.apps import apps
from django.db import models

from tenants.scope import TenantManager, TenantModel

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("voicebot_site", "tenants", "companies", "calls", "tickets", "telephony", "providers", "sandbox")

#: Models that no tenant owns, and why.
NOT_OWNED = {
    "tenants.Tenant": "the owner itself",
    "tenants.Membership": "signing in comes before the tenant is known",
    "tenants.JobRun": "jobs of the platform, and of tenants; only its staff see them",
    "tenants.Authenticator": "a person's, whatever company they act for",
    "tenants.SignIn": "a person's browser",
    "axes.AccessAttempt": "wrong passwords, before anybody is known",
    "axes.AccessAttemptExpiration": "as AccessAttempt",
    "axes.AccessFailureLog": "not used",
    "axes.AccessLog": "not used",
    "providers.Price": "what vendors charge the platform",
    "providers.ExchangeRate": "the same for all",
    "auth.User": "a person may work for several tenants",
    "auth.Group": "not used; rights come from the role",
    "auth.Permission": "names of rights",
    "auth.User_groups": "not used",
    "auth.User_user_permissions": "not used",
    "auth.Group_permissions": "not used",
    "contenttypes.ContentType": "names of models",
    "sessions.Session": "a browser's",
    "admin.LogEntry": "a person's; the history page loads the row that it is about through the wall",
}
#: Columns that are unique across tenants, and why that tells nobody anything.
UNIQUE_FOR_ALL = {
    "calls.Call.uuid": "an Asterisk makes it up; 122 random bits",
    "calls.Call.resumes": "the call is the tenant's own",
    "calls.Announcement.call_uuid": "as Call.uuid",
    "tenants.AsteriskServer.token_digest": "a hash of 256 random bits",
    "tenants.ApiKey.digest": "a hash of 256 random bits",
    "tickets.Ticket.call": "the call is the tenant's own",
}

MODELS = list(apps.get_models(include_auto_created=True))
OWNED = [model for model in MODELS if issubclass(model, TenantModel)]
owned = pytest.mark.parametrize("model", OWNED, ids=lambda model: model._meta.label)


def test_every_model_is_owned_or_on_the_list() -> None:
    assert {model._meta.label for model in MODELS if model not in OWNED} == set(NOT_OWNED)


@owned
def test_an_owned_model_is_reached_through_the_wall_only(model: type[TenantModel]) -> None:
    assert isinstance(model._default_manager, TenantManager)
    assert isinstance(model._base_manager, TenantManager)
    assert all(isinstance(manager, TenantManager) for manager in model._meta.managers)


@owned
def test_what_is_unique_is_unique_per_tenant(model: type[TenantModel]) -> None:
    constraints = [c for c in model._meta.constraints if isinstance(c, models.UniqueConstraint)]
    assert [c.name for c in constraints if "tenant" not in c.fields] == []
    assert model._meta.unique_together == (), "use UniqueConstraint: it is validated with the tenant"
    fields = [field for field in model._meta.concrete_fields if field.unique and not field.primary_key]
    assert {f"{model._meta.label}.{field.name}" for field in fields} <= set(UNIQUE_FOR_ALL)


def test_the_list_of_unique_columns_is_not_stale() -> None:
    for name in UNIQUE_FOR_ALL:
        label, _, column = name.rpartition(".")
        assert apps.get_model(label)._meta.get_field(column).unique


# --- Ways past the wall ---------------------------------------------------------

#: Names that lead past it, or would; a variable may be called `raw` or `cursor`.
NAMES = {"EVERYONE", "RawSQL"}
ATTRIBUTES = NAMES | {"_base_manager", "_raw_delete", "raw", "cursor"}


def uses(path: Path) -> Iterator[str]:
    """`function: NAME` of each banned name that a module's code uses."""

    def walk(node: ast.AST, place: str) -> Iterator[str]:
        for child in ast.iter_child_nodes(node):
            inside = place
            if isinstance(child, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
                inside = f"{place}.{child.name}".lstrip(".")
            match child:
                case ast.Name(id=name, ctx=ast.Load()) if name in NAMES:
                    yield f"{place or '(module)'}: {name}"
                case ast.Attribute(attr=name) if name in ATTRIBUTES:
                    yield f"{place or '(module)'}: {name}"
                case ast.Call(func=ast.Name(id="QuerySet") | ast.Attribute(attr="QuerySet")):
                    yield f"{place or '(module)'}: QuerySet()"
            yield from walk(child, inside)

    yield from walk(ast.parse(path.read_text(encoding="utf-8")), "")


LIST = Path(__file__).parent / "ways_past_the_wall.toml"


def test_every_way_past_the_wall_is_on_the_list_with_a_reason() -> None:
    reasons = {
        f"{file} {place}": reason
        for file, places in tomllib.loads(LIST.read_text(encoding="utf-8")).items()
        for place, reason in places.items()
    }
    modules = [path for room in ROOMS for path in (ROOT / room).rglob("*.py") if path != ROOT / "tenants" / "scope.py"]
    found = {f"{path.relative_to(ROOT)} {place}" for path in modules for place in uses(path)}
    assert found - set(reasons) == set(), f"stay inside the wall, or give the reason in {LIST.name}"
    assert set(reasons) - found == set(), f"gone from the code: take it from {LIST.name}"
    assert all(reasons.values())


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("def f():\n    with acting_for(EVERYONE): pass", ["f: EVERYONE"]),
        ("class A:\n    def f(self): return scope.EVERYONE", ["A.f: EVERYONE"]),
        ("Company.objects.raw('x')", ["(module): raw"]),
        ("async def f():\n    connection.cursor()", ["f: cursor"]),
        ("def f() -> QuerySet[Company]:\n    return models.QuerySet(Company)", ["f: QuerySet()"]),
        ("from tenants.scope import EVERYONE\n'EVERYONE'  # EVERYONE", []),
    ],
)
def test_the_search_finds_what_passes(tmp_path: Path, code: str, found: list[str]) -> None:
    (tmp_path / "module.py").write_text(code)
    assert list(uses(tmp_path / "module.py")) == found
