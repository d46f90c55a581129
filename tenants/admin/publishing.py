"""From drafts to what callers hear: compare, play the scenarios, publish; and back again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext, gettext_noop, ngettext

from calls import scenarios
from calls import settings as call_settings
from providers.services import phrases_changed
from tenants import audit, services
from tenants.admin.phrase_lines import diff
from tenants.audit import Action
from tenants.models import Phrase
from tenants.scope import current_tenant

if TYPE_CHECKING:
    from tenants.admin.phrases import PhraseAdmin

AT_ONCE = 15  # scenarios in one answer: less than a second
CHANGES_SHOWN = 50
PUBLISHED = gettext_noop("Published the draft.")
DISCARDED = gettext_noop("Discarded the draft, or all of them.")


def publish(screen: PhraseAdmin, request: HttpRequest) -> HttpResponse:
    """GET: what waits, and the scenarios to try it with. POST: publish all of it, or discard (`discard`: id or all)."""
    tenant = current_tenant()
    if tenant is None or not screen.has_view_permission(request):
        raise PermissionDenied
    if request.method == "POST":
        if not screen.has_change_permission(request):
            raise PermissionDenied
        return _post(request)
    drafts = list(Phrase.objects.exclude(draft="").select_related("drafted_by"))
    return TemplateResponse(
        request,
        "admin/tenants/phrase/publish.html",
        {
            **screen.admin_site.each_context(request),
            "title": gettext("Publish drafts"),
            "drafts": [{"phrase": phrase, "preset": phrase.preset, "diff": _diff_of(phrase)} for phrase in drafts],
            "scenarios": scenarios.load(tenant.language),
            "at_once": AT_ONCE,
            "other_languages": sum(phrase.language != tenant.language for phrase in drafts),
            "may_change": screen.has_change_permission(request),
        },
    )


def _diff_of(phrase: Phrase) -> list[dict[str, Any]]:
    return diff(phrase.live_text, phrase.draft)


def _post(request: HttpRequest) -> HttpResponse:
    tenant, discarded = current_tenant(), request.POST.get("discard", "")
    assert tenant is not None
    if discarded == "all":
        phrase, count = Phrase(), services.discard_drafts()
    elif discarded:
        found = Phrase.objects.filter(pk=discarded).first() if discarded.isdecimal() else None
        if found is None:
            raise Http404
        phrase = found
        count = services.discard_drafts(key=phrase.key, language=phrase.language)
    else:
        return _publish(request)
    audit.record(action=Action.DO, row=phrase, request=request, detail=DISCARDED)
    messages.success(request, ngettext("%d draft was discarded.", "%d drafts were discarded.", count) % count)
    return redirect("admin:tenants_phrase_publish")


def _publish(request: HttpRequest) -> HttpResponse:
    tenant = current_tenant()
    assert tenant is not None
    try:
        published = services.publish_drafts(by=request.user)  # type: ignore[arg-type]
    except ValidationError as error:
        messages.error(request, gettext("Nothing was published. %s") % " ".join(error.messages))
        return redirect("admin:tenants_phrase_publish")
    if not published:
        messages.info(request, gettext("There was nothing to publish."))
        return redirect("admin:tenants_phrase_changelist")
    for change in published:
        audit.record(
            action=Action.CHANGE,
            row=change.phrase,
            request=request,
            detail=PUBLISHED,
            changes=[{"field": "text", "old": change.before, "new": change.after}],
        )
    phrases_changed(tenant=tenant)
    count = len(published)
    messages.success(
        request,
        ngettext(
            "%d phrase was published: callers hear it from the next call on.",
            "%d phrases were published: callers hear them from the next call on.",
            count,
        )
        % count,
    )
    return redirect("admin:tenants_phrase_changelist")


def rehearse(screen: PhraseAdmin, request: HttpRequest) -> HttpResponse:
    """Play some scenarios (POST `name`, several; none: all) with the drafts: rows of a table."""
    tenant = current_tenant()
    if tenant is None or not screen.has_view_permission(request):
        raise PermissionDenied
    names = set(request.POST.getlist("name")[:AT_ONCE])
    configured = call_settings.load_drafts(tenant)
    played = [
        (scenario, scenarios.run_text(scenario, configured))
        for scenario in scenarios.load(tenant.language)
        if not names or scenario.name in names
    ]
    context = {"played": played}
    if names:
        return TemplateResponse(request, "admin/tenants/phrase/reports.html", context)
    whole = {**screen.admin_site.each_context(request), "title": gettext("Scenarios"), **context}
    return TemplateResponse(request, "admin/tenants/phrase/rehearsal.html", whole)


def history(screen: PhraseAdmin, request: HttpRequest, object_id: str) -> HttpResponse:
    """Who published what when, and each earlier text to be had again."""
    phrase = screen.row_for(request, object_id, "view")
    changes = list(phrase.changes.select_related("changed_by")[:CHANGES_SHOWN])
    return TemplateResponse(
        request,
        "admin/tenants/phrase/history.html",
        {
            **screen.admin_site.each_context(request),
            "title": gettext("History of %s") % phrase.name,
            "object": phrase,
            "phrase": phrase,
            "preset": phrase.preset,
            "draft_diff": _diff_of(phrase) if phrase.draft else None,
            "changes": [(change, diff(change.before, change.after)) for change in changes],
            "may_change": current_tenant() is not None and screen.has_change_permission(request, phrase),
        },
    )


def restore(screen: PhraseAdmin, request: HttpRequest, object_id: str) -> HttpResponse:
    """An earlier text becomes the draft: POST `change` (its id: the text before it) or `preset`."""
    if current_tenant() is None:
        raise Http404
    phrase = screen.row_for(request, object_id)
    preset = phrase.preset
    if "preset" in request.POST and preset is not None:
        text = preset.text
    else:
        chosen = request.POST.get("change", "")
        change = phrase.changes.filter(pk=chosen).first() if chosen.isdecimal() else None
        if change is None:
            raise Http404
        text = change.before
    try:
        services.draft_phrase(phrase=phrase, text=text, by=request.user)  # type: ignore[arg-type]
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        message = (
            gettext("The earlier text is a draft now. Publish it to have it heard.")
            if phrase.draft
            else gettext("Callers hear this text already.")
        )
        messages.success(request, message)
    return redirect("admin:tenants_phrase_history", phrase.pk)
