"""Phrases, grouped by the scene of the call in which they are said."""

from __future__ import annotations

import io
import wave
from collections.abc import Callable
from functools import partial
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.cache import cache
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget

from calls import spending
from providers.phrases import phrase_store
from providers.services import NotSpoken, phrases_changed, speak
from telephony.media import SAMPLE_RATE
from tenants import presets, services
from tenants.admin import phrase_sheets, publishing
from tenants.admin.phrase_lines import Line, State, by_scene, estimate_of, lines, preset_of
from tenants.admin.spoken import SpokenAhead
from tenants.modeladmin import TenantModelAdmin
from tenants.models import Phrase, PhraseRun, Tenant
from tenants.models.speech import in_braces
from tenants.scope import current_tenant
from tenants.voices import named, voice_of
from voicebot_site.files import send_bytes

MOST_LISTENED = 60  # texts an hour that had to be spoken first, so that nobody plays the money away
HOUR = 3600


class PhraseForm(forms.ModelForm):  # type: ignore[type-arg]
    """A phrase exists because the bot's script says it: its key is chosen, not invented."""

    key = forms.ChoiceField(
        label=capfirst(_("key")),
        choices=lambda: [(key, f"{phrase.name} ({key})") for key, phrase in presets.phrases("fr").items()],
        widget=UnfoldAdminSelectWidget(),
    )
    draft = forms.CharField(
        label=capfirst(_("text")),
        max_length=1000,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3, "data-phrase-text": ""}),
        help_text=_("It is kept as a draft. Callers hear it once you publish."),
    )

    class Meta:
        model = Phrase
        fields = ("key", "language", "draft")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk and not self.instance.draft:
            self.initial["draft"] = self.instance.live_text


