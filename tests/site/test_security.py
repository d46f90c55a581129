"""What browsers and `manage.py check --deploy` are told."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client

from tests.cast import Cast
from voicebot_site.security import POLICY

ROOT = Path(settings.BASE_DIR)
PRODUCTION = {
    "DATABASE_URL": "postgres://nobody@127.0.0.1:1/none",
    "DEEPGRAM_API_KEY": "a",
    "ELEVENLABS_API_KEY": "b",
    "EMAIL_URL": "consolemail://",
    "GROQ_API_KEY": "c",
    "PATH": os.environ["PATH"],
    "REDIS_URL": "redis://127.0.0.1:1/0",
    "SECRET_KEY": "kT4hRw8sNc6v2Xo0eJ9nq4w8Zr1tYc5mBk7LdHs3PfGaUiVjQxNzEy",
    "SITE_URL": "https://voicebot.example.com",
}


def policy(header: str) -> dict[str, str]:
    """Directive -> sources."""
    return {name: sources for name, _, sources in (part.partition(" ") for part in header.split("; "))}


def test_every_answer_says_what_its_page_may_load(client: Client) -> None:
    for address in ("/healthz", "/nothing"):
        headers = client.get(address).headers
        assert headers["Content-Security-Policy"] == POLICY
        assert headers["X-Frame-Options"] == "DENY"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "same-origin"
        assert headers["Permissions-Policy"].startswith("microphone=(self), camera=()")


def test_nothing_comes_from_elsewhere_and_no_script_from_the_page() -> None:
    directives = policy(POLICY)
    assert directives["default-src"] == "'none'"
    assert not re.search(r"https?:|\*", POLICY)
    assert "unsafe-inline" not in directives["script-src"]


def test_no_page_has_a_script_that_the_policy_would_stop(cast: Cast, client: Client) -> None:
    client.force_login(cast.owner)
    for address in ("/admin/", "/admin/login/", "/admin/tickets/ticket/", "/admin/live/", "/admin/try/", "/api/v1/"):
        page = client.get(address).content.decode()
        scripts = re.findall(r"<script(?![^>]*\bsrc=)(?![^>]*type=\"application/json\")[^>]*>", page)
        assert scripts == [], address
        assert re.findall(r"<[^>]+\son(?:click|change|load|submit|input|error)=", page) == [], address


def run_check(**changed: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        cwd=ROOT,
        env=PRODUCTION | changed,
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_what_production_is_told_to_set_is_enough_for_django(tmp_path: Path) -> None:
    done = run_check(DATA_DIR=str(tmp_path))
    assert done.returncode == 0, done.stderr


def test_plain_http_in_production_is_not(tmp_path: Path) -> None:
    done = run_check(DATA_DIR=str(tmp_path), SITE_URL="http://voicebot.example.com")
    assert done.returncode == 1
    assert "SECURE_HSTS_SECONDS" in done.stderr
    assert "voicebot.W003" in done.stderr


@pytest.mark.parametrize(("secure", "header"), [(True, "max-age=31536000"), (False, None)])
def test_browsers_stay_with_https_once_they_came_by_it(client: Client, secure: bool, header: str | None, settings):
    settings.SECURE_HSTS_SECONDS = 31_536_000
    assert client.get("/healthz", secure=secure).headers.get("Strict-Transport-Security") == header


@pytest.mark.parametrize("file", ["Dockerfile", "docs/kubernetes/web.yaml"])
def test_the_web_server_lists_no_addresses_past_our_logs(file: str) -> None:
    """Links to set a password and words that were searched for stand in them."""
    command = re.findall(r'daphne"?, "?-v"?, "0"', (ROOT / file).read_text())
    assert len(command) == 1
