"""Who gets the report, once a week, and who does not want it."""

from __future__ import annotations

import logging
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core import signing
from django.core.mail import EmailMultiAlternatives
from django.db.models import Q
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation

from tenants import mail
from tenants.models import Membership, Tenant
from tenants.scope import acting_for
from tickets.models import WeeklyReport
from tickets.reports import figures, words
from tickets.reports.figures import Week

logger = logging.getLogger(__name__)

#: By the company's clock, on Monday.
SENT_FROM: Final = time(7)
#: A service that was away on Monday sends it later, and no later than that.
SENT_WITHIN: Final = timedelta(days=2)
#: Whoever began to send has so long before somebody else tries.
LEASE: Final = timedelta(minutes=15)
SALT: Final = "weekly report"


def due_week(tenant: Tenant, now: datetime) -> date | None:
    """The Monday of the week that is to be reported now, by the company's clock."""
    zone = ZoneInfo(tenant.time_zone)
    monday = figures.monday_of(now.astimezone(zone).date())
    since = datetime.combine(monday, SENT_FROM, zone)
    return monday - timedelta(days=7) if since <= now < since + SENT_WITHIN else None


def is_sent(tenant: Tenant, monday: date) -> bool:
    with acting_for(tenant):
        return WeeklyReport.objects.filter(monday=monday, sent_at__isnull=False).exists()


def send_once(tenant: Tenant, monday: date) -> int:
    """The report of a week to the company's managers, unless it went out; how many letters.

    In the tenant's scope. A week without a call leaves no letter. Raises OSError when no
    letter could be sent: the next try comes when the lease is over.
    """
    now = timezone.now()
    report = WeeklyReport.objects.get_or_create(monday=monday)[0]
    free = Q(tried_at=None) | Q(tried_at__lt=now - LEASE)
    if not WeeklyReport.objects.filter(free, pk=report.pk, sent_at=None).update(tried_at=now):
        return 0
    week = figures.count(tenant, monday)
    letters = send(week, recipients(tenant)) if week.roi.calls else 0
    WeeklyReport.objects.filter(pk=report.pk).update(sent_at=timezone.now(), letters=letters)
    return letters


def recipients(tenant: Tenant) -> dict[str, str]:
    """E-mail address of each manager who wants the report -> the address where they decline it."""
    wanting = Membership.objects.filter(
        tenant=tenant, role__in=mail.MANAGERS, wants_report=True, user__is_active=True
    ).exclude(user__email="")
    return {membership.user.email: declining_url(membership) for membership in wanting.select_related("user")}


def send(week: Week, to: dict[str, str]) -> int:
    """A letter of its own to each of `to` (as `recipients`); how many went out."""
    if not to:
        return 0
    from tickets.reports import pdf  # fpdf takes 0.2 s and 23 MB, which calls and pages have no use for

    with translation.override(week.tenant.language), timezone.override(week.tenant.time_zone):
        sheet = pdf.draw(week)
        letters = [letter(week, address, url, sheet) for address, url in to.items()]
    return mail.send(letters)


def letter(week: Week, address: str, declining: str, sheet: bytes) -> EmailMultiAlternatives:
    """In the language that is active."""
    context = {
        "week": week,
        "title": words.title(week),
        "headline": words.headline(week),
        "cards": words.cards(week),
        "days": words.days(week),
        "problems": words.problems(week),
        "notices": words.notices(week),
        "resolved_colour": words.RESOLVED,
        "others_colour": words.OTHERS,
        "dashboard": settings.SITE_URL + reverse("admin:index"),
        "declining": declining,
    }
    message = EmailMultiAlternatives(
        subject=f"{week.tenant} – {words.title(week)}",
        body=render_to_string("mail/weekly_report.txt", context),
        to=[address],
        headers=(
            {"List-Unsubscribe": f"<{declining}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
            if declining
            else {}
        ),
    )
    message.attach_alternative(render_to_string("mail/weekly_report.html", context), "text/html")
    message.attach(f"{week.tenant.slug}-{week.monday}.pdf", sheet, "application/pdf")
    return message


# --- Declining ------------------------------------------------------------------


def declining_url(membership: Membership) -> str:
    token = signing.dumps(membership.pk, salt=SALT)
    return settings.SITE_URL + reverse("weekly_report_choice", args=[token])


def membership_of(token: str) -> Membership | None:
    """Whose choice a link in a letter is about; None for what we never wrote, or who has left."""
    try:
        key = signing.loads(token, salt=SALT)
    except signing.BadSignature:
        return None
    return Membership.objects.select_related("tenant").filter(pk=key).first()
