"""The saved filters of the queue, as tabs with counts, and the filter that they set."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from django.contrib.admin import SimpleListFilter
from django.contrib.admin.views.main import ChangeList
from django.contrib.auth.models import User
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import DropdownFilter

from tenants.scope import current_tenant
from tickets.models import ACTIVE, TO_WORK_ON, Ticket

PARAMETER: Final = "queue"
FIRST: Final = "open"
TAGGED: Final = 1000
TITLES: Final[dict[str, str | Promise]] = {
    "open": _("To work on"),
    "mine": _("Mine"),
    "unassigned": _("Unassigned"),
    "angry": _("Angry"),
    "callback": _("To call back"),
    "overdue": _("Overdue"),
    "pending": _("Waiting"),
    "all": _("All"),
}


def conditions(user: User) -> dict[str, Q]:
    """What is in each tab but the last, which has everything; all of it is active."""
    to_work_on = Q(status__in=TO_WORK_ON)
    return {
        "open": to_work_on,
        "mine": Q(status__in=ACTIVE, assigned_to=user),
        "unassigned": to_work_on & Q(assigned_to=None),
        "angry": Q(status__in=ACTIVE, sentiment=Ticket.Sentiment.NEGATIVE),
        "callback": Q(status__in=ACTIVE, wants_callback=True),
        "overdue": to_work_on & Q(due_at__lt=timezone.now()),
        "pending": Q(status=Ticket.Status.PENDING),
    }


@dataclass(frozen=True, slots=True)
class Tab:
    key: str
    title: str | Promise
    count: int | None
    link: str
    is_current: bool


def tabs(changelist: ChangeList, request: HttpRequest) -> list[Tab]:
    """One query, over what is active only."""
    assert isinstance(request.user, User)
    counted = {key: Count("pk", filter=condition) for key, condition in conditions(request.user).items()}
    counts = Ticket.objects.filter(status__in=ACTIVE).order_by().aggregate(**counted)
    current = request.GET.get(PARAMETER, "all")
    return [
        Tab(key, title, counts.get(key), changelist.get_query_string({PARAMETER: key}, ["p"]), key == current)
        for key, title in TITLES.items()
    ]


class QueueFilter(SimpleListFilter):
    """Set by the tabs; among the filters it is a hidden field, so that they are within the tab."""

    title = _("queue")
    parameter_name = PARAMETER
    template = "admin/tickets/ticket/queue_filter.html"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return list(TITLES.items())

    def choices(self, changelist: ChangeList) -> Any:
        return [{"name": PARAMETER, "value": self.value() or "all"}]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Ticket]) -> QuerySet[Ticket]:
        assert isinstance(request.user, User)
        condition = conditions(request.user).get(self.value() or "")
        return queryset if condition is None else queryset.filter(condition)


class TagFilter(DropdownFilter):
    """The tags of the last tickets: those of all, of which there may be 200,000, cost a tenth of a second."""

    title = _("tag")
    parameter_name = "tag"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        last = Ticket.objects.order_by("-created_at").values_list("tag", flat=True)[:TAGGED]
        return [(tag, tag) for tag in sorted({*last} - {""})]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Ticket]) -> QuerySet[Ticket]:
        return queryset.filter(tag=self.value()) if self.value() else queryset


class AssigneeFilter(DropdownFilter):
    """People of the company; others are nobody's business."""

    title = _("assigned to")
    parameter_name = "assignee"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        people = User.objects.filter(memberships__tenant=current_tenant()).order_by("username")
        return [(str(person.pk), person.get_full_name() or person.get_username()) for person in people]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Ticket]) -> QuerySet[Ticket]:
        known = {key for key, _name in self.lookup_choices}
        return queryset.filter(assigned_to=self.value()) if self.value() in known else queryset
