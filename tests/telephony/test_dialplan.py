"""What may stand in a generated dialplan; tests/asterisk/test_dialplan.py runs it."""

from __future__ import annotations

import re
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from telephony.dialplan import dialplan
from tenants.models import AsteriskServer, Tenant, TransferTarget
from tenants.scope import acting_for
from tests.cast import Cast

TECHNICIAN = TransferTarget(name="Technician", extension="technician")
SITE = "https://voice.example.com"


def server(**fields: Any) -> AsteriskServer:
    return AsteriskServer(**{"name": "Headquarters", "token": "a-token_1", **fields})


def test_it_announces_at_the_site_with_the_servers_own_token():
    text = dialplan(server(), [TECHNICIAN], site_url=SITE)
    assert "Bearer a-token_1" in text
    assert "${CURL(https://voice.example.com/api/v1/calls/announce," in text
    assert " same => n,GotoIf(${DIALPLAN_EXISTS(transfer,technician,1)}?transfer,technician,1)\n" in text


def test_it_reads_variables_only_where_a_worker_can_set_them():
    assert "LEN(${BOT_NEXT})" not in dialplan(server(), [TECHNICIAN], site_url=SITE)
    assert "LEN(${BOT_NEXT})" in dialplan(server(ami_host="10.0.0.5"), [TECHNICIAN], site_url=SITE)


def test_on_a_shared_asterisk_no_company_names_the_context_of_another():
    shared = server(is_shared=True, tenant=Tenant(slug="alpha"), ami_host="10.0.0.5")
    text = dialplan(shared, [TECHNICIAN], site_url=SITE)
    assert re.findall(r"^;?\[(.*)\]$", text, re.MULTILINE) == ["voicebot-alpha", "transfer-alpha"]
    assert not re.findall(r"\b(?:voicebot|transfer),", text)
    assert "Goto(voicebot-alpha,s,1)" in text
    assert "${DIALPLAN_EXISTS(transfer-alpha,${BOT_NEXT},1)}?transfer-alpha,${BOT_NEXT},1)" in text
    assert "; same => n,Goto(voicebot-alpha,returned,1)" in text


def test_a_name_stays_in_its_comment():
    evil = "HQ\n[default]\nexten => _.,1,Dial(PJSIP/0900@premium)"
    text = dialplan(server(name=evil), [TransferTarget(name=evil, extension="201")], site_url=SITE)
    assert "\n[default]" not in text
    assert not [line for line in text.splitlines() if "premium" in line and not line.startswith(";")]


@pytest.mark.parametrize(
    ("fields", "extension", "site", "named"),
    [
        ({"token": "a,b)"}, "technician", SITE, "token"),
        ({"token": "secret\n"}, "technician", SITE, "token"),
        ({}, "technician\n", SITE, "extension"),
        ({}, "${EXTEN}", SITE, "extension"),
        ({}, "technician", "https://voice.example.com/,x", "SITE_URL"),
        ({}, "technician", "https://${EVIL}", "SITE_URL"),
        ({}, "technician", "ftp://voice.example.com", "SITE_URL"),
    ],
)
def test_a_value_that_could_break_out_is_refused_by_name(fields, extension, site, named):
    with pytest.raises(ValueError, match=named):
        dialplan(server(**fields), [TransferTarget(name="x", extension=extension)], site_url=site)


def test_without_a_person_to_fall_back_on_there_is_no_dialplan():
    with pytest.raises(ValueError, match="transfer target"):
        dialplan(server(), [], site_url=SITE)


def printed(*arguments: str) -> str:
    output = StringIO()
    call_command("dialplan", *arguments, stdout=output)
    return output.getvalue()


def test_the_command_prints_a_servers_own(cast: Cast):
    text = printed("alpha", "Alpha Asterisk")
    assert f"Bearer {cast.alpha.server.token}" in text
    assert "Bravo" not in text


@pytest.mark.parametrize(
    ("arguments", "error"),
    [(("nobody", "x"), "no company account nobody"), (("alpha", "Bravo Asterisk"), "it has: Alpha Asterisk")],
)
def test_the_command_names_what_it_does_not_find(cast: Cast, arguments: tuple[str, str], error: str):
    with pytest.raises(CommandError, match=error):
        printed(*arguments)


def test_the_command_asks_for_a_transfer_target(cast: Cast):
    with acting_for(cast.alpha.tenant):
        cast.alpha.transfer_target.delete()
    with pytest.raises(CommandError, match="add a transfer target"):
        printed("alpha", "Alpha Asterisk")


def test_the_documentation_shows_what_is_generated():
    document = Path(settings.BASE_DIR, "docs", "asterisk.md").read_text()
    text = dialplan(
        server(token="TOKEN", ami_host="203.0.113.7"),
        [TransferTarget(name="Technicians", extension="technician")],
        site_url=SITE,
    )
    assert f"```ini\n{text}```" in document
