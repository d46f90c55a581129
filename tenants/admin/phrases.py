"""Phrases, grouped by the scene of the call in which they are said."""

from __future__ import annotations

import io
import wave
from collections.abc import Iterable
from itertools import groupby
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe
from unfold.widgets import UnfoldAdminSelectWidget

from providers.phrases import phrase_store
from telephony.media import SAMPLE_RATE
from tenants import presets
from tenants.admin.spoken import SpokenAhead
from tenants.modeladmin import TenantModelAdmin
from tenants.models import Phrase, PhraseRun, Tenant
from tenants.presets import PresetPhrase
from tenants.scope import current_tenant
from tenants.voices import voice_of
from voicebot_site.files import send_bytes


class PhraseForm(forms.ModelForm):  # type: ignore[type-arg]
    """A phrase exists because the bot's script says it: its key is chosen, not invented."""

    key = forms.ChoiceField(
        label=capfirst(_("key")),
        choices=lambda: [(key, key) for key in presets.phrases(presets.LANGUAGES[0])],
        widget=UnfoldAdminSelectWidget(),
    )

    class Meta:
        model = Phrase
        fields = ("key", "language", "text")


@admin.register(Phrase)
class PhraseAdmin(SpokenAhead, TenantModelAdmin):
    form = PhraseForm
    list_display = ("key", "language", "text", "updated_at")
    list_filter = ("language",)
    search_fields = ("key", "text")
    change_form_template = "admin/tenants/phrase/change_form.html"
    fieldsets = ((None, {"fields": (("key", "language"), "text")}),)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(require_safe(self.audio_view))
        return [path("<str:language>/<slug:key>.wav", view, name="tenants_phrase_audio"), *super().get_urls()]

    def audio_view(self, request: HttpRequest, language: str, key: str) -> HttpResponse:
        """How the phrase sounds to the callers of the tenant acted for; 404 while it was not spoken yet."""
        tenant, preset = current_tenant(), preset_of(key, language)
        if not self.has_view_permission(request):
            raise PermissionDenied
        if tenant is None or preset is None:
            raise Http404
        own = Phrase.objects.filter(language=language, key=key).first()
        pcm = phrase_store().sample(own.text if own else preset.text, voice_of(tenant, language))
        if pcm is None:
            raise Http404
        return send_bytes(request, mono_wav(pcm), content_type="audio/wav")

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """The preset is what one begins to write from."""
        initial: dict[str, Any] = super().get_changeform_initial_data(request)
        preset = preset_of(initial.get("key", ""), initial.get("language", ""))
        return {"text": preset.text, **initial} if preset else initial

    def get_readonly_fields(self, request: HttpRequest, obj: Phrase | None = None) -> tuple[str, ...]:
        return ("key", "language") if obj else ()

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """A company reads its phrases as the script says them; staff outside any see plain rows."""
        tenant = current_tenant()
        if tenant is None or request.method == "POST":
            response: HttpResponse = super().changelist_view(request, extra_context)
            return response
        if not self.has_view_permission(request):
            raise PermissionDenied
        language = request.GET.get("language", tenant.language)
        if language not in presets.LANGUAGES:
            language = tenant.language
        return TemplateResponse(
            request,
            "admin/tenants/phrase/by_scene.html",
            {
                **self.admin_site.each_context(request),
                "title": capfirst(str(self.opts.verbose_name_plural)),
                "opts": self.opts,
                "scenes": by_scene(language),
                "language": language,
                "languages": Tenant.Language.choices,
                "run": PhraseRun.objects.first(),
                "may_change": self.has_change_permission(request),
                "may_add": self.has_add_permission(request),
            },
        )

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        phrase = self.get_object(request, unquote(object_id)) if object_id else None
        key = phrase.key if phrase else request.GET.get("key", "")
        language = phrase.language if phrase else request.GET.get("language", "")
        context = {**(extra_context or {}), "preset": preset_of(key, language)}
        if phrase and current_tenant() and not missing_audio(language, [phrase.text]):
            context["audio_url"] = reverse("admin:tenants_phrase_audio", args=[language, key])
        response: HttpResponse = super().changeform_view(request, object_id, form_url, context)
        return response


def preset_of(key: str, language: str) -> PresetPhrase | None:
    return presets.phrases(language).get(key) if language in presets.LANGUAGES else None


def missing_audio(language: str, texts: Iterable[str]) -> set[str]:
    """The parts of texts that the tenant acted for has no audio of yet."""
    tenant = current_tenant()
    return set(phrase_store().missing(texts, voice_of(tenant, language))) if tenant else set()


def mono_wav(pcm: bytes) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(SAMPLE_RATE)
        out.writeframes(pcm)
    return file.getvalue()


def by_scene(language: str) -> list[tuple[str, list[dict[str, Any]]]]:
    """(scene, lines) in the order of a call; a line is the preset and the tenant's own phrase, or None."""
    own = {phrase.key: phrase for phrase in Phrase.objects.filter(language=language)}
    lines: list[dict[str, Any]] = []
    for preset in presets.phrases(language).values():
        phrase = own.get(preset.key)
        text = phrase.text if phrase else preset.text
        lines.append({"preset": preset, "phrase": phrase, "text": text, "is_own": text != preset.text})
    missing = missing_audio(language, [line["text"] for line in lines])
    for line in lines:
        if (parts := phrase_store().fixed([line["text"]])) and missing.isdisjoint(parts):
            line["audio_url"] = reverse("admin:tenants_phrase_audio", args=[language, line["preset"].key])
    return [(scene, list(group)) for scene, group in groupby(lines, key=lambda line: line["preset"].scene)]
