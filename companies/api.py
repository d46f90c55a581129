"""Companies and customers over the API."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.parsers import JSONParser
from rest_framework.request import Request
from rest_framework.response import Response

from companies.models import Company, Customer
from companies.phone import forms, international
from companies.rows import upsert_companies, upsert_customers
from companies.services import another_named
from voicebot_site.api.idempotency import in_pieces
from voicebot_site.api.problems import Exists
from voicebot_site.api.queries import ListQuery, RowNumber
from voicebot_site.api.serializers import ManyRowsSerializer, OutcomesSerializer, Reference, SyncedSerializer
from voicebot_site.api.views import ResourceViewSet


class CompanySerializer(SyncedSerializer):
    class Meta:
        model = Company
        fields = ("id", "external_id", "name", "created_at", "updated_at", "etag")

    def validate_name(self, name: str) -> str:
        is_changed = self.instance is None or name != self.instance.name
        alike = another_named(name, self.instance) if is_changed else None
        if alike is not None:
            raise Exists(_("There is “%s” already.") % alike, fields=["name"], row=alike.pk)
        return name


class CustomerExpanded(serializers.Serializer[Any]):
    company = CompanySerializer(read_only=True, allow_null=True)


class CustomerSerializer(SyncedSerializer):
    company = Reference(queryset=Company.objects.all(), allow_null=True, required=False)
    expanded = CustomerExpanded(source="*", read_only=True)

    class Meta:
        model = Customer
        fields = (
            "id",
            "external_id",
            "phone_number",
            "first_name",
            "last_name",
            "email",
            "company",
            "created_at",
            "updated_at",
            "etag",
            "expanded",
        )


class PhoneNumber(serializers.CharField):
    """A number in whatever form it is written, and may be stored."""

    def __init__(self, **options: Any) -> None:
        super().__init__(source="phone_number__in", required=False, max_length=40, **options)

    def to_internal_value(self, data: Any) -> Any:
        text = super().to_internal_value(data)
        return forms(international(text) or text)


class CompanyQuery(ListQuery):
    external_id = serializers.CharField(required=False, max_length=100)
    name = serializers.CharField(required=False, max_length=150, source="name__iexact")


class CustomerQuery(ListQuery):
    external_id = serializers.CharField(required=False, max_length=100)
    phone_number = PhoneNumber()
    email = serializers.CharField(required=False, max_length=254, source="email__iexact")
    company = RowNumber()


class CompanyViewSet(ResourceViewSet):
    """Companies whose people call."""

    resource = "companies"
    model = Company
    serializer_class = CompanySerializer
    filters = CompanyQuery

    @extend_schema(
        operation_id="companies_bulk",
        summary="Create or change many companies",
        description="Each row is known by `external_id`, else by `name`. A field that is absent stays as it is.",
        request=ManyRowsSerializer,
        responses=OutcomesSerializer,
        examples=[
            OpenApiExample(
                "Two companies", {"rows": [{"external_id": "F-1", "name": "Boulangerie Martin"}]}, request_only=True
            )
        ],
    )
    @action(detail=False, methods=["post"], pagination_class=None, parser_classes=[JSONParser])
    @in_pieces
    def bulk(self, request: Request) -> Response:
        return self.upsert(request, upsert_companies)


class CustomerViewSet(ResourceViewSet):
    """People who call, known by their telephone number."""

    resource = "customers"
    model = Customer
    serializer_class = CustomerSerializer
    filters = CustomerQuery
    related = {"company": lambda rows: rows.select_related("company")}

    @extend_schema(
        operation_id="customers_bulk",
        summary="Create or change many customers",
        description=(
            "Each row is known by `external_id`, else by `phone_number`. A field that is absent stays as it is, an "
            "empty one is removed. `company` is a name, and made where it is unknown; "
            "`company_external_id` must be known."
        ),
        request=ManyRowsSerializer,
        responses=OutcomesSerializer,
        examples=[
            OpenApiExample(
                "One customer",
                {
                    "rows": [
                        {
                            "external_id": "C-7",
                            "phone_number": "06 12 34 56 78",
                            "last_name": "MARTIN",
                            "company_external_id": "F-1",
                        }
                    ]
                },
                request_only=True,
            )
        ],
    )
    @action(detail=False, methods=["post"], pagination_class=None, parser_classes=[JSONParser])
    @in_pieces
    def bulk(self, request: Request) -> Response:
        return self.upsert(request, upsert_customers)
