"""Phrases to a spreadsheet and back: what comes in is looked at first, and becomes drafts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.core import signing
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.http import content_disposition_header
from django.utils.text import capfirst
from django.utils.translation import get_language, gettext, ngettext
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminFileFieldWidget

from tenants import presets, services
from tenants.admin.phrase_lines import diff
from tenants.models import Phrase
from tenants.models.speech import in_braces
from tenants.scope import current_tenant
from voicebot_site import sheets

if TYPE_CHECKING:
    from tenants.admin.phrases import PhraseAdmin

#: How a column may be headed, in English first; the first two are needed to read one.
COLUMNS = {
    "key": ("key", "clé", "cle"),
    "text": ("text", "texte"),
    "language": ("language", "langue"),
    "scene": ("scene", "scène"),
    "values": ("values", "valeurs"),
    "preset": ("preset", "modèle"),
    "heard": ("heard today", "entendu aujourd'hui"),
}
EXPORTED = ("language", "scene", "key", "values", "preset", "heard", "text")
WHY = {
    "large": _("The file is larger than 2 MB."),
    "rows": _("The file has more than 5,000 rows."),
    "text": _("This is no CSV file. In Excel choose «Save as», «CSV UTF-8»."),
    "header": _("The first row must name the columns: «key» and «text» at least. Export the phrases for an example."),
}
SALT = "tenants.phrase_sheets"
LONGEST_LOOK = 3600  # seconds between looking at the rows and taking them over


class SheetForm(forms.Form):
    sheet = forms.FileField(
        label=capfirst(_("CSV file")),
        widget=UnfoldAdminFileFieldWidget(attrs={"accept": ".csv,text/csv,text/plain"}),
        help_text=_("Columns «key» and «text», «language» if it is not your own; others are left alone."),
    )


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a sheet: `error` says why it is not taken; without one and without `diff` it changes nothing."""

    number: int
    key: str
    language: str
    text: str
    error: str = ""
    diff: Any = None


def download(screen: PhraseAdmin, request: HttpRequest) -> HttpResponse:
    """Every phrase of both languages: what the preset says, what is heard, and what one may write over."""
    tenant = current_tenant()
    if tenant is None or not screen.has_view_permission(request):
        raise PermissionDenied
    language = "fr" if (get_language() or "").startswith("fr") else "en"
    heading = {column: names[language == "fr"] for column, names in COLUMNS.items()}
    content = sheets.write([heading[column] for column in EXPORTED], _exported(), language=language)
    name = f"{tenant.slug}-phrases.csv"
    return HttpResponse(
        content,
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": content_disposition_header(True, name) or "", "Cache-Control": "no-store"},
    )


def _exported() -> Iterator[list[str]]:
    own = {(phrase.language, phrase.key): phrase for phrase in Phrase.objects.all()}
    for language in presets.LANGUAGES:
        for key, preset in presets.phrases(language).items():
            phrase = own.get((language, key))
            heard = (phrase.text if phrase else "") or preset.text
            text = (phrase.draft if phrase else "") or heard
            yield [language, preset.scene, key, in_braces(preset.values), preset.text, heard, text]


def upload(screen: PhraseAdmin, request: HttpRequest) -> HttpResponse:
    """GET: choose a file. POST `sheet`: look at its rows. POST `rows` (signed): make drafts of the good ones."""
    tenant = current_tenant()
    if tenant is None or not screen.has_change_permission(request):
        raise PermissionDenied
    form, rows = SheetForm(), None
    if request.method == "POST" and "rows" in request.POST:
        return _take_over(request, request.POST["rows"])
    if request.method == "POST":
        form = SheetForm(request.POST, request.FILES)
        if form.is_valid():
            try:
                content = form.cleaned_data["sheet"].read(sheets.LARGEST_BYTES + 1)
                rows = list(_checked(sheets.read(content, COLUMNS), tenant.language))
            except sheets.NotATable as error:
                form.add_error("sheet", ValidationError(WHY[error.code], code=error.code))
    good = [row for row in rows or [] if row.diff]
    return TemplateResponse(
        request,
        "admin/tenants/phrase/import.html",
        {
            **screen.admin_site.each_context(request),
            "title": gettext("Import phrases"),
            "form": form,
            "rows": rows,
            "good": len(good),
            "bad": sum(bool(row.error) for row in rows or []),
            "signed": signing.dumps(
                [tenant.pk, [(row.key, row.language, row.text) for row in good]], salt=SALT, compress=True
            ),
        },
    )


def _checked(table: list[tuple[int, dict[str, str]]], usual: str) -> Iterator[Row]:
    own = {(phrase.language, phrase.key): phrase for phrase in Phrase.objects.all()}
    seen: dict[tuple[str, str], int] = {}
    for number, cells in table:
        key, text = cells.get("key", ""), cells.get("text", "")
        language = cells.get("language", "").lower() or usual
        try:
            if language not in presets.LANGUAGES:
                raise ValidationError(
                    gettext("Language: %(found)s is none of %(known)s.")
                    % {"found": language, "known": ", ".join(presets.LANGUAGES)}
                )
            if (language, key) in seen:
                raise ValidationError(
                    gettext("Key: %(key)s is in row %(row)d already.") % {"key": key, "row": seen[language, key]}
                )
            seen[language, key] = number
            phrase = own.get((language, key)) or Phrase(key=key, language=language)
            waiting = phrase.draft or (phrase.live_text if key in presets.phrases(language) else "")
            if not text:
                raise ValidationError(gettext("Text: it is empty. To have the preset again, copy it here."))
            phrase.draft = text
            phrase.full_clean()
        except ValidationError as error:
            yield Row(number, key, language, text, error=" ".join(error.messages))
        else:
            yield Row(number, key, language, text, diff=diff(waiting, text) if text != waiting else None)


def _take_over(request: HttpRequest, signed: str) -> HttpResponse:
    tenant = current_tenant()
    assert tenant is not None
    try:
        owner, rows = signing.loads(signed, salt=SALT, max_age=LONGEST_LOOK)
        if owner != tenant.pk:
            raise signing.BadSignature
    except signing.BadSignature:
        messages.error(request, gettext("It is too long ago that you looked at this file. Choose it again."))
        return redirect("admin:tenants_phrase_import")
    count = services.draft_phrases(rows=rows, by=request.user)  # type: ignore[arg-type]
    messages.success(
        request,
        ngettext(
            "%d draft was made. Publish it when it is right.",
            "%d drafts were made. Publish them when they are right.",
            count,
        )
        % count,
    )
    return redirect("admin:tenants_phrase_publish")
