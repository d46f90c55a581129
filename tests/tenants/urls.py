"""Views that touch owned rows, for the tests of the middleware."""

from __future__ import annotations

from collections.abc import Iterator

from django.http import HttpRequest, JsonResponse, StreamingHttpResponse
from django.template import engines
from django.template.response import SimpleTemplateResponse
from django.urls import path
from django.utils import timezone

from companies.models import Company
from tenants.scope import acting_for_nobody


def companies(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"names": sorted(row.name for row in Company.objects.all())})


async def companies_async(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"names": sorted([row.name async for row in Company.objects.all()])})


def companies_streamed(request: HttpRequest) -> StreamingHttpResponse:
    def names() -> Iterator[str]:
        for row in Company.objects.all():
            yield row.name

    return StreamingHttpResponse(names())


def companies_rendered(request: HttpRequest) -> SimpleTemplateResponse:
    """Evaluated when the template is rendered, after the view has returned."""
    template = engines["django"].from_string("{% for row in rows %}{{ row.name }}{% endfor %}")
    return SimpleTemplateResponse(template, {"rows": Company.objects.all()})


def nothing(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"nobody": acting_for_nobody(), "zone": timezone.get_current_timezone_name()})


urlpatterns = [
    path("companies/", companies),
    path("companies/async/", companies_async),
    path("companies/streamed/", companies_streamed),
    path("companies/rendered/", companies_rendered),
    path("nothing/", nothing),
]
