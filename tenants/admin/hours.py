"""When a transfer target takes calls, on its page; the company's own hours are in `week`."""

from __future__ import annotations

from django import forms
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSingleTimeWidget

from tenants.modeladmin import TenantTabularInline
from tenants.models import OpeningHours
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
