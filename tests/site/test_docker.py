"""No Docker engine is needed: what the files name must exist."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.conf import settings
from django.core.management import get_commands

from tests.site.test_configuration import in_example

ROOT = Path(settings.BASE_DIR)
DOCKERFILE = (ROOT / "Dockerfile").read_text()
COMPOSE = (ROOT / "docker-compose.yml").read_text()
COMPOSED: dict[str, Any] = yaml.safe_load(COMPOSE)
SERVICES: dict[str, dict[str, Any]] = COMPOSED["services"]
OURS = {name: service for name, service in SERVICES.items() if service["image"] == "voicebot"}


def seconds(text: str) -> float:
    match = re.fullmatch(r"(\d+)s", text)
    assert match, f"{text} is not a number of seconds"
    return float(match[1])


def test_what_the_dockerfile_copies_exists():
    sources = re.findall(r"^COPY (?!--from)(\S+) ", DOCKERFILE, re.MULTILINE)
    assert sources
    assert [source for source in sources if not (ROOT / source).exists()] == []


def test_the_image_does_not_run_as_root():
    assert re.search(r"^USER (?!root)\w+$", DOCKERFILE, re.MULTILINE)


def test_the_image_holds_no_secret_and_no_data():
    ignored = (ROOT / ".dockerignore").read_text().split()
    assert {".env", ".git", "data", "secrets"} <= set(ignored)


def test_each_management_command_exists():
    named = set(re.findall(r"manage\.py (\w+)", DOCKERFILE + COMPOSE + (ROOT / "Makefile").read_text()))
    assert {"migrate", "runaudiosocket", "collectstatic", "demo", "sandbox"} <= named
    assert named <= get_commands().keys()


@pytest.mark.parametrize("name", OURS)
def test_each_variable_is_a_documented_one(name: str):
    for variable in OURS[name]["environment"]:
        assert variable.removesuffix("_FILE") in in_example()


@pytest.mark.parametrize("name", SERVICES)
def test_each_secret_is_a_declared_file_that_git_ignores(name: str):
    service = SERVICES[name]
    for variable, value in service.get("environment", {}).items():
        if variable.endswith("_FILE"):
            secret = value.removeprefix("/run/secrets/")
            assert secret in service["secrets"]
            assert COMPOSED["secrets"][secret] == {"file": f"secrets/{secret}"}
    assert "/secrets/" in (ROOT / ".gitignore").read_text().splitlines()


@pytest.mark.parametrize("name", SERVICES)
def test_what_a_service_waits_for_can_become_so(name: str):
    for other, how in SERVICES[name].get("depends_on", {}).items():
        if how["condition"] == "service_healthy":
            assert "healthcheck" in SERVICES[other]
        else:
            assert how["condition"] == "service_completed_successfully"
            assert SERVICES[other]["restart"] == "on-failure"


def test_each_lasting_service_says_whether_it_is_healthy():
    assert [name for name, service in SERVICES.items() if "healthcheck" not in service] == ["migrate"]


def test_each_volume_is_declared():
    used = {volume.split(":")[0] for service in SERVICES.values() for volume in service.get("volumes", [])}
    assert used == COMPOSED["volumes"].keys()


def test_calls_have_the_time_to_end():
    calls = SERVICES["audiosocket"]
    assert seconds(calls["stop_grace_period"]) > float(calls["environment"]["DRAIN_SECONDS"]) + 10
