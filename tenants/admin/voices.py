"""How the bot sounds: pronunciations, and voices made of people's own."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe
from unfold.decorators import display
from unfold.widgets import UnfoldAdminFileFieldWidget

from providers import samples, services
from providers.protocols import ProviderError
from tenants.admin.phrases import mono_wav
from tenants.admin.spoken import SpokenAhead
from tenants.modeladmin import TenantModelAdmin
from tenants.models import ClonedVoice, Phrase, Pronunciation, Tenant
from tenants.roles import may
from tenants.scope import current_tenant
from tenants.services import heard_voice
from voicebot_site.files import send_bytes

WHY = {
    "count": _("Choose one to ten recordings."),
    "large": _("%(name)s is larger than 10 MB."),
    "kind": _("%(name)s is neither a WAV nor an MP3 recording."),
    "short": _("The recordings last less than 30 seconds together: a voice needs more."),
    "long": _("The recordings last more than ten minutes together."),
}


@admin.register(Pronunciation)
class PronunciationAdmin(SpokenAhead, TenantModelAdmin):
    change_form_template = "admin/tenants/pronunciation/change_form.html"
    when_empty = _("A name that the voice reads wrongly: write it as it should sound.")
    help_texts = {"written": _("The word, as it stands in your phrases.")}
    list_display = ("written", "spoken")
    search_fields = ("written", "spoken")

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        tenant = current_tenant()
        may_listen = tenant is not None and may(request, "change", Phrase)
        context = {**(extra_context or {}), "listen_language": tenant.language if tenant and may_listen else ""}
        response: HttpResponse = super().changeform_view(request, object_id, form_url, context)
        return response


class FilesInput(UnfoldAdminFileFieldWidget):
    allow_multiple_selected = True


class SamplesField(forms.FileField):
    """Recordings, told by their content; they go to the vendor and are not kept."""

    widget = FilesInput

    def clean(self, data: Any, initial: Any = None) -> list[samples.Sample]:
        files = data if isinstance(data, Sequence) else [data] if data else []
        try:
            return samples.read_samples(files)
        except samples.BadSample as error:
            raise ValidationError(WHY[error.code], code=error.code, params={"name": error.name}) from None


class ClonedVoiceForm(forms.ModelForm):  # type: ignore[type-arg]
    samples = SamplesField(
        label=capfirst(_("recordings")),
        help_text=_(
            "WAV or MP3, 30 seconds to ten minutes together: one person who speaks clearly, without noise. "
            "They are handed to the vendor and not kept here."
        ),
    )

    class Meta:
        model = ClonedVoice
        fields = ("name", "consent_by", "consent_statement")

    def _post_clean(self) -> None:
        """The vendor is asked when all else is in order, so that its refusal is an error of the form."""
        super()._post_clean()  # type: ignore[misc]
        if self.errors:
            return
        try:
            services.make_voice(self.instance, samples=self.cleaned_data["samples"])
        except ProviderError as error:
            self.add_error(None, ValidationError(_("The vendor made no voice: %(error)s"), params={"error": error}))


@admin.register(ClonedVoice)
class ClonedVoiceAdmin(TenantModelAdmin):
    form = ClonedVoiceForm
    when_empty = _("The bot may speak with a voice of your own: add recordings of a person who agrees.")
    list_display = ("name", "consent_by", "consent_at", "is_used")
    search_fields = ("name", "consent_by")
    add_fieldsets = (
        (None, {"fields": ("name", "samples")}),
        (_("Consent"), {"fields": ("consent_by", "consent_statement")}),
    )
    fieldsets = (
        (None, {"fields": (("name", "voice_id"), "listen")}),
        (_("Consent"), {"fields": (("consent_by", "consent_at", "recorder"), "consent_statement")}),
    )
    actions = ("use",)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(require_safe(self.listen_view))
        return [path("<path:object_id>/listen.wav", view, name="tenants_clonedvoice_listen"), *super().get_urls()]

    def get_fieldsets(self, request: HttpRequest, obj: ClonedVoice | None = None) -> Any:
        return self.fieldsets if obj else self.add_fieldsets

    def get_readonly_fields(self, request: HttpRequest, obj: ClonedVoice | None = None) -> tuple[str, ...]:
        return ("voice_id", "listen", "consent_at", "recorder") if obj else ()

    def has_change_permission(self, request: HttpRequest, obj: ClonedVoice | None = None) -> bool:
        """What was recorded of a consent is not written over, by staff neither."""
        return False

    def has_use_permission(self, request: HttpRequest) -> bool:
        return current_tenant() is not None and may(request, "change", Tenant)

    @display(description=_("used in calls"), boolean=True)
    def is_used(self, voice: ClonedVoice) -> bool:
        tenant = current_tenant() or voice.tenant
        return tenant.voice == voice.voice_id

    @display(description=_("recorded by"), empty_value="–")
    def recorder(self, voice: ClonedVoice) -> str | None:
        """The name alone: only staff may follow a link to a person."""
        person = voice.recorded_by
        return (person.get_full_name() or person.get_username()) if person else None

    @display(description=_("listen"))
    def listen(self, voice: ClonedVoice) -> str:
        address = reverse("admin:tenants_clonedvoice_listen", args=[voice.pk])
        return format_html('<audio controls preload="none" src="{}"></audio>', address)

    def listen_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The company's welcome in this voice; 404 when the vendor does not speak it."""
        if (tenant := current_tenant()) is None:
            raise Http404
        voice = self.row_for(request, object_id, "view")
        pcm = services.listen(tenant=tenant, voice_id=voice.voice_id)
        if pcm is None:
            raise Http404
        heard_voice(tenant=tenant, voice=voice.voice_id)
        return send_bytes(request, mono_wav(pcm), content_type="audio/wav")

    def save_model(self, request: HttpRequest, obj: ClonedVoice, form: Any, change: bool) -> None:
        if not change:
            obj.recorded_by = request.user  # type: ignore[assignment]
        super().save_model(request, obj, form, change)

    def delete_model(self, request: HttpRequest, obj: ClonedVoice) -> None:
        services.forget_voice(voice=obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[ClonedVoice]) -> None:
        for voice in queryset:
            services.forget_voice(voice=voice)

    @admin.action(description=_("Have the bot speak with this voice"), permissions=["use"])
    def use(self, request: HttpRequest, queryset: QuerySet[ClonedVoice]) -> None:
        voices: Iterable[ClonedVoice] = queryset[:2]
        match list(voices):
            case [voice]:
                services.use_voice(voice=voice)
                messages.success(request, _("The bot speaks with the voice %s from the next call on.") % voice.name)
            case _:
                messages.error(request, _("Choose one voice."))
