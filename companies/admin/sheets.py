"""Customers and companies from a spreadsheet program, and to it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.http import content_disposition_header
from django.utils.text import capfirst
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe
from unfold.widgets import UnfoldAdminFileFieldWidget

from companies import imports
from companies.models import Import
from tenants import audit
from tenants.scope import current_tenant
from voicebot_site.sheets import NotATable

WHY = {
    "large": _("The file is larger than 10 MB."),
    "rows": _("The file has more than 20,000 rows: import it in several parts."),
    "text": _("This is no CSV file. In Excel choose «Save as», «CSV UTF-8»."),
    "header": _("The first row must name the columns; «%(column)s» must be one of them."),
}
SHOWN_REFUSED = 100


class SheetForm(forms.Form):
    sheet = forms.FileField(
        label=capfirst(_("CSV file")),
        widget=UnfoldAdminFileFieldWidget(attrs={"accept": ".csv,text/csv,text/plain"}),
    )


class Sheets:
    """Screens with an export and an import; `import_kind` says of what."""

    import_kind: Import.Kind
    change_list_template = "admin/companies/change_list.html"

    def get_urls(self) -> list[URLPattern]:
        screen: Any = self
        name = f"companies_{screen.opts.model_name}"
        view = screen.admin_site.admin_view
        return [
            path("export.csv", view(require_safe(self.export_view)), name=f"{name}_export"),
            path("import/", view(self.import_view), name=f"{name}_import"),
            path("import/<int:run>/", view(self.run_view), name=f"{name}_import_run"),
            path("import/<int:run>/refused.csv", view(require_safe(self.refused_view)), name=f"{name}_refused"),
            *super().get_urls(),  # type: ignore[misc]
        ]

    def export_view(self, request: HttpRequest) -> HttpResponse:
        """Everything; for whoever may change the rows, whose numbers nobody masks."""
        _refuse_strangers(self, request)
        content = imports.everything(self.import_kind, language=get_language() or "en")
        return _file(content, f"{self.import_kind}.csv")

    def import_view(self, request: HttpRequest) -> HttpResponse:
        """GET: choose a file. POST `sheet`: read it, and lead to what it holds."""
        _refuse_strangers(self, request)
        form = SheetForm(request.POST or None, request.FILES or None)
        if request.method == "POST" and form.is_valid():
            sheet = form.cleaned_data["sheet"]
            try:
                run = imports.look_at(
                    kind=self.import_kind,
                    content=sheet.read(imports.LARGEST_BYTES + 1),
                    file_name=sheet.name,
                    by=request.user,  # type: ignore[arg-type]
                )
            except NotATable as error:
                column = imports.heading(self.import_kind, next(iter(imports.COLUMNS[self.import_kind])))
                form.add_error("sheet", ValidationError(WHY[error.code], error.code, {"column": column}))
            else:
                return redirect(_url(self, "import_run"), run.pk)
        columns = [imports.heading(self.import_kind, column) for column in imports.COLUMNS[self.import_kind]]
        return _page(self, request, "import", form=form, columns=columns)

    def run_view(self, request: HttpRequest, run: int) -> HttpResponse:
        """GET: what the file holds, how far it is, or what was done. POST: take it over."""
        _refuse_strangers(self, request)
        found = _run(self, run)
        if request.method == "POST":
            if imports.start(run=found):
                audit.record(action=audit.Action.DO, row=found, request=request, detail="import")
            return redirect(_url(self, "import_run"), run)
        is_new = found.state == Import.State.LOOKED_AT
        tried = imports.try_first(found) if is_new else []
        bad = sum(bool(row.message) for row in tried)
        return _page(
            self,
            request,
            "import_run",
            run=found,
            columns=[imports.heading(found.kind, column) for column in found.columns],
            tried=tried,
            bad=bad,
            good=len(tried) - bad,
            all_tried=len(tried) == found.total,
            refused=[
                (line, [cells.get(column, "") for column in found.columns], why)
                for line, cells, why in found.refused[:SHOWN_REFUSED]
            ],
            refused_url=_url(self, "refused"),
        )

    def refused_view(self, request: HttpRequest, run: int) -> HttpResponse:
        _refuse_strangers(self, request)
        content = imports.refused_sheet(_run(self, run), language=get_language() or "en")
        return _file(content, f"{self.import_kind}-refused.csv")


def _url(screen: Any, page: str) -> str:
    return f"admin:companies_{screen.opts.model_name}_{page}"


def _refuse_strangers(screen: Any, request: HttpRequest) -> None:
    """Raises PermissionDenied."""
    if current_tenant() is None or not (screen.has_add_permission(request) and screen.has_change_permission(request)):
        raise PermissionDenied


def _run(screen: Any, key: int) -> Import:
    run = Import.objects.select_related("tenant").defer("rows").filter(pk=key, kind=screen.import_kind).first()
    if run is None:
        raise Http404
    return run


def _file(content: bytes, name: str) -> HttpResponse:
    tenant = current_tenant()
    disposition = content_disposition_header(True, f"{tenant.slug if tenant else ''}-{name}") or ""
    return HttpResponse(
        content,
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": disposition, "Cache-Control": "no-store"},
    )


def _page(screen: Any, request: HttpRequest, template: str, **context: Any) -> HttpResponse:
    titles = {Import.Kind.CUSTOMERS: gettext("Import customers"), Import.Kind.COMPANIES: gettext("Import companies")}
    return TemplateResponse(
        request,
        f"admin/companies/{template}.html",
        {
            **screen.admin_site.each_context(request),
            "title": titles[screen.import_kind],
            "opts": screen.opts,
            "import_url": _url(screen, "import"),
            "export_url": _url(screen, "export"),
            "list_url": _url(screen, "changelist"),
            **context,
        },
    )
