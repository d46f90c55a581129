"""The way in: wrong passwords, the second step, forgotten passwords, and where one is signed in."""

from __future__ import annotations

import re
import time
from binascii import unhexlify
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from axes.models import AccessAttempt
from django.contrib.auth.models import User
from django.core import mail
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django_otp.oath import TOTP

from tenants import sessions, two_factor
from tenants.models import AuditEntry, Authenticator, Membership, SignIn, Tenant
from tenants.scope import acting_for
from tenants.tasks import forget_ended_sessions
from tests.admin.pages import text
from tests.cast import Cast, person

Login = Callable[[User], Client]
PASSWORD = "a-good-password-9"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


@pytest.fixture(autouse=True)
def _no_cache_of_others() -> None:
    cache.clear()


@pytest.fixture
def owner(cast: Cast) -> User:
    cast.owner.set_password(PASSWORD)
    cast.owner.email = "owner@alpha.example"
    cast.owner.save()
    return cast.owner


def sign_in(client: Client, user: User, password: str = PASSWORD, **extra: Any) -> Any:
    client.cookies["django_language"] = "en"
    return client.post(reverse("admin:login"), {"username": user.username, "password": password}, **extra)


def is_inside(client: Client) -> bool:
    return client.get(reverse("admin:index")).status_code == 200


def code(authenticator: Authenticator, ahead: int = 0) -> str:
    """The code of this moment, or of so many steps later."""
    totp = TOTP(unhexlify(authenticator.secret), drift=ahead)
    totp.time = time.time()
    return f"{totp.token():06d}"


def with_app(user: User) -> tuple[Authenticator, list[str]]:
    authenticator = two_factor.begin(user)
    verdict, codes = two_factor.confirm(user, code(authenticator, -1))
    assert verdict.is_right
    authenticator.refresh_from_db()
    return authenticator, codes


# --- Wrong passwords ---------------------------------------------------------------


def test_five_wrong_passwords_make_one_wait_and_the_form_says_how_long(client: Client, owner: User) -> None:
    for _attempt in range(4):
        assert sign_in(client, owner, "wrong").status_code == 200
    sign_in(client, owner, "wrong")
    answer = sign_in(client, owner)  # even the right one
    assert answer.status_code == 429
    assert "Too many attempts. Try again in 15 minutes." in text(answer)
    assert f'value="{owner.username}"' in text(answer)  # nothing that was typed is lost
    assert not is_inside(client)


def test_the_wait_is_over_after_a_quarter_of_an_hour(client: Client, owner: User) -> None:
    for _attempt in range(5):
        sign_in(client, owner, "wrong")
    AccessAttempt.objects.update(attempt_time=timezone.now() - timedelta(minutes=13))
    assert "Try again in 2 minutes." in text(sign_in(client, owner))
    AccessAttempt.objects.update(attempt_time=timezone.now() - timedelta(minutes=15, seconds=1))
    assert sign_in(client, owner).status_code == 302


def test_somebody_else_and_another_address_need_not_wait(client: Client, owner: User, cast: Cast) -> None:
    for _attempt in range(5):
        sign_in(client, owner, "wrong", REMOTE_ADDR="203.0.113.66")
    assert sign_in(client, owner, REMOTE_ADDR="203.0.113.66").status_code == 429
    assert sign_in(Client(), owner, REMOTE_ADDR="198.51.100.1").status_code == 302


def test_behind_a_proxy_the_browser_s_address_counts(client: Client, owner: User, settings: Any) -> None:
    settings.PROXY_COUNT = 1
    for _attempt in range(5):
        sign_in(client, owner, "wrong", headers={"X-Forwarded-For": "203.0.113.66"})
    assert sign_in(client, owner, headers={"X-Forwarded-For": "203.0.113.66"}).status_code == 429
    # What a browser puts in front of it itself changes nothing.
    assert sign_in(client, owner, headers={"X-Forwarded-For": "1.1.1.1, 203.0.113.66"}).status_code == 429
    assert sign_in(Client(), owner, headers={"X-Forwarded-For": "198.51.100.1"}).status_code == 302


# --- A session that ended ---------------------------------------------------------


def test_a_form_that_is_sent_after_the_session_ended_leads_back_to_its_page(client: Client, cast: Cast) -> None:
    page = reverse("admin:tickets_ticket_change", args=[cast.alpha.ticket.pk])
    act = reverse("admin:tickets_ticket_act", args=[cast.alpha.ticket.pk])
    client.cookies["django_language"] = "en"
    answer: Any = client.post(act, {"verb": "comment", "text": "?"}, headers={"referer": f"http://testserver{page}"})
    assert answer.status_code == 302
    assert answer.url == f"{reverse('admin:login')}?next={page}"
    assert "Your session is over" in text(client.get(answer.url))
    cast.teammate.set_password(PASSWORD)
    cast.teammate.save()
    signed: Any = client.post(answer.url, {"username": cast.teammate.username, "password": PASSWORD})
    assert signed.url == page


