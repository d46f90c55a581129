"""What the web tells Prometheus: what it counted itself, and what only the database and the broker know.

Of every company its own figures, and nothing else names one: by slug the oldest
MOST_TENANTS, all others together as "other". Figures are read once in KEPT_SECONDS,
however often and by however many they are asked for, each with an indexed query whose
rows are as many as companies.
"""

from __future__ import annotations

import hmac
import ipaddress
import logging
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from decimal import Decimal
from threading import Lock
from typing import Final

import redis
from django.conf import settings
from django.db import DatabaseError
from django.db.models import Count, Q, Sum
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric

from calls.models import Call, SpendDay, SpendLimit
from calls.spending import platform_budgets
from monitoring.metrics import OTHER
from providers.prices import billing_day
from tenants.models import Tenant, WebhookMessage
from tenants.scope import EVERYONE, acting_for
from tickets.models import Ticket
from tickets.roi import Roi

logger = logging.getLogger(__name__)

MOST_TENANTS: Final = 50
KEPT_SECONDS: Final = 15.0
BROKER_SECONDS: Final = 1.0
PERIODS: Final = {"today": 1, "30d": 30}  # days, today included
FORWARDED: Final = ("HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_PROTO", "HTTP_FORWARDED", "HTTP_X_REAL_IP")


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """For Prometheus: with METRICS_TOKEN, or without one from a private address and past no proxy."""
    if not may_ask(request):
        answer = HttpResponse("Metrics are for Prometheus: see METRICS_TOKEN.\n", "text/plain", 403)
        if settings.METRICS_TOKEN:
            answer.status_code, answer["WWW-Authenticate"] = 401, "Bearer"
        return answer
    return HttpResponse(generate_latest(REGISTRY) + generate_latest(known), CONTENT_TYPE_LATEST)


def may_ask(request: HttpRequest) -> bool:
    if settings.METRICS_TOKEN:
        shown = request.headers.get("Authorization", "")
        return hmac.compare_digest(shown.encode(), f"Bearer {settings.METRICS_TOKEN}".encode())
    # What a proxy passes on may come from anywhere, whatever address the proxy itself has.
    return not any(name in request.META for name in FORWARDED) and is_private(request.META.get("REMOTE_ADDR", ""))


def is_private(address: str) -> bool:
    try:
        return ipaddress.ip_address(address.removeprefix("::ffff:")).is_private
    except ValueError:  # a UNIX socket has none: the web server is on this machine
        return not address


class Known:
    """A collector of what is read from elsewhere. What cannot be read is left out, and logged."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._read_at = float("-inf")
        self._metrics: list[Metric] = []

    def collect(self) -> Iterable[Metric]:
        with self._lock:
            if time.monotonic() - self._read_at > KEPT_SECONDS:
                self._metrics = [*self._read()]
                self._read_at = time.monotonic()
            return self._metrics

    def describe(self) -> Iterable[Metric]:
        return []

    def forget(self) -> None:
        self._read_at = float("-inf")

    def _read(self) -> Iterator[Metric]:
        try:
            with acting_for(EVERYONE):
                yield from [*_of_companies()]
        except DatabaseError as error:
            logger.warning("metrics without the database: %s", error)
        if settings.REDIS_URL:
            try:
                yield from [*_of_the_broker()]
            except redis.RedisError as error:
                logger.warning("metrics without the broker: %s", error)


class _ByTenant(dict[int, str]):
    """Tenant's key -> label."""

    def __init__(self) -> None:
        super().__init__(Tenant.objects.order_by("pk").values_list("pk", "slug")[:MOST_TENANTS])

    def __missing__(self, key: int) -> str:
        return OTHER


class _Gauge:
    """A gauge whose samples of the same labels are added up."""

    def __init__(self, name: str, text: str, *labels: str) -> None:
        self._family = GaugeMetricFamily(name, text, labels=labels)
        self._values: defaultdict[tuple[str, ...], float] = defaultdict(float)

    def add(self, value: float | Decimal | None, *labels: str) -> None:
        self._values[labels] += float(value or 0)

    def family(self) -> Metric:
        for labels, value in self._values.items():
            self._family.add_metric(labels, value)
        return self._family


