"""What the dashboard says to the platform's operator: companies side by side, and how vendors do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from django.db.models import Avg, Count, Max, Q, Sum
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise

from calls import overview as live
from calls.models import SpendDay, SpendLimit, Usage
from providers.names import name_of
from providers.prices import billing_day
from tenants.models import Tenant
from tickets.roi import Roi
from voicebot_site.dashboard.company import Change, change, resolution_colour
from voicebot_site.dashboard.periods import PERIOD_DAYS, rows

MOST_COMPANIES: Final = 100
VENDOR_HOURS: Final = 24


@dataclass(frozen=True, slots=True)
class Limit:
    """What was spent of a limit, `share` from 0 to 1 and beyond."""

    spent: Decimal
    limit: Decimal

    @property
    def share(self) -> float:
        return float(self.spent / self.limit) if self.limit else 1.0


@dataclass(frozen=True, slots=True)
class Row:
    """One company in 30 days; `limits` of today and of this month, where there are any."""

    tenant: Tenant
    roi: Roi
    change: Change | None
    colour: str
    running: int
    day: Limit | None
    month: Limit | None
    link: str


@dataclass(frozen=True, slots=True)
class Vendor:
    """What a vendor did in the last 24 hours, for all companies."""

    provider: str
    kind: str | Promise
    requests: int
    latency: float | None
    unpriced: int
    last: datetime
    link: str


def overview() -> dict[str, Any]:
    """`companies`, busiest first, `platform` (their sum) and `vendors` for templates/admin/dashboard/platform.html."""
    tenants = list(Tenant.objects.all())
    until = billing_day()
    since = until - timedelta(days=PERIOD_DAYS - 1)
    now = Roi.by_tenant(since=since, until=until)
    before = Roi.by_tenant(since=since - timedelta(days=PERIOD_DAYS), until=since - timedelta(days=1))
    tenants.sort(key=lambda tenant: (-now.get(tenant.pk, Roi()).calls, tenant.name))
    shown = tenants[:MOST_COMPANIES]
    by_tenant = live.running().order_by().values("tenant_id").annotate(count=Count("pk"))
    running: dict[int, int] = dict(by_tenant.values_list("tenant_id", "count"))
    limits = _limits(shown)
    companies = []
    for tenant in shown:
        roi = now.get(tenant.pk, Roi())
        day, month = limits.get(tenant.pk, (None, None))
        companies.append(
            Row(
                tenant=tenant,
                roi=roi,
                change=change(roi.calls, before.get(tenant.pk, Roi()).calls, good=0),
                colour=resolution_colour(roi),
                running=running.get(tenant.pk, 0),
                day=day,
                month=month,
                link=reverse("admin:tenants_tenant_change", args=[tenant.pk]),
            )
        )
    return {
        "companies": companies,
        "hidden_companies": len(tenants) - len(shown),
        "platform": sum(now.values(), Roi()),
        "vendors": _vendors(tenants),
        "period_days": PERIOD_DAYS,
        "vendor_hours": VENDOR_HOURS,
    }


def _limits(tenants: Sequence[Tenant]) -> dict[int, tuple[Limit | None, Limit | None]]:
    """(today's, this month's) of those that have one."""
    today, nothing = billing_day(), Decimal(0)
    sums = SpendDay.objects.filter(tenant__in=tenants, day__gte=today.replace(day=1)).order_by().values("tenant_id")
    spent = {
        tenant: (day, month)
        for tenant, day, month in sums.annotate(
            of_day=Sum("cost_eur", filter=Q(day=today), default=nothing), of_month=Sum("cost_eur", default=nothing)
        ).values_list("tenant_id", "of_day", "of_month")
    }
    found: dict[int, tuple[Limit | None, Limit | None]] = {}
    for tenant, day_eur, month_eur in SpendLimit.objects.filter(tenant__in=tenants).values_list(
        "tenant_id", "day_eur", "month_eur"
    ):
        day, month = spent.get(tenant, (nothing, nothing))
        found[tenant] = (
            None if day_eur is None else Limit(day, day_eur),
            None if month_eur is None else Limit(month, month_eur),
        )
    return found


def _vendors(tenants: Sequence[Tenant]) -> list[Vendor]:
    since = timezone.now() - timedelta(hours=VENDOR_HOURS)
    # By company, as the index of usages is.
    used = Usage.objects.filter(tenant__in=tenants, created_at__gte=since).order_by().values("kind", "provider")
    return [
        Vendor(
            name_of(row["provider"]),
            Usage.Kind(row["kind"]).label,
            row["requests"],
            row["latency"],
            row["unpriced"],
            row["last"],
            rows(Usage, kind__exact=row["kind"], provider=row["provider"], created_at_from=f"{since:%Y-%m-%d}"),
        )
        for row in used.annotate(
            requests=Count("pk"),
            latency=Avg("latency_seconds"),
            unpriced=Count("pk", filter=Q(cost_eur=None)),
            last=Max("created_at"),
        ).order_by("kind", "provider")
    ]
