"""Which browsers a person is signed in with, and how that ends."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Final

from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from tenants.audit import address_of
from tenants.models import SignIn

#: In the session: the browser's row, its session's key, and when it was last written down.
SESSION_KEY: Final = "sign_in"
SEEN_EVERY: Final = timedelta(minutes=5)

BROWSERS = (("Edg", "Edge"), ("OPR", "Opera"), ("Firefox", "Firefox"), ("Chrome", "Chrome"), ("Safari", "Safari"))
SYSTEMS = (
    ("iPhone|iPad", "iOS"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)


def seen(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Write down, every five minutes, that a signed-in browser is there."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            _see(request, request.user)
        return get_response(request)

    return middleware


def _see(request: HttpRequest, user: User) -> None:
    now, key = timezone.now(), str(request.session.session_key)
    known = request.session.get(SESSION_KEY)
    if known and known["key"] == key and now.timestamp() - known["at"] < SEEN_EVERY.total_seconds():
        return
    values = {
        "session_key": key,
        "last_seen_at": now,
        "address": address_of(request),
        "user_agent": request.headers.get("User-Agent", "")[:300],
    }
    # A password that was changed gives the session another key, and the browser stays the same.
    row = SignIn.objects.filter(pk=known["pk"], user=user).first() if known else None
    if row is None:
        row, _created = SignIn.objects.update_or_create(session_key=key, defaults=values | {"user": user})
    else:
        SignIn.objects.filter(pk=row.pk).update(**values)
    request.session[SESSION_KEY] = {"pk": row.pk, "key": key, "at": now.timestamp()}


def sign_ins_of(user: User) -> QuerySet[SignIn]:
    """The browsers that somebody is signed in with now, the latest first."""
    live = Session.objects.filter(expire_date__gt=timezone.now()).values("session_key")
    return SignIn.objects.filter(user=user, session_key__in=live)


@transaction.atomic
def end(sign_ins: QuerySet[SignIn]) -> int:
    """Sign these browsers out; how many there were."""
    keys = list(sign_ins.values_list("session_key", flat=True))
    Session.objects.filter(session_key__in=keys).delete()
    SignIn.objects.filter(session_key__in=keys).delete()
    return len(keys)


def forget_ended() -> int:
    """Delete the sessions that are over, and the rows of their browsers."""
    Session.objects.filter(expire_date__lte=timezone.now()).delete()
    return SignIn.objects.exclude(session_key__in=Session.objects.values("session_key")).delete()[0]


def is_here(row: SignIn) -> bool:
    """Whether the browser was there a moment ago, as exactly as that is written down."""
    return timezone.now() - row.last_seen_at < 2 * SEEN_EVERY


def device(user_agent: str) -> str:
    """A browser as people name it: Firefox · Linux."""
    browser = next((name for mark, name in BROWSERS if f"{mark}/" in user_agent), "")
    system = next((name for mark, name in SYSTEMS if re.search(mark, user_agent)), "")
    return " · ".join(filter(None, (browser, system))) or user_agent[:60]
