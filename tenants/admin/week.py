"""The company's week and holidays on one page, as a person would draw it on paper."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.forms import BaseModelFormSet, modelformset_factory
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext, gettext_noop, ngettext
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSingleDateWidget, UnfoldAdminTextInputWidget, UnfoldBooleanWidget

from tenants import audit, hours, services
from tenants.audit import Action
from tenants.modeladmin import TenantModelAdmin
from tenants.models import Holiday, OpeningHours, Tenant
from tenants.scope import current_tenant

MIDNIGHT = time()
SPANS = 3  # of a day, at least
CHANGED = gettext_noop("Changed the opening hours.")
ADDED = gettext_noop("Added public holidays.")

Span = tuple[time, time]


def joined(rows: Iterable[tuple[int, time, time]]) -> dict[int, list[Span]]:
    """A week as people say it: what goes on past midnight into the next morning is one span of the evening."""
    week: dict[int, list[Span]] = {day: [] for day in range(7)}
    for day, opens, closes in sorted(rows):
        week[day].append((opens, closes))
    for day in range(7):
        tomorrow = week[(day + 1) % 7]
        if not (week[day] and tomorrow):
            continue
        (opens, closes), (begins, ends) = week[day][-1], tomorrow[0]
        if closes == begins == MIDNIGHT and MIDNIGHT < ends < opens:
            week[day][-1] = opens, ends
            del tomorrow[0]
    return week


def split(week: dict[int, list[Span]]) -> Iterator[tuple[int, time, time]]:
    """The rows of a week: a span past midnight is two of them."""
    for day, spans in week.items():
        for opens, closes in spans:
            if closes <= opens and closes != MIDNIGHT:
                yield day, opens, MIDNIGHT
                yield (day + 1) % 7, MIDNIGHT, closes
            else:
                yield day, opens, closes


class WeekForm(forms.Form):
    """`opens_DAY_NUMBER` and `closes_DAY_NUMBER`; a day without any is closed."""

    ALWAYS, HOURS = "always", "hours"
    when = forms.ChoiceField(
        choices=[(ALWAYS, _("at all times")), (HOURS, _("at these hours"))], widget=forms.RadioSelect
    )

    def __init__(self, data: Any = None, *, week: dict[int, list[Span]]) -> None:
        initial = {"when": self.HOURS if any(week.values()) else self.ALWAYS}
        self.spans = max(SPANS, *(len(spans) for spans in week.values()))
        for day, spans in week.items():
            for number, (opens, closes) in enumerate(spans):
                initial |= {f"opens_{day}_{number}": f"{opens:%H:%M}", f"closes_{day}_{number}": f"{closes:%H:%M}"}
        super().__init__(data, initial=initial)
        for name, label in self._names():
            clock = UnfoldAdminTextInputWidget(attrs={"type": "time", "aria-label": label, "class": "vb-time"})
            self.fields[name] = forms.TimeField(required=False, label=label, widget=clock)

    def _names(self) -> Iterator[tuple[str, str]]:
        for day in OpeningHours.Weekday:
            for number in range(self.spans):
                words = {"day": day.label, "number": number + 1}
                yield f"opens_{day}_{number}", gettext("%(day)s, span %(number)d, opens") % words
                yield f"closes_{day}_{number}", gettext("%(day)s, span %(number)d, closes") % words

    def days(self) -> Iterator[dict[str, Any]]:
        """For the page: each day's name, its pairs of fields, and what is wrong with them."""
        for day in OpeningHours.Weekday:
            pairs = [(self[f"opens_{day}_{number}"], self[f"closes_{day}_{number}"]) for number in range(self.spans)]
            errors = [error for pair in pairs for field in pair for error in field.errors]
            yield {"day": day, "pairs": pairs, "errors": errors}

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        self.rows: list[tuple[int, time, time]] = []
        if self.errors or data["when"] == self.ALWAYS:
            return data
        week: dict[int, list[Span]] = {day: [] for day in range(7)}
        for day in week:
            for number in range(self.spans):
                opens, closes = data.get(f"opens_{day}_{number}"), data.get(f"closes_{day}_{number}")
                if (opens is None) != (closes is None):
                    missing = "opens" if opens is None else "closes"
                    self.add_error(f"{missing}_{day}_{number}", gettext("Write when it opens and when it closes."))
                elif opens is not None and closes is not None:
                    if opens == closes != MIDNIGHT:
                        message = gettext("It opens and closes at the same time. A whole day is 00:00 to 00:00.")
                        self.add_error(f"closes_{day}_{number}", message)
                    week[day].append((opens, closes))
        self.rows = sorted(split(week))
        self._refuse_overlaps()
        if not self.rows and not self.errors:
            self.add_error("when", gettext("Write the hours of a day at least, or choose «at all times»."))
        return data

    def _refuse_overlaps(self) -> None:
        spans = [OpeningHours(weekday=day, opens=opens, closes=closes) for day, opens, closes in self.rows]
        for one, other in pairwise(spans):
            if one.overlaps(other):
                message = gettext("%(one)s and %(other)s overlap.") % {"one": one, "other": other}
                self.add_error(f"opens_{other.weekday}_0", message)


class HolidayForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = Holiday
        fields = ("date", "name", "every_year")
        widgets = {
            "date": UnfoldAdminSingleDateWidget(attrs={"type": "date", "aria-label": _("Date")}, format="%Y-%m-%d"),
            "name": UnfoldAdminTextInputWidget(attrs={"aria-label": _("Name")}),
            "every_year": UnfoldBooleanWidget(attrs={"aria-label": _("Every year")}),
        }


class HolidayFormSetBase(BaseModelFormSet):  # type: ignore[type-arg]
    def clean(self) -> None:
        super().clean()
        if any(self.errors):
            return
        seen: set[date] = set()
        for form in self.forms:
            if (day := form.cleaned_data.get("date")) is None or form in self.deleted_forms:
                continue
            if day in seen:
                form.add_error("date", ValidationError(_("This date is a holiday already.")))
            seen.add(day)


HolidayFormSet = modelformset_factory(
    Holiday, form=HolidayForm, formset=HolidayFormSetBase, extra=1, can_delete=True, max_num=200, absolute_max=250
)


@dataclass(frozen=True, slots=True)
class Now:
    """Whether the company answers at this moment, and when that changes: aware, by its own clocks."""

    is_open: bool
    at: datetime
    opens_at: datetime | None


def now(tenant: Tenant) -> Now:
    schedule, at = hours.load(tenant), timezone.now().astimezone(ZoneInfo(tenant.time_zone))
    is_open = schedule.is_open(at)
    return Now(is_open, at, None if is_open else schedule.next_opening(at))


@admin.register(OpeningHours)
class OpeningHoursAdmin(TenantModelAdmin):
    """The week of the company acted for; transfer targets have their hours on their own pages."""

    list_display = ("weekday", "opens", "closes", "transfer_target")
    list_select_related = ("transfer_target",)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        tenant = current_tenant()
        if tenant is None or "action" in request.POST:
            response: HttpResponse = super().changelist_view(request, extra_context)
            return response
        if not self.has_view_permission(request):
            raise PermissionDenied
        may_change = self.has_change_permission(request) and self.has_delete_permission(request)
        rows = OpeningHours.objects.filter(transfer_target=None).values_list("weekday", "opens", "closes")
        week = WeekForm(request.POST or None, week=joined(rows))
        holidays = HolidayFormSet(request.POST or None, queryset=Holiday.objects.all(), prefix="holidays")
        if request.method == "POST":
            if not may_change:
                raise PermissionDenied
            if week.is_valid() and holidays.is_valid():
                services.set_week(rows=week.rows)
                holidays.save()
                audit.record(action=Action.CHANGE, row=tenant, request=request, detail=CHANGED)
                messages.success(request, gettext("The opening hours hold from the next call on."))
                if "france" in request.POST:
                    self._add_public_holidays(request, tenant)
                return redirect("admin:tenants_openinghours_changelist")
            messages.error(request, gettext("Nothing was saved yet: mend what is marked."))
        schedule = hours.load(tenant)
        return TemplateResponse(
            request,
            "admin/tenants/openinghours/week.html",
            {
                **self.admin_site.each_context(request),
                "title": capfirst(gettext("opening hours")),
                "week": week,
                "holidays": holidays,
                "now": now(tenant),
                "spoken": schedule.spoken(tenant.language),
                "zone": tenant.time_zone,
                "marks": range(0, 25, 6),
                "may_change": may_change,
            },
        )

    def _add_public_holidays(self, request: HttpRequest, tenant: Tenant) -> None:
        today: date = timezone.now().astimezone(ZoneInfo(tenant.time_zone)).date()
        count = services.add_public_holidays(today=today)
        audit.record(action=Action.CHANGE, row=tenant, request=request, detail=ADDED)
        messages.success(
            request, ngettext("%d public holiday was added.", "%d public holidays were added.", count) % count
        )
