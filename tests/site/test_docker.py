"""No Docker engine is needed: what the files name must exist."""

from __future__ import annotations

import re
import subprocess
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
import yaml
from django.conf import settings
from django.core.management import get_commands

from tests.site.entrypoints import check_command
from tests.site.test_configuration import in_example

ROOT = Path(settings.BASE_DIR)
APP = "voicebot_app"  # the role of docs/postgresql/roles.sql
DOCKERFILE = (ROOT / "Dockerfile").read_text()
COMPOSE = (ROOT / "docker-compose.yml").read_text()
COMPOSED: dict[str, Any] = yaml.safe_load(COMPOSE)
SERVICES: dict[str, dict[str, Any]] = COMPOSED["services"]
OURS = {name: service for name, service in SERVICES.items() if service["image"] == "voicebot"}
#: What is mounted of the repository: service, path here, path there.
BINDS = [
    (name, *volume.split(":")[:2])
    for name, service in SERVICES.items()
    for volume in service.get("volumes", [])
    if volume.startswith("./")
]


def seconds(text: str) -> float:
    match = re.fullmatch(r"(\d+)s", text)
    assert match, f"{text} is not a number of seconds"
    return float(match[1])


def test_what_the_dockerfile_copies_exists():
    sources = re.findall(r"^COPY (?!--from)(\S+) ", DOCKERFILE, re.MULTILINE)
    assert sources
    assert [source for source in sources if not (ROOT / source).exists()] == []


def test_the_image_does_not_run_as_root():
    assert re.findall(r"^USER (\w+)$", DOCKERFILE, re.MULTILINE) == ["10001"]
    assert "--uid 10001" in DOCKERFILE


@pytest.mark.parametrize("name", ["runtime", "extras"])
def test_either_image_gets_packages_with_hashes_only(name: str):
    """And the same ones: the larger list only adds to the smaller one."""
    pinned = re.compile(r"^([\w.-]+)==(\S+)", re.MULTILINE)
    lines = (ROOT / "requirements" / f"{name}.txt").read_text()
    assert len(re.findall(r"^    --hash=sha256:", lines, re.MULTILINE)) >= len(pinned.findall(lines)) > 80
    assert not re.search(r"https?:|^--(?!hash)", re.sub(r"#.*", "", lines), re.MULTILINE)
    extras = dict(pinned.findall((ROOT / "requirements" / "extras.txt").read_text()))
    assert {package: extras.get(package) for package, _ in pinned.findall(lines)} == dict(pinned.findall(lines))
    assert {"openai", "anthropic", "google-genai", "opentelemetry-sdk", "sentry-sdk"} <= extras.keys()


def test_the_image_holds_no_secret_and_no_data():
    ignored = (ROOT / ".dockerignore").read_text().split()
    assert {".env", ".git", "data", "secrets"} <= set(ignored)


def test_each_management_command_exists():
    named = set(re.findall(r"manage\.py (\w+)", DOCKERFILE + COMPOSE + (ROOT / "Makefile").read_text()))
    assert {"migrate", "runaudiosocket", "collectstatic", "demo", "sandbox"} <= named
    assert named <= get_commands().keys()


@pytest.mark.parametrize("name", OURS)
def test_each_command_starts(name: str):
    command = OURS[name].get("command") or re.findall(r"^CMD (.*)$", DOCKERFILE, re.MULTILINE)[0]
    check_command(yaml.safe_load(command) if command.startswith("[") else command)


@pytest.mark.parametrize(("name", "port"), [("web", 8000), ("audiosocket", 9091)])
@pytest.mark.parametrize("status", [200, 503])
def test_a_health_check_believes_what_it_is_answered(name: str, port: int, status: int):
    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    kind, _python, *arguments = SERVICES[name]["healthcheck"]["test"]
    with HTTPServer(("127.0.0.1", 0), Answer) as server:
        Thread(target=server.handle_request, daemon=True).start()
        arguments = [each.replace(f":{port}/", f":{server.server_port}/") for each in arguments]
        assert (kind, str(server.server_port) in arguments[-1]) == ("CMD", True)
        done = subprocess.run([sys.executable, *arguments], capture_output=True, timeout=20)
    assert (done.returncode == 0) == (status == 200)


@pytest.mark.parametrize("name", SERVICES)
def test_each_image_is_of_one_release_and_each_service_has_an_end(name: str):
    service = SERVICES[name]
    assert name in OURS or re.fullmatch(r"[\w/]+:v?\d+\.\d+(\.\d+)?", service["image"])
    assert {"cpus", "memory", "pids"} <= service["deploy"]["resources"]["limits"].keys()
    assert "no-new-privileges:true" in service["security_opt"]


def test_no_door_is_open_but_that_of_the_calls():
    published = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}
    assert published == {
        "web": ["127.0.0.1:8000:8000"],
        "audiosocket": ["9092:9092"],
        "grafana": ["127.0.0.1:3000:3000"],
    }
    assert COMPOSED["networks"] == {"storage": {"internal": True}}
    assert [SERVICES[name]["networks"] for name in ("postgres", "redis")] == [["storage"], ["storage"]]


@pytest.mark.parametrize(("name", "here", "there"), BINDS)
def test_what_is_mounted_exists(name: str, here: str, there: str):
    assert (ROOT / here).exists()


def test_prometheus_and_grafana_find_each_other_and_their_files():
    there = {there: ROOT / here for _, here, there in BINDS}
    config = yaml.safe_load(there["/etc/prometheus/prometheus.yml"].read_text())
    for pattern in config["rule_files"]:
        assert (there["/etc/prometheus/rules"].parent / pattern).is_file()
    for job in config["scrape_configs"]:
        for target in job["static_configs"][0]["targets"]:
            host = target.partition(":")[0]
            assert host == "localhost" or "storage" not in SERVICES[host].get("networks", ["default"])[:1]
    sources = yaml.safe_load((there["/etc/grafana/provisioning"] / "datasources" / "prometheus.yml").read_text())
    assert sources["datasources"][0]["url"] == "http://prometheus:9090"
    boards = yaml.safe_load((there["/etc/grafana/provisioning"] / "dashboards" / "voicebot.yml").read_text())
    assert list(there[boards["providers"][0]["options"]["path"]].glob("*.json"))


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


def test_only_the_migration_knows_the_owner_of_the_tables():
    assert [name for name, service in SERVICES.items() if "database_owner_url" in service.get("secrets", [])] == [
        "migrate"
    ]
    head = COMPOSE.split("x-voicebot")[0]
    made = {name: user for user, name in re.findall(r"'postgres://(\w+):%s@[^']*' > (\w+)", head)}
    assert made == {"database_owner_url": SERVICES["postgres"]["environment"]["POSTGRES_USER"], "database_url": APP}
    assert "postgres_app_password" in SERVICES["postgres"]["secrets"]


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
    assert used - {here for _, here, _ in BINDS} == COMPOSED["volumes"].keys()


def test_calls_have_the_time_to_end():
    calls = SERVICES["audiosocket"]
    assert seconds(calls["stop_grace_period"]) > float(calls["environment"]["DRAIN_SECONDS"]) + 10
