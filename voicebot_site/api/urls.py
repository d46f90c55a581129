"""Everything under /api/."""

from __future__ import annotations

from typing import Any

from django.urls import include, path, re_path
from django.views.generic import RedirectView
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularAPIView
from rest_framework import exceptions, permissions
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse
from rest_framework.routers import SimpleRouter
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView

from calls.api import CallViewSet
from companies.api import CompanyViewSet, CustomerViewSet
from tenants.api import DeletionsView, KeywordViewSet, PhraseViewSet
from tickets.api import TicketViewSet
from tickets.roi_api import RoiView
from voicebot_site.api.views import Api

router = SimpleRouter(trailing_slash=False)
router.register("companies", CompanyViewSet, basename="company")
router.register("customers", CustomerViewSet, basename="customer")
router.register("tickets", TicketViewSet, basename="ticket")
router.register("calls", CallViewSet, basename="call")
router.register("phrases", PhraseViewSet, basename="phrase")
router.register("keywords", KeywordViewSet, basename="keyword")


class RootView(Api, APIView):
    """Where everything is."""

    authentication_classes = []
    permission_classes = [permissions.AllowAny]
    throttle_classes: list[type[BaseThrottle]] = []

    @extend_schema(operation_id="root", responses=OpenApiTypes.OBJECT)
    def get(self, request: Request) -> Response:
        lists = {prefix: reverse(f"{name}-list", request=request) for prefix, _view, name in router.registry}
        others = {name: reverse(name, request=request) for name in ("deletions", "costs_summary", "roi", "schema")}
        return Response(lists | others)


class NothingView(Api, APIView):
    """Any other address."""

    authentication_classes = []
    permission_classes = [permissions.AllowAny]
    throttle_classes: list[type[BaseThrottle]] = []
    schema = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        raise exceptions.NotFound


class SchemaView(SpectacularAPIView):
    """The OpenAPI 3.1 description of this API."""

    authentication_classes = []
    permission_classes = [permissions.AllowAny]
    throttle_classes: list[type[BaseThrottle]] = []


urlpatterns = [
    path("schema/", SchemaView.as_view(), name="schema"),
    path("v1/", RootView.as_view(), name="api-root"),
    path("v1/", include("calls.urls")),
    path("v1/deletions", DeletionsView.as_view(), name="deletions"),
    path("v1/roi", RoiView.as_view(), name="roi"),
    path("v1/", include(router.urls)),
    path("", RedirectView.as_view(pattern_name="api-root")),
    re_path(".", NothingView.as_view()),
]