def _of_companies() -> Iterator[Metric]:
    label, today = _ByTenant(), billing_day()
    yield from _money(label, today)
    yield from _earned(label, today)
    calls = _Gauge("voicebot_tenant_calls", "A company's calls in progress.", "tenant")
    tickets = _Gauge("voicebot_tenant_open_tickets", "A company's tickets that wait for somebody.", "tenant")
    for name in label.values():
        calls.add(0, name)
        tickets.add(0, name)
    running = Call.objects.filter(status=Call.Status.IN_PROGRESS, is_test=False)
    for tenant, number in running.order_by().values_list("tenant_id").annotate(Count("pk")):
        calls.add(number, label[tenant])
    waiting = Ticket.objects.filter(status__in=(Ticket.Status.OPEN, Ticket.Status.TRANSFERRED))
    for tenant, number in waiting.order_by().values_list("tenant_id").annotate(Count("pk")):
        tickets.add(number, label[tenant])
    yield calls.family()
    yield tickets.family()
    pending = WebhookMessage.objects.filter(state=WebhookMessage.State.PENDING).count()
    yield GaugeMetricFamily("voicebot_webhooks_pending", "Events that companies' software has yet to be told.", pending)


def _money(label: _ByTenant, today: date) -> Iterator[Metric]:
    spent = _Gauge("voicebot_spend_eur", "What vendors cost a company this day or month.", "tenant", "period")
    limits = _Gauge("voicebot_spend_limit_eur", "What they may cost it.", "tenant", "period")
    sums = SpendDay.objects.filter(day__gte=today.replace(day=1)).order_by().values_list("tenant_id")
    for tenant, day, month in sums.annotate(of_day=Sum("cost_eur", filter=Q(day=today)), of_month=Sum("cost_eur")):
        spent.add(day, label[tenant], "day")
        spent.add(month, label[tenant], "month")
    for tenant, day, month in SpendLimit.objects.filter(tenant__in=list(label)).values_list(
        "tenant_id", "day_eur", "month_eur"
    ):
        for period, amount in (("day", day), ("month", month)):
            if amount is not None:
                limits.add(amount, label[tenant], period)
                spent.add(0, label[tenant], period)
    platform = _Gauge("voicebot_platform_spend_eur", "What vendors cost the platform where it has a limit.", "period")
    platform_limits = _Gauge("voicebot_platform_spend_limit_eur", "What they may cost it.", "period")
    for budget in platform_budgets():
        platform.add(budget.spent, budget.period)
        platform_limits.add(budget.limit, budget.period)
    for gauge in (spent, limits, platform, platform_limits):
        yield gauge.family()


EARNED: Final = {  # of Roi
    "calls": "Calls that ended.",
    "resolved": "Calls that the bot resolved.",
    "handled_seconds": "Length of all calls.",
    "cost_eur": "What vendors cost.",
    "human_eur": "What people would have cost for the resolved calls.",
    "cached_eur": "What the phrase store saved.",
}


def _earned(label: _ByTenant, today: date) -> Iterator[Metric]:
    """The figures that people see elsewhere, too; docs/roi.md has what is made of them."""
    gauges = {name: _Gauge(f"voicebot_roi_{name}", text, "tenant", "period") for name, text in EARNED.items()}
    for period, days in PERIODS.items():
        for tenant, roi in Roi.by_tenant(since=today - timedelta(days=days - 1), until=today).items():
            for name, gauge in gauges.items():
                gauge.add(getattr(roi, name), label[tenant], period)
    for gauge in gauges.values():
        yield gauge.family()


def _of_the_broker() -> Iterator[Metric]:
    with redis.Redis.from_url(
        settings.REDIS_URL, socket_timeout=BROKER_SECONDS, socket_connect_timeout=BROKER_SECONDS
    ) as broker:
        waiting = {name: broker.llen(name) for name in settings.CELERY_TASK_QUEUES}
        running = broker.hlen("unacked")
    lengths = GaugeMetricFamily("voicebot_queue_length", "Tasks that no Celery worker has taken yet.", labels=["queue"])
    for name, length in waiting.items():
        lengths.add_metric([name], length)
    yield lengths
    yield GaugeMetricFamily("voicebot_queue_unacknowledged", "Tasks taken and not finished, or due later.", running)


known = CollectorRegistry()
collector = Known()
known.register(collector)