@pytest.mark.parametrize("referer", ["", "https://evil.example/admin/", "javascript:alert(1)"])
def test_a_form_of_elsewhere_leads_to_the_first_page(client: Client, cast: Cast, referer: str) -> None:
    act = reverse("admin:tickets_ticket_act", args=[cast.alpha.ticket.pk])
    answer: Any = client.post(act, {"verb": "resolve"}, headers={"referer": referer})
    assert answer.url == f"{reverse('admin:login')}?next={reverse('admin:index')}"


# --- The second step ---------------------------------------------------------------


def test_a_person_sets_up_an_app_and_gets_recovery_codes(client: Client, owner: User, cast: Cast) -> None:
    sign_in(client, owner)
    page = text(client.get(reverse("admin:security_set_up")))
    authenticator = Authenticator.objects.get(user=owner)
    assert "<svg" in page
    assert two_factor.key_of(authenticator) in page.replace(" ", "")
    assert authenticator.secret not in page
    assert "not right" in text(client.post(reverse("admin:security_set_up"), {"token": "000000"}))
    Authenticator.objects.update(throttling_failure_timestamp=None)
    answer = client.post(reverse("admin:security_set_up"), {"token": code(authenticator)})
    codes = re.findall(r"<code>([a-z0-9]{5}-[a-z0-9]{5})</code>", text(answer))
    assert len(set(codes)) == 10
    assert "voicebot/admin.css" in text(answer)  # the page is one of the site
    authenticator.refresh_from_db()
    assert authenticator.confirmed
    assert not any(code in str(authenticator.recovery_digests) for code in codes)
    with acting_for(cast.alpha.tenant):
        assert AuditEntry.objects.filter(person=owner, action=AuditEntry.Action.ACCESS).exists()


def test_the_secret_is_encrypted_in_the_database(owner: User) -> None:
    from django.db import connection

    authenticator = two_factor.begin(owner)
    with connection.cursor() as cursor:
        cursor.execute("SELECT secret FROM tenants_authenticator")
        assert authenticator.secret not in cursor.fetchone()[0]


def test_nobody_is_inside_before_the_code(client: Client, owner: User) -> None:
    authenticator, _codes = with_app(owner)
    assert sign_in(client, owner)["Location"] == reverse("admin:second_step")
    assert not is_inside(client)
    assert "_auth_user_id" not in client.session
    answer = client.post(reverse("admin:second_step"), {"token": code(authenticator)})
    assert answer["Location"] == reverse("admin:index")
    assert is_inside(client)


def test_a_code_works_once(owner: User) -> None:
    authenticator, _codes = with_app(owner)
    now = code(authenticator)
    assert two_factor.verify(owner, now).is_right
    assert not two_factor.verify(owner, now).is_right


def test_a_recovery_code_works_once_however_it_is_written(client: Client, owner: User) -> None:
    _authenticator, codes = with_app(owner)
    sign_in(client, owner)
    written = codes[3].upper().replace("-", " ")
    assert client.post(reverse("admin:second_step"), {"token": written})["Location"] == reverse("admin:index")
    assert not two_factor.verify(owner, codes[3]).is_right
    assert len(Authenticator.objects.get(user=owner).recovery_digests) == 9


def test_wrong_codes_make_the_next_ones_wait(client: Client, owner: User) -> None:
    authenticator, _codes = with_app(owner)
    sign_in(client, owner)
    for _attempt in range(4):
        client.post(reverse("admin:second_step"), {"token": "000000"})
        past = timezone.now() - timedelta(minutes=1)
        Authenticator.objects.update(throttling_failure_timestamp=past)
    client.post(reverse("admin:second_step"), {"token": "000000"})
    answer = client.post(reverse("admin:second_step"), {"token": code(authenticator)})  # right, and too early
    assert "Too many attempts. Try again in 1" in text(answer)
    assert "_auth_user_id" not in client.session


@pytest.mark.parametrize("token", ["", "12345", "1234567", "abcdef", "١٢٣٤٥٦", "0" * 300])
def test_nonsense_is_no_code(client: Client, owner: User, token: str) -> None:
    with_app(owner)
    sign_in(client, owner)
    assert client.post(reverse("admin:second_step"), {"token": token}).status_code == 200
    assert "_auth_user_id" not in client.session