@admin.register(Phrase)
class PhraseAdmin(SpokenAhead, TenantModelAdmin):
    form = PhraseForm
    list_display = ("__str__", "language", "text", "draft", "updated_at")
    list_filter = ("language",)
    search_fields = ("key", "text", "draft")
    change_form_template = "admin/tenants/phrase/change_form.html"
    fieldsets = ((None, {"fields": (("key", "language"), "draft")}),)

    def get_urls(self) -> list[URLPattern]:
        def screen(address: str, view: Callable[..., Any], name: str) -> URLPattern:
            wrapped: Callable[..., HttpResponse] = self.admin_site.admin_view(view)
            return path(address, wrapped, name=f"tenants_phrase_{name}")

        return [
            screen("<str:language>/<slug:key>.wav", require_safe(self.audio_view), "audio"),
            screen("listen/", require_POST(self.listen_view), "listen"),
            screen("speak/", require_POST(self.speak_view), "speak"),
            screen("progress/", require_safe(self.progress_view), "progress"),
            screen("publish/", partial(publishing.publish, self), "publish"),
            screen("rehearse/", require_POST(partial(publishing.rehearse, self)), "rehearse"),
            screen("export.csv", require_safe(partial(phrase_sheets.download, self)), "export"),
            screen("import/", partial(phrase_sheets.upload, self), "import"),
            screen("<path:object_id>/restore/", require_POST(partial(publishing.restore, self)), "restore"),
            *super().get_urls(),
        ]

    # --- Sound ---

    def audio_view(self, request: HttpRequest, language: str, key: str) -> HttpResponse:
        """How the phrase sounds to the callers of the tenant acted for; 404 while it was not spoken yet."""
        tenant, preset = current_tenant(), preset_of(key, language)
        if not self.has_view_permission(request):
            raise PermissionDenied
        if tenant is None or preset is None:
            raise Http404
        own = Phrase.objects.filter(language=language, key=key).first()
        text = own.live_text if own else preset.text
        pcm = phrase_store().sample(named(text, tenant), voice_of(tenant, language))
        if pcm is None:
            raise Http404
        services.heard_voice(tenant=tenant, voice=tenant.voice)
        return send_bytes(request, mono_wav(pcm), content_type="audio/wav")

    def listen_view(self, request: HttpRequest) -> HttpResponse:
        """Any text (POST `text`, `language`) in the bot's voice, spoken now if it never was; errors as JSON."""
        tenant, language = current_tenant(), request.POST.get("language", "")
        if tenant is None or not self.has_change_permission(request):
            raise PermissionDenied
        text, error = named(request.POST.get("text", "").strip(), tenant), ""
        if language not in presets.LANGUAGES:
            error = gettext("Choose a language first.")
        elif not 0 < len(text) <= 1000:
            error = gettext("Write a text of at most 1,000 characters.")
        else:
            error = braces_error(text)
        if error:
            return JsonResponse({"error": error}, status=400)
        voice = voice_of(tenant, language)
        if phrase_store().missing([text], voice):
            if spending.verdict(tenant=tenant) is not None:
                return JsonResponse({"error": gettext("What vendors may cost is used up.")}, status=409)
            counted = f"listened:{tenant.pk}"
            cache.add(counted, 0, HOUR)
            if cache.incr(counted) > MOST_LISTENED:
                return JsonResponse(
                    {"error": gettext("Many texts were listened to within the hour. Wait a little.")}, status=429
                )
        try:
            pcm = speak(text, voice)
        except NotSpoken as refusal:
            return JsonResponse({"error": gettext("It cannot be spoken: %s.") % str(refusal).rstrip(".")}, status=502)
        services.heard_voice(tenant=tenant, voice=tenant.voice)
        return HttpResponse(mono_wav(pcm), content_type="audio/wav", headers={"Cache-Control": "private, no-store"})

    def speak_view(self, request: HttpRequest) -> HttpResponse:
        """Have everything spoken that is missing, out of sight."""
        tenant = current_tenant()
        if tenant is None or not self.has_change_permission(request):
            raise PermissionDenied
        run = PhraseRun.current()
        if run is not None and run.state == PhraseRun.State.RUNNING:
            messages.info(request, gettext("Phrases are being spoken already."))
        else:
            phrases_changed(tenant=tenant)
            messages.success(request, gettext("What is missing is being spoken. The page shows how far it is."))
        return redirect(f"{reverse('admin:tenants_phrase_changelist')}?language={_language(request, tenant)}&follow=1")

    def progress_view(self, request: HttpRequest) -> HttpResponse:
        """How far the sound of each phrase is: {"running", "summary", "lines": {key: HTML}}."""
        tenant = current_tenant()
        if tenant is None or not self.has_view_permission(request):
            raise PermissionDenied
        run = PhraseRun.current()
        found = lines(tenant, _language(request, tenant), run)
        may = self.has_change_permission(request)
        return JsonResponse(
            {
                "running": run is not None and run.state == PhraseRun.State.RUNNING,
                "summary": render_to_string("admin/tenants/phrase/run.html", _run_context(run, found, may), request),
                "lines": {
                    line.preset.key: render_to_string("admin/tenants/phrase/line_state.html", {"line": line})
                    for line in found
                },
            }
        )

    # --- The page of all, and of one ---

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """A company reads its phrases as the script says them; staff outside any see plain rows."""
        tenant = current_tenant()
        if tenant is None or request.method == "POST":
            response: HttpResponse = super().changelist_view(request, extra_context)
            return response
        if not self.has_view_permission(request):
            raise PermissionDenied
        language, run = _language(request, tenant), PhraseRun.current()
        found = lines(tenant, language, run)
        may = self.has_change_permission(request)
        return TemplateResponse(
            request,
            "admin/tenants/phrase/by_scene.html",
            {
                **self.admin_site.each_context(request),
                **_run_context(run, found, may),
                "title": capfirst(str(self.opts.verbose_name_plural)),
                "opts": self.opts,
                "scenes": by_scene(found),
                "language": language,
                "languages": Tenant.Language.choices,
                "drafts": Phrase.objects.exclude(draft="").count(),
                "follow": request.GET.get("follow") == "1",
                "may_change": may,
                "may_add": self.has_add_permission(request),
            },
        )

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """The preset is what one begins to write from."""
        initial: dict[str, Any] = super().get_changeform_initial_data(request)
        preset = preset_of(initial.get("key", ""), initial.get("language", ""))
        return {"draft": preset.text, **initial} if preset else initial

    def get_readonly_fields(self, request: HttpRequest, obj: Phrase | None = None) -> tuple[str, ...]:
        return ("key", "language") if obj else ()

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
        preset, tenant = preset_of(key, language), current_tenant()
        context = {**(extra_context or {}), "preset": preset, "phrase_language": language}
        if preset and tenant:
            line = next(line for line in lines(tenant, language, None) if line.preset.key == key)
            context |= {"line": line, "estimate": estimate_of(tenant, language), "company": tenant.name}
        response: HttpResponse = super().changeform_view(request, object_id, form_url, context)
        return response

    def save_model(self, request: HttpRequest, obj: Phrase, form: Any, change: bool) -> None:
        services.draft_phrase(phrase=obj, text=form.cleaned_data["draft"], by=request.user)  # type: ignore[arg-type]
        left_out = obj.draft and obj.preset
        if left_out and (gone := left_out.values - presets.placeholders(obj.draft)):
            messages.warning(
                request,
                gettext("The preset says %(values)s, and your text does not. That is allowed, if you meant it.")
                % {"values": in_braces(gone)},
            )

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """A draft is not spoken ahead: nobody hears it yet."""
        TenantModelAdmin.save_related(self, request, form, formsets, change)

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return publishing.history(self, request, object_id)


def braces_error(text: str) -> str:
    try:
        presets.placeholders(text)
    except ValueError:
        return gettext("A brace is open, or holds more than the name of a value.")
    return ""


def _language(request: HttpRequest, tenant: Tenant) -> str:
    asked = (request.POST if request.method == "POST" else request.GET).get("language", "")
    return asked if asked in presets.LANGUAGES else tenant.language


def _run_context(run: PhraseRun | None, found: list[Line], may_change: bool) -> dict[str, Any]:
    waiting = sum(line.state in (State.MISSING, State.FAILED) for line in found)
    return {"run": run, "waiting": waiting, "may_speak": may_change}


def mono_wav(pcm: bytes) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(SAMPLE_RATE)
        out.writeframes(pcm)
    return file.getvalue()
