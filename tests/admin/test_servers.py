"""What a company hands to its telephony engineer, and the page of the self-test."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from calls import selftest
from telephony import connection, faults
from tenants.admin.selftest import GENERAL, NAMES, WORDS, as_text, lines
from tenants.models import AsteriskServer, AuditEntry, ConnectionTest, Membership
from tenants.scope import acting_for
from tests.admin.pages import text
from tests.cast import Cast, person

Login = Callable[[User], Client]


@pytest.fixture
def owner(cast: Cast, login: Login) -> Client:
    client = login(cast.owner)
    client.cookies["django_language"] = "en"
    return client


@pytest.fixture
def server(cast: Cast, settings: Settings) -> AsteriskServer:
    settings.SITE_URL = "https://voice.example.com"
    settings.AUDIOSOCKET_PUBLIC_ADDRESS = "203.0.113.20:9092"
    settings.OUTGOING_ADDRESSES = ["203.0.113.10", "198.18.0.0/29"]
    row = cast.alpha.server
    with acting_for(row.tenant):
        row.ami_host, row.ami_user, row.ami_secret, row.version = "pbx.example", "bot", "very-secret", "20.7.0"
        row.save()
    return row


def page(server: AsteriskServer, name: str) -> str:
    return reverse(f"admin:tenants_asteriskserver_{name}", args=[server.pk])


# --- What is copied -------------------------------------------------------------


def test_manager_conf_lets_in_who_calls_and_nobody_else(server: AsteriskServer) -> None:
    written = connection.manager_conf(server).splitlines()
    assert "[bot]" in written
    assert "secret = very-secret" in written
    assert "deny = 0.0.0.0/0.0.0.0" in written
    permits = [line for line in written if line.startswith("permit")]
    assert permits == ["permit = 203.0.113.10/255.255.255.255", "permit = 198.18.0.0/255.255.255.248"]


@pytest.mark.parametrize("secret", ["a b", "a;b", "é", "a\nb", "[x]\nb"])
def test_a_secret_that_would_break_manager_conf_is_refused(server: AsteriskServer, secret: str) -> None:
    server.ami_secret = secret
    with pytest.raises(ValueError, match="AMI secret cannot stand") as refusal:
        connection.manager_conf(server)
    assert secret not in str(refusal.value)


def test_the_firewall_lines_name_every_way(server: AsteriskServer) -> None:
    for program, rules in connection.firewall(server).items():
        assert rules.count("\n") == 4, program
        for part in ("203.0.113.20", "9092", "443", "203.0.113.10", "198.18.0.0/29", "5038"):
            assert part in rules, f"{part} in {program}"
    server.ami_host = ""
    assert all("5038" not in rules for rules in connection.firewall(server).values())


@pytest.mark.parametrize(
    ("said", "version", "concerns"),
    [
        ("Asterisk 22.10.1~dfsg+~cs6 built by x", (22, 10), 0),
        ("certified/20.7-cert2", (20, 7), 1),
        ("16.2.1", (16, 2), 1),
        ("18.9", (18, 9), 1),
        ("22.4.0", (22, 4), 0),
        ("22.3.1", (22, 3), 1),
        ("24.1.0", (24, 1), 0),
    ],
)
def test_the_faults_of_a_version_are_known(said: str, version: tuple[int, int], concerns: int) -> None:
    assert faults.parse(said) == version
    assert sum(fault.concerns_us for fault in faults.faults(version)) == concerns


def test_a_version_is_no_other_number() -> None:
    assert [faults.parse(text) for text in ("", "FreeSWITCH 1.10", "Asterisk", "pbx 192.0.2.7")] == [None] * 4


# --- The pages ------------------------------------------------------------------


def test_secrets_are_shown_on_demand_only_and_that_is_logged(owner: Client, server: AsteriskServer) -> None:
    shown = text(owner.get(page(server, "change")))
    assert "manager.conf for this server" in shown
    assert "ufw allow in proto tcp from 203.0.113.10" in shown
    assert "Key presses of callers do not reach the bot" in shown
    assert "very-secret" not in shown
    assert server.token not in shown
    shown = text(owner.post(page(server, "token")))
    assert "secret = very-secret" in shown
    assert server.token in shown
    with acting_for(server.tenant):
        assert AuditEntry.objects.filter(action=AuditEntry.Action.ACCESS, object_id=str(server.pk)).count() == 1


def test_an_ami_secret_is_made_for_who_has_none(owner: Client, server: AsteriskServer) -> None:
    token = server.token
    with acting_for(server.tenant):
        AsteriskServer.objects.update(ami_user="", ami_secret="")
        shown = text(owner.post(page(server, "token"), {"renew": "ami"}))
        made = AsteriskServer.objects.get(pk=server.pk)
    assert (made.ami_user, made.token) == ("voicebot", token)
    assert len(made.ami_secret) > 30
    assert f"secret = {made.ami_secret}" in shown


def test_a_self_test_runs_out_of_sight_and_its_page_says_what_to_do(
    owner: Client, server: AsteriskServer, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    with acting_for(server.tenant):
        ConnectionTest.objects.all().delete()
        AsteriskServer.objects.update(ami_host="")
    assert "not tested yet" in text(owner.get(page(server, "test")))
    with django_capture_on_commit_callbacks(execute=True):
        assert owner.post(page(server, "test")).status_code == 302
    shown = text(owner.get(page(server, "test")))
    assert "AMI is not set up" in shown
    assert "Copy for the telephony engineer" in shown
    assert "every 1s" not in shown  # it is over
    with acting_for(server.tenant):
        assert ConnectionTest.objects.get().state == "done"
        assert AuditEntry.objects.filter(detail="Tested the connection.").count() == 1


def test_a_test_that_goes_on_is_followed_and_not_begun_again(owner: Client, server: AsteriskServer) -> None:
    with acting_for(server.tenant):
        ConnectionTest.objects.all().delete()
        test = ConnectionTest.objects.create(
            server=server, steps=[{"key": "call", "state": "running", "code": "", "values": {}}]
        )
    assert f'hx-get="{page(server, "test_steps")}"' in text(owner.get(page(server, "test_steps")))
    assert "wait a little" in text(owner.post(page(server, "test"), follow=True))
    with acting_for(server.tenant):
        assert ConnectionTest.objects.get() == test
        ConnectionTest.objects.update(state="failed")
    assert "The test broke off here." in text(owner.get(page(server, "test_steps")))


@pytest.mark.parametrize("role", [Membership.Role.AGENT, Membership.Role.VIEWER])
def test_who_sets_nothing_up_tests_nothing(role: Membership.Role, server: AsteriskServer, login: Login) -> None:
    client = login(person(f"some-{role}", server.tenant, role))
    for name in ("test", "test_steps"):
        assert client.get(page(server, name)).status_code in {403, 404}
        assert client.post(page(server, name)).status_code in {403, 404}


def test_every_finding_of_the_code_has_words() -> None:
    source = Path(selftest.__file__).read_text()
    said = set(re.findall(r'"(?:good|fair|poor|skipped)", "(\w+)"', source))
    said -= {"fair", "poor", "skipped"}
    assert said <= {code for _key, code in WORDS} | GENERAL.keys()
    assert set(selftest.STEPS) == NAMES.keys()
    assert {key for key, _code in WORDS} == NAMES.keys()


def test_the_report_is_text_that_can_be_forwarded(server: AsteriskServer) -> None:
    values = dict.fromkeys(
        ("host", "port", "user", "version", "modules", "site", "targets", "seconds", "network", "address", "count"), "7"
    )
    values["at"] = "2026-11-20T10:00:00+00:00"
    steps = [{"key": key, "state": "poor", "code": code, "values": values} for key, code in WORDS]
    test = ConnectionTest(server=server, steps=steps, state="done")
    report = as_text(test, lines(test))
    assert str(server) in report
    assert "%(" not in report