def test_a_second_step_without_a_first_leads_back(client: Client, owner: User) -> None:
    step = reverse("admin:second_step")
    authenticator, _codes = with_app(owner)
    assert client.post(step, {"token": code(authenticator)})["Location"] == reverse("admin:login")
    sign_in(client, owner)
    owner.set_password("another-good-one-7")  # in the meantime, in another browser
    owner.save()
    assert client.post(step, {"token": code(authenticator)})["Location"] == reverse("admin:login")


def test_whoever_lacks_what_the_company_asks_for_is_led_to_it_before_anything(cast: Cast, login: Login) -> None:
    Tenant.objects.filter(pk=cast.alpha.tenant.pk).update(requires_two_factor=True)
    client, set_up = login(cast.teammate), reverse("admin:security_set_up")
    for page in ("admin:index", "admin:tickets_ticket_changelist", "admin:security", "admin:search"):
        assert client.get(reverse(page))["Location"] == set_up
    assert client.get(set_up).status_code == 200
    authenticator = Authenticator.objects.get(user=cast.teammate)
    client.post(set_up, {"token": code(authenticator)})
    assert is_inside(client)
    assert login(cast.outsider).get(reverse("admin:index")).status_code == 200  # Bravo does not ask


@pytest.mark.parametrize("who", ["staff", "teammate"])
def test_the_api_says_what_is_missing(who: str, cast: Cast, login: Login) -> None:
    client = login(getattr(cast, who))
    client.post(reverse("admin:switch_tenant"), {"tenant": cast.alpha.tenant.pk, "reason": "Ticket 4211"})
    Tenant.objects.filter(pk=cast.alpha.tenant.pk).update(requires_two_factor=True)
    for path in ("tickets", f"tickets/{cast.alpha.ticket.pk}", "deletions", "roi"):
        answer = client.get(f"/api/v1/{path}", headers={"Accept-Language": "en"})
        assert answer.status_code == 403
        assert "two-step sign-in" in answer.json()["detail"]


def test_turning_it_off_needs_a_code(cast: Cast, login: Login) -> None:
    authenticator, _codes = with_app(cast.owner)
    client, security = login(cast.owner), reverse("admin:security")
    client.post(security, {"do": "turn_off", "token": "000000"})
    assert two_factor.authenticator_of(cast.owner)
    Authenticator.objects.update(throttling_failure_timestamp=None)
    client.post(security, {"do": "turn_off", "token": code(authenticator)})
    assert two_factor.authenticator_of(cast.owner) is None


def test_it_cannot_be_turned_off_where_the_company_asks_for_it(cast: Cast, login: Login) -> None:
    authenticator, _codes = with_app(cast.owner)
    Tenant.objects.filter(pk=cast.alpha.tenant.pk).update(requires_two_factor=True)
    login(cast.owner).post(reverse("admin:security"), {"do": "turn_off", "token": code(authenticator)})
    assert two_factor.authenticator_of(cast.owner)


def test_new_recovery_codes_end_the_old_ones(cast: Cast, login: Login) -> None:
    authenticator, old = with_app(cast.owner)
    answer = login(cast.owner).post(reverse("admin:security"), {"do": "renew", "token": code(authenticator)})
    assert "no-store" in answer["Cache-Control"]
    assert old[0] not in text(answer)
    assert not two_factor.verify(cast.owner, old[0]).is_right


# --- Forgotten passwords -------------------------------------------------------------


def test_a_forgotten_password_is_replaced_by_mail(
    client: Client, owner: User, settings: Any, django_capture_on_commit_callbacks: Any
) -> None:
    settings.SITE_URL, settings.ALLOWED_HOSTS = "https://voicebot.example", ["evil.example", "testserver"]
    assert reverse("admin:admin_password_reset") in text(client.get(reverse("admin:login")))
    ask = reverse("admin:admin_password_reset")
    assert client.post(ask, {"email": "OWNER@alpha.example"}, headers={"Host": "evil.example"}).status_code == 302
    (message,) = mail.outbox
    assert message.to == ["owner@alpha.example"]
    (link,) = set(re.findall(r"https?://\S+/admin/password/\S+", str(message.body)))
    assert link.startswith("https://voicebot.example/admin/password/")
    path = client.get(link.removeprefix("https://voicebot.example"))["Location"]
    new = "correct-horse-battery-7"
    assert "button" in text(client.get(path))
    assert client.post(path, {"new_password1": new, "new_password2": new})["Location"] == reverse("admin:login")
    assert sign_in(Client(), owner, new).status_code == 302
    again = client.get(link.removeprefix("https://voicebot.example"), headers={"Accept-Language": "en"})
    assert "no longer valid" in text(again)


def test_the_answer_does_not_tell_who_is_known(client: Client, owner: User) -> None:
    answers = [
        client.post(reverse("admin:admin_password_reset"), {"email": email})["Location"]
        for email in (owner.email, "nobody@alpha.example")
    ]
    assert len(set(answers)) == 1
    assert len(mail.outbox) == 1


