"""Which vendors the calls of a company use."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display
from unfold.widgets import UnfoldAdminPasswordToggleWidget, UnfoldAdminSelectWidget

from providers.names import name_of
from tenants.admin.spoken import SpokenAhead
from tenants.modeladmin import TenantModelAdmin
from tenants.models import VendorChoice, VendorKey


def provider_field() -> forms.ChoiceField:
    return forms.ChoiceField(
        label=capfirst(_("vendor")),
        choices=lambda: [("", "---------"), *((code, _with_services(code)) for code in sorted(settings.PROVIDERS))],
        widget=UnfoldAdminSelectWidget(),
    )


def _with_services(code: str) -> str:
    kinds = VendorChoice.Kind
    return (
        f"{name_of(code)} ({', '.join(str(kinds(kind).label) for kind in kinds if kind in settings.PROVIDERS[code])})"
    )


class VendorChoiceForm(forms.ModelForm):  # type: ignore[type-arg]
    provider = provider_field()

    class Meta:
        model = VendorChoice
        fields = ("kind", "provider", "model")
        labels = {"kind": capfirst(_("type of service"))}


class VendorKeyForm(forms.ModelForm):  # type: ignore[type-arg]
    """The key goes in and never comes out."""

    provider = provider_field()
    api_key = forms.CharField(
        label=capfirst(_("key")),
        required=False,
        max_length=500,
        widget=UnfoldAdminPasswordToggleWidget(attrs={"autocomplete": "new-password"}),
        help_text=_("Stored encrypted, and never shown again. Left empty, the key that is stored stays."),
    )

    class Meta:
        model = VendorKey
        fields = ("provider", "api_key")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["api_key"] = ""

    def clean_api_key(self) -> str:
        key: str = self.cleaned_data["api_key"] or self.instance.api_key
        if not key:
            raise forms.ValidationError(_("Enter the key."))
        return key


@admin.register(VendorChoice)
class VendorChoiceAdmin(SpokenAhead, TenantModelAdmin):
    """Another voice has other phrases: they are spoken ahead."""

    form = VendorChoiceForm
    when_empty = _(
        "The platform's vendors do the work. Add a choice to have another one listen, understand or speak for you."
    )
    list_display = ("vendor", "kind", "model")
    list_filter = ("kind",)
    ordering_field = "position"
    hide_ordering_field = True
    fieldsets = ((None, {"fields": ("kind", ("provider", "model"))}),)

    @display(description=_("vendor"), ordering="provider")
    def vendor(self, choice: VendorChoice) -> str:
        return name_of(choice.provider)


@admin.register(VendorKey)
class VendorKeyAdmin(SpokenAhead, TenantModelAdmin):
    form = VendorKeyForm
    when_empty = _("The platform's keys are used. Add your own key to have a vendor bill you directly.")
    list_display = ("vendor",)

    @display(description=_("vendor"), ordering="provider")
    def vendor(self, key: VendorKey) -> str:
        return name_of(key.provider)
