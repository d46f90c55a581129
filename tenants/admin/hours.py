"""Opening hours and holidays, on the page of whoever keeps them."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSingleTimeWidget

from tenants.modeladmin import TenantTabularInline
from tenants.models import Holiday, OpeningHours
from tenants.models.hours import refuse_overlaps


class OpeningHoursForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = OpeningHours
        fields = ("weekday", "opens", "closes")
        widgets = dict.fromkeys(("opens", "closes"), UnfoldAdminSingleTimeWidget(format="%H:%M"))

    def validate_unique(self) -> None:
        """The formset compares the spans as they will be, not as they are stored."""


class OpeningHoursFormSet(forms.BaseInlineFormSet):  # type: ignore[type-arg]
    def clean(self) -> None:
        super().clean()
        if any(self.errors):
            return
        deleted = self.deleted_forms
        refuse_overlaps(form.instance for form in self.forms if form.cleaned_data and form not in deleted)


class TargetHoursInline(TenantTabularInline):
    """When a transfer target takes calls."""

    model = OpeningHours
    form = OpeningHoursForm
    formset = OpeningHoursFormSet
    fields = ("weekday", "opens", "closes")
    verbose_name_plural = capfirst(_("opening hours; without any, it takes calls at all times"))


class CompanyHoursInline(TargetHoursInline):
    """When the company answers."""

    verbose_name_plural = capfirst(_("opening hours; without any, the company answers at all times"))

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset(request)
        return rows.filter(transfer_target=None)


class HolidayInline(TenantTabularInline):
    model = Holiday
    fields = ("date", "name", "every_year")
