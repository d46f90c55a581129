"""What vendors cost, over HTTP, for people who are signed in to the admin."""

from __future__ import annotations

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from calls.costs import KEYS, summary
from calls.models import SpendLimit
from voicebot_site.api.queries import PeriodQuery
from voicebot_site.api.views import Api, ask


@extend_schema_field(OpenApiTypes.STR)
class Keys(serializers.Field[Any, Any, Any, Any]):
    """Names of what to group by, separated by commas."""

    def to_internal_value(self, data: str) -> tuple[str, ...]:
        names = tuple(dict.fromkeys(filter(None, data.split(","))))
        if unknown := sorted(set(names) - set(KEYS)):
            raise serializers.ValidationError(f"{', '.join(unknown)}: give any of {', '.join(KEYS)}.")
        return names


class CostsQuery(PeriodQuery):
    by = Keys(default=("provider", "model"))
    tenant = serializers.SlugField(default="")


class CostsRow(serializers.Serializer[Any]):
    """Sums; of "groups" with the keys that were asked for, too."""

    day = serializers.DateField(required=False)
    month = serializers.CharField(required=False)
    kind = serializers.CharField(required=False)
    provider = serializers.CharField(required=False)
    model = serializers.CharField(required=False)
    tenant = serializers.CharField(required=False)
    messages = serializers.IntegerField()
    calls = serializers.IntegerField()
    input_tokens = serializers.IntegerField()
    cached_tokens = serializers.IntegerField()
    output_tokens = serializers.IntegerField()
    audio_minutes = serializers.DecimalField(max_digits=None, decimal_places=3)
    characters = serializers.IntegerField()
    cost_eur = serializers.DecimalField(max_digits=None, decimal_places=8)
    unpriced = serializers.IntegerField()
    estimated = serializers.IntegerField()


class CostsSerializer(serializers.Serializer[Any]):
    to = serializers.DateField()
    total = CostsRow()
    groups = CostsRow(many=True)

    def get_fields(self) -> dict[str, Any]:
        return {"from": serializers.DateField(), **super().get_fields()}


class CostsSummaryView(Api, APIView):
    """GET ?from=&to=&by=day,month,kind,provider,model,tenant&tenant=: see calls.costs.summary.

    Days are YYYY-MM-DD and included, at most a year; without them, this month so far. Of one's own company;
    platform staff outside any see all, or the one that `tenant` names.
    """

    resource = "costs"
    model = SpendLimit  # whoever may see what may be spent, sees what was

    @extend_schema(operation_id="costs_summary", parameters=[CostsQuery], responses=CostsSerializer)
    def get(self, request: Request) -> Response:
        asked = ask(CostsQuery, request).validated_data
        found = summary(since=asked["from"], until=asked["to"], by=asked["by"], tenant=asked["tenant"])
        return Response(CostsSerializer(found).data)
