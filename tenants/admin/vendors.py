"""Which vendors the calls of a company use."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from django import forms
from django.conf import settings
from django.contrib import admin
from django.db.models import OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Concat
from django.http import HttpRequest
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display
from unfold.widgets import UnfoldAdminPasswordToggleWidget, UnfoldAdminSelectWidget

from calls.models import Call, Usage
from providers.names import name_of
from providers.protocols import ProviderError
from providers.services import try_key
from providers.words import explained
from tenants.admin.spoken import SpokenAhead
from tenants.modeladmin import TenantModelAdmin
from tenants.models import VendorChoice, VendorKey
from tenants.scope import current_tenant


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


#: What vendors did longer ago tells nothing of a key.
REMEMBERED: Final = timedelta(days=7)


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
        key: str = self.cleaned_data["api_key"].strip() or self.instance.api_key
        if not key:
            raise forms.ValidationError(_("Enter the key."))
        return key

    def clean(self) -> dict[str, Any] | None:
        """A key that does not work is not stored: calls go on with what they had."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        provider, key = cleaned.get("provider"), cleaned.get("api_key")
        tenant = current_tenant()
        if tenant is None or provider not in settings.VENDORS or not key or not self.has_changed():
            return cleaned
        try:
            try_key(tenant=tenant, provider=provider, api_key=key)
        except ProviderError as error:
            text = _("Not stored, because it was tried: %s Your calls go on as before.")
            self.add_error("api_key", text % explained(str(error)))
        return cleaned


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
    list_display = ("vendor", "state", "last_answer")

    def get_queryset(self, request: HttpRequest) -> QuerySet[VendorKey]:
        """With what the vendor did lately for the company: its last answer, and the last call that it failed."""
        rows: QuerySet[VendorKey] = super().get_queryset(request)
        own, since = {"tenant": OuterRef("tenant")}, timezone.now() - REMEMBERED
        answers = Usage.objects.filter(**own, provider=OuterRef("provider"), created_at__gte=since)
        failed = Call.objects.filter(**own, error__contains=OuterRef("written"), started_at__gte=since)
        failed = failed.order_by("-started_at")
        return rows.annotate(
            written=Concat("provider", Value(": ")),
            answered_at=Subquery(answers.order_by("-created_at").values("created_at")[:1]),
            failed_at=Subquery(failed.values("ended_at")[:1]),
            failure=Subquery(failed.values("error")[:1]),
        )

    @display(description=_("vendor"), ordering="provider", header=True)
    def vendor(self, key: Any) -> tuple[str, str]:
        return name_of(key.provider), explained(key.failure) if _fails(key) else ""

    @display(description=_("last answer"))
    def last_answer(self, key: Any) -> Any:
        return key.answered_at

    @display(description=_("state"), label={"fails": "danger", "works": "success", "unused": "info"})
    def state(self, key: Any) -> tuple[str, Any]:
        if _fails(key):
            return "fails", _("fails")
        return ("works", _("works")) if key.answered_at else ("unused", _("not used lately"))


def _fails(key: Any) -> bool:
    """Whether the vendor failed a call, and has not answered since."""
    return bool(key.failed_at and (key.answered_at is None or key.answered_at < key.failed_at))
