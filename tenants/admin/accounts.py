"""Company accounts."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.contrib.filters.admin import ChoicesDropdownFilter

from calls.admin import SpendLimitInline
from calls.templatetags.calls import euros
from providers.services import NotSpoken, phrases_changed, try_voice
from tenants.modeladmin import SiteModelAdmin
from tenants.models import Tenant
from tenants.roles import closed_fields
from tenants.scope import current_tenant
from tenants.services import create_tenant

#: Fields of an account that phrases depend on.
SPOKEN = frozenset({"name", "language", "voice"})


class TenantForm(forms.ModelForm):  # type: ignore[type-arg]
    """Another voice is tried, and what speaking all phrases with it costs is told before it is saved."""

    asked_voice = ""

    def clean(self) -> dict[str, Any] | None:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        voice, tenant = cleaned.get("voice"), current_tenant()
        # Staff who act for nobody, or for another company, have nobody's vendor to ask.
        is_own = tenant is not None and tenant == self.instance
        if not voice or "voice" not in self.changed_data or tenant is None or not is_own or self.errors:
            return cleaned
        if self.data.get("agreed_voice") == voice:
            return cleaned
        try:
            count, cost = try_voice(tenant=tenant, voice_id=voice)
        except NotSpoken as refusal:
            self.add_error("voice", _("Not saved, because it was tried: %s") % refusal)
            return cleaned
        if count:
            self.asked_voice = voice
            text = ngettext(
                "With this voice %(count)d phrase is spoken anew (%(cost)s at the vendor). Save again to go on.",
                "With this voice %(count)d phrases are spoken anew (%(cost)s at the vendor). Save again to go on.",
                count,
            )
            self.add_error("voice", text % {"count": count, "cost": euros(cost)})
        return cleaned


@admin.register(Tenant)
class TenantAdmin(SiteModelAdmin):
    """All accounts for platform staff; its own for a company."""

    form = TenantForm
    help_texts = {
        "voice": _(
            "The voice's id at the vendor, not its name; empty: the platform's. "
            "With another voice all phrases are spoken anew, which the vendor charges for."
        ),
        "record_calls": _(
            "In France and elsewhere in the EU callers must be told: announce it, or tell them otherwise."
        ),
    }
    list_display = ("name", "slug", "language", "time_zone", "is_active", "created_at")
    list_filter = ("is_active", ("language", ChoicesDropdownFilter))
    search_fields = ("name", "slug")
    # The rest has defaults, and the phrases of the language's preset come with it.
    add_fieldsets = ((None, {"fields": ("name", "slug", "language")}),)
    fieldsets = (
        (None, {"fields": (("name", "slug"), ("language", "time_zone"), "is_active")}),
        (
            _("Calls"),
            {
                "fields": (
                    ("voice", "max_call_seconds", "max_calls"),
                    ("record_calls", "announces_recording"),
                    "after_hours",
                    "words_answers",
                )
            },
        ),
        (
            _("Privacy"),
            {
                "fields": (("keep_recordings_days", "keep_transcripts_days"),),
                "description": _("Every night, what is older is erased for good; the audit log says how much."),
            },
        ),
        (_("Savings"), {"fields": ("human_call_eur",)}),
        (_("Access"), {"fields": ("requires_two_factor",)}),
        (_("Letters"), {"fields": ("writes_to_callers",)}),
        (
            _("What the bot asks of a new caller"),
            {"fields": (("asks_first_name", "asks_last_name"), ("asks_company", "asks_email"))},
        ),
        (
            _("When tickets are due"),
            {
                "fields": (("hours_high", "hours_medium", "hours_low"),),
                "description": _("Hours in which you are open, from the call on. Empty: never due."),
            },
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Tenant]:
        rows: QuerySet[Tenant] = super().get_queryset(request)
        if request.user.is_superuser:
            return rows
        return rows.filter(pk=request.tenant.pk)  # type: ignore[attr-defined]

    def get_readonly_fields(self, request: HttpRequest, obj: Tenant | None = None) -> tuple[str, ...]:
        return () if request.user.is_superuser else ("slug", "is_active", *closed_fields(request, Tenant))

    def get_prepopulated_fields(self, request: HttpRequest, obj: Tenant | None = None) -> dict[str, tuple[str, ...]]:
        return {} if obj else {"slug": ("name",)}

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        if not request.user.is_superuser and self.has_view_permission(request):
            return redirect("admin:tenants_tenant_change", request.tenant.pk)  # type: ignore[attr-defined]
        response: HttpResponse = super().changelist_view(request, extra_context)
        return response

    def get_inlines(self, request: HttpRequest, obj: Tenant | None) -> tuple[Any, ...]:
        """Owned rows are written only by whoever acts for the company."""
        return (SpendLimitInline,) if obj and obj == current_tenant() else ()

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        if SPOKEN.intersection(form.changed_data):
            phrases_changed(tenant=form.instance)

    def save_model(self, request: HttpRequest, obj: Tenant, form: Any, change: bool) -> None:
        if change:
            super().save_model(request, obj, form, change)
            if obj.record_calls and not obj.announces_recording:
                messages.warning(request, _("Calls are recorded, and callers are not told so by the bot."))
        else:  # the admin goes on with `obj`: it becomes the account that was made
            made = create_tenant(slug=obj.slug, name=obj.name, language=obj.language, announces_recording=True)
            vars(obj).update(vars(made))
