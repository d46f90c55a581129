"""«Try it»: what the bot makes of a caller's words, on the page where the words are chosen."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.functional import Promise
from django.views.decorators.http import require_safe

from calls import settings as call_settings
from calls.settings import CallSettings
from tenants.modeladmin import TenantModelAdmin
from tenants.scope import current_tenant


class Trial:
    """A box to try words in: `ask` answers with what `template` shows, with the settings of the next call."""

    def __init__(
        self,
        *,
        url: str,
        label: str | Promise,
        example: str | Promise,
        template: str,
        ask: Callable[[str, CallSettings], object],
    ) -> None:
        self.url = url
        self.label = label
        self.example = example
        self.template = template
        self._ask = ask

    def path(self, screen: TenantModelAdmin) -> URLPattern:
        view: Callable[..., HttpResponse] = screen.admin_site.admin_view(require_safe(partial(self.view, screen)))
        return path("try/", view, name=self.url.partition(":")[2])

    def context(self, text: str = "") -> dict[str, Any]:
        """For the box; empty for staff who act for nobody."""
        tenant = current_tenant()
        if tenant is None:
            return {}
        result = self._ask(text, call_settings.load(tenant)) if text else None
        return {
            "trial": {
                "url": self.url,
                "label": self.label,
                "example": self.example,
                "template": self.template,
                "text": text,
                "result": result,
            }
        }

    def view(self, screen: TenantModelAdmin, request: HttpRequest) -> HttpResponse:
        """GET `text`: a page, or with `part` only the answer."""
        if current_tenant() is None or not screen.has_view_permission(request):
            raise PermissionDenied
        context = self.context(request.GET.get("text", "").strip())
        if request.GET.get("part"):
            if not context["trial"]["result"]:
                return HttpResponse()
            return TemplateResponse(request, self.template, {"result": context["trial"]["result"]})
        page = {**screen.admin_site.each_context(request), "title": self.label, **context}
        return TemplateResponse(request, "admin/tenants/trial/page.html", page)
