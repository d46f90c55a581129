"""When a company answers, and when a person can take a call."""

from __future__ import annotations

import datetime
from collections.abc import Collection, Iterable
from itertools import combinations

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from tenants.models.telephony import TransferTarget
from tenants.scope import TenantModel

MIDNIGHT = datetime.time()


class OpeningHours(TenantModel):
    """A span of a weekday, in the company's time zone. Closing at 00:00 is the end of that day.

    Without any span a company, or a transfer target, is always there.
    """

    configures_calls = True

    class Weekday(models.IntegerChoices):
        """As `date.weekday()` counts."""

        MONDAY = 0, _("Monday")
        TUESDAY = 1, _("Tuesday")
        WEDNESDAY = 2, _("Wednesday")
        THURSDAY = 3, _("Thursday")
        FRIDAY = 4, _("Friday")
        SATURDAY = 5, _("Saturday")
        SUNDAY = 6, _("Sunday")

    weekday = models.PositiveSmallIntegerField(_("day"), choices=Weekday)
    opens = models.TimeField(_("opens"))
    closes = models.TimeField(_("closes"), help_text=_("00:00 is the end of the day."))
    transfer_target = models.ForeignKey(
        TransferTarget,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="hours",
        verbose_name=_("transfer target"),
        help_text=_("Empty: the company's own hours."),
    )

    class Meta:
        verbose_name = _("opening hours")
        verbose_name_plural = _("opening hours")
        ordering = ["weekday", "opens"]
        constraints = [
            models.CheckConstraint(
                condition=Q(closes__gt=F("opens")) | Q(closes=MIDNIGHT),
                name="opens_before_it_closes",
                violation_error_message=_("It closes before it opens. Write a span over midnight as two."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_weekday_display()} {self.opens:%H:%M}–{self.closes:%H:%M}"

    def overlaps(self, other: OpeningHours) -> bool:
        """Whether both are true of some minute; spans that touch do not overlap."""
        mine, theirs = self._ends_at(), other._ends_at()
        return self.weekday == other.weekday and self.opens < theirs and other.opens < mine

    def _ends_at(self) -> datetime.time:
        return datetime.time.max if self.closes == MIDNIGHT else self.closes

    def validate_unique(self, exclude: Collection[str] | None = None) -> None:
        """Two spans of a day never overlap. Who edits several at once asks `refuse_overlaps` instead."""
        super().validate_unique(exclude=exclude)
        if None in (self.weekday, self.opens, self.closes):
            return  # the field's own validation has said so
        stored = OpeningHours.objects.filter(weekday=self.weekday, transfer_target=self.transfer_target_id)
        refuse_overlaps([self, *stored.exclude(pk=self.pk)])


def refuse_overlaps(spans: Iterable[OpeningHours]) -> None:
    """Raise ValidationError naming two spans that overlap."""
    for one, other in combinations(spans, 2):
        if one.overlaps(other):
            raise ValidationError(
                _("%(one)s and %(other)s overlap."), code="overlap", params={"one": one, "other": other}
            )


class Holiday(TenantModel):
    """A day on which the company is closed from midnight to midnight."""

    configures_calls = True

    date = models.DateField(_("date"))
    name = models.CharField(_("name"), max_length=100, blank=True)
    every_year = models.BooleanField(_("every year"), default=False)

    class Meta:
        verbose_name = _("holiday")
        verbose_name_plural = _("holidays")
        ordering = ["date"]
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "date"],
                name="one_holiday_per_date",
                violation_error_message=_("This date is a holiday already."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.date} {self.name}".rstrip()