def test_nobody_is_flooded_with_mail(client: Client, owner: User) -> None:
    for _attempt in range(8):
        client.post(reverse("admin:admin_password_reset"), {"email": owner.email})
    assert len(mail.outbox) == 5


def test_a_new_password_does_not_pass_the_second_step(client: Client, owner: User) -> None:
    with_app(owner)
    client.post(reverse("admin:admin_password_reset"), {"email": owner.email})
    link = re.search(r"/admin/password/\S+", str(mail.outbox[0].body))
    assert link
    path = client.get(link[0])["Location"]
    client.post(path, {"new_password1": "correct-horse-7", "new_password2": "correct-horse-7"})
    assert sign_in(client, owner, "correct-horse-7")["Location"] == reverse("admin:second_step")


# --- Where one is signed in ----------------------------------------------------------


def test_the_list_shows_device_address_and_this_browser(client: Client, owner: User) -> None:
    sign_in(client, owner)
    client.get(reverse("admin:index"), headers={"User-Agent": FIREFOX}, REMOTE_ADDR="203.0.113.5")
    page = text(client.get(reverse("admin:security"), headers={"Accept-Language": "en"}))
    assert "Firefox · Linux" in page
    assert "203.0.113.5" in page
    assert "this browser" in page


def test_one_other_browser_and_all_others_can_be_ended(owner: User, cast: Cast, login: Login) -> None:
    mine, second, third = (login(owner) for _ in range(3))
    stranger = login(cast.outsider)
    for client in (mine, second, third, stranger):
        assert is_inside(client)
    row = SignIn.objects.get(session_key=second.session.session_key)
    mine.post(reverse("admin:security"), {"do": "end", "sign_in": row.pk})
    assert (is_inside(second), is_inside(third)) == (False, True)
    foreign = SignIn.objects.get(user=cast.outsider)
    mine.post(reverse("admin:security"), {"do": "end", "sign_in": foreign.pk})
    assert is_inside(stranger)
    mine.post(reverse("admin:security"), {"do": "end_others"})
    assert (is_inside(mine), is_inside(third), is_inside(stranger)) == (True, False, True)


def test_a_new_password_ends_the_other_browsers_and_keeps_this_one(owner: User, login: Login) -> None:
    mine, other = login(owner), login(owner)
    assert is_inside(mine)
    assert is_inside(other)
    new = "correct-horse-battery-7"
    data = {"old_password": PASSWORD, "new_password1": new, "new_password2": new}
    assert mine.post(reverse("admin:password_change"), data).status_code == 302
    assert (is_inside(mine), is_inside(other)) == (True, False)
    assert sessions.sign_ins_of(owner).count() == 1
    assert SignIn.objects.filter(session_key=mine.session.session_key).count() == 1


def test_seeing_a_browser_costs_nothing_for_five_minutes(owner: User, login: Login) -> None:
    client = login(owner)
    client.get(reverse("admin:jsi18n"))
    seen = SignIn.objects.get(user=owner).last_seen_at
    client.get(reverse("admin:jsi18n"))
    assert SignIn.objects.get(user=owner).last_seen_at == seen
    session = client.session
    session[sessions.SESSION_KEY] |= {"at": time.time() - 301}
    session.save()
    client.get(reverse("admin:jsi18n"))
    assert SignIn.objects.get(user=owner).last_seen_at > seen


def test_ended_sessions_are_forgotten(owner: User, login: Login) -> None:
    client, other = login(owner), login(owner)
    assert is_inside(client)
    assert is_inside(other)
    other.session.delete()
    assert forget_ended_sessions() == 1
    assert is_inside(client)


@pytest.mark.parametrize(
    ("user_agent", "shown"),
    [
        (FIREFOX, "Firefox · Linux"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1", "Safari · iOS"),
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/140.0 Safari/537.36 Edg/140.0", "Edge · Windows"),
        ("curl/8.0", "curl/8.0"),
        ("", ""),
    ],
)
def test_a_device_is_named_as_people_do(user_agent: str, shown: str) -> None:
    assert sessions.device(user_agent) == shown


def test_the_rights_page_is_the_table(cast: Cast, login: Login) -> None:
    client = login(person("viewer", cast.alpha.tenant, Membership.Role.VIEWER))
    answer = client.get(reverse("admin:rights"), headers={"Accept-Language": "en"})
    rows = dict(answer.context["rows"])
    assert [str(word) for word in rows["Calls"][0]] == [
        "see",
        "listen",
        "hang up, hand over and speak during a call",
        "make test calls",
    ]
    assert [str(word) for word in rows["Calls"][3]] == ["see"]
