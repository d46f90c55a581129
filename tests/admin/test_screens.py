"""What single screens do beyond lists and forms."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.db import models
from django.test import Client
from django.urls import reverse
from unfold.contrib.filters.admin import RangeDateFilter

from calls.models import Call, Turn, Usage
from providers.phrases import phrase_store
from providers.protocols import Voice
from tenants import presets
from tenants.middleware import SESSION_KEY
from tenants.modeladmin import DaysFilter
from tenants.models import AsteriskServer, AuditEntry, Membership, Phrase, Tenant
from tenants.scope import acting_for
from tests.admin.pages import form_of, text
from tests.admin.rows import REGISTERED, label
from tests.cast import Cast, person
from tickets.models import Comment, Ticket

Login = Callable[[User], Client]


@pytest.fixture
def owner(cast: Cast, login: Login) -> Client:
    client = login(cast.owner)
    client.cookies["django_language"] = "en"
    return client


# --- Finding the way --------------------------------------------------------------


def test_the_bare_addresses_lead_into_the_admin(client: Client, cast: Cast) -> None:
    assert client.get("/")["Location"] == reverse("admin:index")
    assert client.get("/favicon.ico")["Location"].endswith(".svg")
    cast.owner.set_password("a-good-password")
    cast.owner.save()
    answer = client.post(reverse("admin:login"), {"username": cast.owner.username, "password": "a-good-password"})
    assert answer["Location"] == reverse("admin:index")


def test_the_card_of_tickets_counts_what_the_list_shows(cast: Cast, owner: Client) -> None:
    with acting_for(cast.alpha.tenant):
        Ticket.objects.create(status=Ticket.Status.TRANSFERRED)
        Ticket.objects.create(status=Ticket.Status.RESOLVED)
    context = owner.get(reverse("admin:index")).context
    card = next(card for card in context["now"] if card.icon == "confirmation_number")
    listed = owner.get(card.link).context["cl"].result_count
    assert (card.value, len(context["open_tickets"]), listed) == ("2", 2, 2)


def test_staff_outside_any_company_see_sums_and_no_call(cast: Cast, login: Login) -> None:
    page = text(login(cast.staff).get(reverse("admin:index")))
    assert "MARTIN" not in page
    assert reverse("admin:calls_call_changelist") not in page


# --- Whom one acts for ------------------------------------------------------------


def test_switching_is_posted_and_logged(cast: Cast, login: Login) -> None:
    both = person("both", cast.alpha.tenant, Membership.Role.OWNER)
    Membership.objects.create(user=both, tenant=cast.bravo.tenant, role=Membership.Role.VIEWER)
    client = login(both)
    assert client.get(reverse("admin:index")).context["acting_tenant"] == cast.alpha.tenant
    target = reverse("admin:calls_call_changelist")
    response = client.post(reverse("admin:switch_tenant"), {"tenant": cast.bravo.tenant.pk, "next": target})
    assert response["Location"] == target
    assert client.get(target).context["acting_tenant"] == cast.bravo.tenant
    with acting_for(cast.bravo.tenant):
        entry = AuditEntry.objects.get(person=both)
    assert (entry.model, entry.object_id) == ("tenants.tenant", str(cast.bravo.tenant.pk))


def test_switching_leads_to_no_other_site(cast: Cast, login: Login) -> None:
    data = {"tenant": cast.alpha.tenant.pk, "next": "https://elsewhere.example/"}
    assert login(cast.owner).post(reverse("admin:switch_tenant"), data)["Location"] == reverse("admin:index")


def test_switching_needs_the_csrf_token(cast: Cast) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.staff)
    assert (
        client.post(
            reverse("admin:switch_tenant"), {"tenant": cast.alpha.tenant.pk, "reason": "Ticket 4211"}
        ).status_code
        == 403
    )
    assert SESSION_KEY not in client.session


def test_staff_leave_all_tenants_again(cast: Cast, login: Login) -> None:
    client, switch = login(cast.staff), reverse("admin:switch_tenant")
    client.post(switch, {"tenant": cast.alpha.tenant.pk, "reason": "Ticket 4211"})
    client.post(switch, {"tenant": ""})
    assert client.get(reverse("admin:index")).context["acting_tenant"] is None
    with acting_for(cast.alpha.tenant):
        assert AuditEntry.objects.filter(person=cast.staff, is_staff=True).count() == 2


def test_whoever_has_one_company_has_no_switcher(cast: Cast, owner: Client) -> None:
    assert owner.get(reverse("admin:index")).context["site_dropdown"] == []


# --- Dashboard --------------------------------------------------------------------


def test_an_empty_dashboard_says_what_to_do(cast: Cast, login: Login) -> None:
    tenant = Tenant.objects.create(slug="empty", name="Empty")
    client = login(person("first", tenant, Membership.Role.OWNER))
    page = text(client.get(reverse("admin:index")))
    assert reverse("admin:tenants_asteriskserver_add") in page
    agent = login(person("second", tenant, Membership.Role.AGENT))
    assert reverse("admin:tenants_asteriskserver_add") not in text(agent.get(reverse("admin:index")))


@pytest.mark.parametrize("model", REGISTERED, ids=label)
def test_a_filter_by_days_has_the_last_day_whole(model: type[models.Model]) -> None:
    entries: list[Any] = [*admin.site._registry[model].list_filter]
    for name, kind in (entry for entry in entries if isinstance(entry, tuple)):
        if isinstance(model._meta.get_field(name), models.DateTimeField) and issubclass(kind, RangeDateFilter):
            assert issubclass(kind, DaysFilter)


# --- Calls and tickets ------------------------------------------------------------


def test_a_call_shows_what_was_said_and_what_it_cost(cast: Cast, owner: Client) -> None:
    call = cast.alpha.call
    with acting_for(cast.alpha.tenant):
        Turn.objects.create(
            call=call,
            position=2,
            speaker=Turn.Speaker.BOT,
            text="Je vous éc",
            started_at=3.5,
            ended_at=4.5,
            was_interrupted=True,
            response_seconds=0.84,
        )
        for tokens in (1000, 200):
            Usage.objects.create(
                call=call, kind="llm", provider="groq", model="m", input_tokens=tokens, output_tokens=17
            )
    response = owner.get(reverse("admin:calls_call_change", args=[call.pk]))
    page = text(response)
    assert "Bonjour Alpha, ma box clignote." in page
    assert "interrupted" in page
    assert "answered after 0.84 s" in page
    assert [line.requests for line in response.context["costs"].lines] == [1, 2]  # one line a vendor
    assert "1,200 + 34 tokens" in page
    assert response.context["costs"].has_unpriced  # a usage without price is seen, not counted as nothing
    assert "0.0003 €" in page
    assert reverse("admin:tickets_ticket_change", args=[cast.alpha.ticket.pk]) in page


def test_a_ticket_shows_its_call(cast: Cast, owner: Client) -> None:
    page = text(owner.get(reverse("admin:tickets_ticket_change", args=[cast.alpha.ticket.pk])))
    assert "Bonjour Alpha, ma box clignote." in page


def test_an_agent_works_on_a_ticket_and_comments_under_the_own_name(cast: Cast, login: Login) -> None:
    client, ticket = login(cast.teammate), cast.alpha.ticket
    address = reverse("admin:tickets_ticket_change", args=[ticket.pk])
    data = form_of(client, address, "ticket_form")
    data |= {"status": ["resolved"], "assigned_to": [str(cast.teammate.pk)]}
    assert client.post(address, data).status_code == 302
    act = reverse("admin:tickets_ticket_act", args=[ticket.pk])
    assert client.post(act, {"verb": "comment", "text": "Fait."})["Location"] == address
    with acting_for(cast.alpha.tenant):
        ticket.refresh_from_db()
        comment = Comment.objects.get(text="Fait.")
    assert (ticket.status, ticket.assigned_to) == ("resolved", cast.teammate)
    assert (comment.author, comment.tenant) == (cast.teammate, cast.alpha.tenant)


def test_a_ticket_is_assigned_to_members_only(cast: Cast, owner: Client) -> None:
    address = reverse("admin:tickets_ticket_change", args=[cast.alpha.ticket.pk])
    data = form_of(owner, address, "ticket_form") | {"assigned_to": [str(cast.outsider.pk)]}
    response = owner.post(address, data)
    assert "assigned_to" in response.context["adminform"].form.errors


# --- Asterisk servers -------------------------------------------------------------


def server_form(client: Client, server: AsteriskServer, **changes: str) -> Any:
    address = reverse("admin:tenants_asteriskserver_change", args=[server.pk])
    data = form_of(client, address, "asteriskserver_form")
    return client.post(address, data | {name: [value] for name, value in changes.items()})


def test_the_ami_secret_goes_in_and_never_comes_out(cast: Cast, owner: Client) -> None:
    server = cast.alpha.server
    assert server_form(owner, server, ami_host="pbx", ami_secret="s3cret pass ").status_code == 302
    page = text(owner.get(reverse("admin:tenants_asteriskserver_change", args=[server.pk])))
    assert "s3cret" not in page
    assert server_form(owner, server, name="Renamed").status_code == 302
    with acting_for(cast.alpha.tenant):
        server.refresh_from_db()
    assert (server.name, server.ami_host, server.ami_secret) == ("Renamed", "pbx", "s3cret pass ")
    with acting_for(cast.alpha.tenant):
        assert "s3cret" not in str(list(AuditEntry.objects.values_list("changes", flat=True)))


@pytest.mark.parametrize(("host", "status"), [("pbx..local", 200), ("a b", 200), ("2001:db8::1", 302)])
def test_an_ami_host_is_a_name_or_an_address(cast: Cast, owner: Client, host: str, status: int) -> None:
    assert server_form(owner, cast.alpha.server, ami_host=host).status_code == status


def test_the_token_is_shown_when_asked_for_and_that_is_logged(cast: Cast, owner: Client) -> None:
    server = cast.alpha.server
    page = text(owner.get(reverse("admin:tenants_asteriskserver_change", args=[server.pk])))
    assert "[voicebot]" in page
    assert server.token not in page
    address = reverse("admin:tenants_asteriskserver_token", args=[server.pk])
    assert owner.get(address).status_code == 405
    response = owner.post(address)
    assert text(response).count(server.token) == 2  # alone, and in the dialplan
    assert "no-store" in response["Cache-Control"]
    with acting_for(cast.alpha.tenant):
        assert "shown" in AuditEntry.objects.latest("pk").detail


def test_a_new_token_ends_the_old_one(cast: Cast, owner: Client) -> None:
    server = cast.alpha.server
    old, digest = server.token, server.token_digest
    page = text(owner.post(reverse("admin:tenants_asteriskserver_token", args=[server.pk]), {"renew": "1"}))
    with acting_for(cast.alpha.tenant):
        server.refresh_from_db()
    assert server.token != old
    assert server.token_digest != digest
    assert server.token in page


def test_without_anybody_to_hand_over_to_there_is_no_dialplan(cast: Cast, owner: Client) -> None:
    with acting_for(cast.alpha.tenant):
        cast.alpha.transfer_target.delete()
    page = text(owner.get(reverse("admin:tenants_asteriskserver_change", args=[cast.alpha.server.pk])))
    assert "Add a transfer target first" in page


def test_a_network_of_another_company_is_refused_without_naming_it(cast: Cast, owner: Client) -> None:
    response = server_form(owner, cast.alpha.server, network=cast.bravo.server.network)
    assert response.status_code == 200
    assert list(response.context["adminform"].form.errors) == ["network"]
    assert "Bravo" not in text(response)


# --- Phrases ----------------------------------------------------------------------


def test_phrases_are_listed_as_the_script_says_them(cast: Cast, owner: Client) -> None:
    response = owner.get(reverse("admin:tenants_phrase_changelist"))
    lines = [line for _scene, group in response.context["scenes"] for line in group]
    assert [line.preset.key for line in lines] == list(presets.phrases("fr"))
    own = [line for line in lines if line.is_own]
    assert [line.text for line in own] == ["Bienvenue chez Alpha."]
    assert presets.phrases("fr")["welcome"].text in text(response).replace("&#x27;", "'")


def test_an_own_text_is_written_for_a_phrase_of_the_preset(cast: Cast, owner: Client) -> None:
    address = reverse("admin:tenants_phrase_add") + "?key=skip_item&language=fr"
    data = form_of(owner, address, "phrase_form")
    assert (data["key"], data["language"]) == (["skip_item"], ["fr"])
    assert data["draft"] == [presets.phrases("fr")["skip_item"].text]
    assert owner.post(address, data | {"draft": ["Merci bien."]}).status_code == 302
    with acting_for(cast.alpha.tenant):
        phrase = Phrase.objects.get(key="skip_item")
    assert (phrase.draft, phrase.text, phrase.drafted_by) == ("Merci bien.", "", cast.owner)


@pytest.mark.parametrize(
    ("key", "written", "said"),
    [
        ("skip_item", "Merci {first_name}", "{first_name}"),
        ("greet_known", "Bonjour {prenom}", "{first_name}"),
        ("greet_known", "Bonjour {first_name", "brace"),
        ("greet_known", "Bonjour {first_name!r}", "brace"),
        ("no_such_phrase", "Bonjour", "no_such_phrase"),
    ],
)
def test_a_text_that_the_bot_could_not_say_is_refused(owner: Client, key: str, written: str, said: str) -> None:
    response = owner.post(reverse("admin:tenants_phrase_add"), {"key": key, "language": "fr", "draft": written})
    assert response.status_code == 200
    assert said in str(response.context["adminform"].form.errors)


def test_a_phrase_that_was_spoken_can_be_heard(cast: Cast, owner: Client) -> None:
    address = reverse("admin:tenants_phrase_audio", args=["fr", "welcome"])
    assert owner.get(address).status_code == 404
    phrase_store().keep(cast.alpha.phrase.text, Voice(language="fr", voice_id=""), b"\x10\x27\xf0\xd8" * 8000)
    response = owner.get(address)
    assert response["Content-Type"] == "audio/wav"
    assert response.content.startswith(b"RIFF")
    assert len(response.content) == 44 + 32_000
    part = owner.get(address, headers={"range": "bytes=0-3"})
    assert (part.status_code, part.content) == (206, b"RIFF")
    assert address in text(owner.get(reverse("admin:tenants_phrase_changelist")))
    assert address in text(owner.get(reverse("admin:tenants_phrase_change", args=[cast.alpha.phrase.pk])))


# --- Accounts ---------------------------------------------------------------------


def test_a_new_account_has_everything_of_its_preset(cast: Cast, login: Login) -> None:
    data = {"name": "Charlie", "slug": "charlie", "language": "en"}
    assert login(cast.staff).post(reverse("admin:tenants_tenant_add"), data).status_code == 302
    tenant = Tenant.objects.get(slug="charlie")
    with acting_for(tenant):
        assert Phrase.objects.filter(language="en").count() == len(presets.phrases("en"))


def test_staff_make_people_and_give_them_roles(cast: Cast, login: Login) -> None:
    client, address = login(cast.staff), reverse("admin:auth_user_add")
    data = form_of(client, address, "user_form")
    assert data["is_staff"] == ["on"]  # without it there is no way in
    data |= {"username": ["new"], "password1": ["Xy7-a-password"], "password2": ["Xy7-a-password"]}
    assert client.post(address, data).status_code == 302
    user = User.objects.get(username="new")
    role = {"user": user.pk, "tenant": cast.alpha.tenant.pk, "role": "agent"}
    assert client.post(reverse("admin:tenants_membership_add"), role).status_code == 302
    assert login(user).get(reverse("admin:index")).status_code == 200


def test_a_page_that_is_not_theirs_shows_people_the_way_back(cast: Cast, login: Login) -> None:
    client = login(cast.teammate)
    for address in (reverse("admin:tenants_asteriskserver_changelist"), "/nowhere/"):
        page = text(client.get(address))
        assert f'href="{reverse("admin:index")}"' in page
        assert "<h1>" in page


def test_times_are_those_of_the_tenant(cast: Cast, owner: Client) -> None:
    Tenant.objects.filter(pk=cast.alpha.tenant.pk).update(time_zone="Asia/Tokyo")
    with acting_for(cast.alpha.tenant):
        Call.objects.update(started_at=datetime.datetime(2026, 3, 1, 20, 30, tzinfo=datetime.UTC))
    page = text(owner.get(reverse("admin:calls_call_change", args=[cast.alpha.call.pk])))
    assert "05:30:00" in page


def test_a_target_is_told_to_take_the_overflow_on_its_page(cast: Cast, owner: Client) -> None:
    target = cast.alpha.night_target
    address = reverse("admin:tenants_transfertarget_change", args=[target.pk])
    data = form_of(owner, address, "transfertarget_form") | {"takes_overflow": ["on"]}
    assert owner.post(address, data).status_code == 302
    with acting_for(cast.alpha.tenant):
        target.refresh_from_db()
        assert target.takes_overflow
