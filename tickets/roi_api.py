"""What the bot earned, over the API."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from tickets.models import RoiDay
from tickets.roi import Roi
from voicebot_site.api.queries import PeriodQuery
from voicebot_site.api.views import Api, ask


def euros() -> serializers.DecimalField:
    return serializers.DecimalField(max_digits=None, decimal_places=8)


class RoiFigures(serializers.Serializer[Any]):
    """Amounts are euros; what divides by the calls is null where there are none. docs/roi.md has the formulas."""

    calls = serializers.IntegerField()
    resolved = serializers.IntegerField()
    left_open = serializers.IntegerField()
    transferred = serializers.IntegerField()
    dropped = serializers.IntegerField()
    failed = serializers.IntegerField()
    resolution_rate = serializers.DecimalField(max_digits=None, decimal_places=4, allow_null=True)
    mean_seconds = serializers.DecimalField(max_digits=None, decimal_places=3, allow_null=True)
    cost_eur = euros()
    cost_per_call_eur = serializers.DecimalField(max_digits=None, decimal_places=8, allow_null=True)
    human_eur = euros()
    savings_eur = euros()
    cached_characters = serializers.IntegerField()
    spoken_characters = serializers.IntegerField()
    cache_rate = serializers.DecimalField(max_digits=None, decimal_places=4, allow_null=True)
    cached_eur = euros()
    unpriced = serializers.IntegerField()


class RoiOfDay(RoiFigures):
    day = serializers.DateField()


class RoiSerializer(serializers.Serializer[Any]):
    to = serializers.DateField()
    total = RoiFigures()
    days = RoiOfDay(many=True)

    def get_fields(self) -> dict[str, Any]:
        return {"from": serializers.DateField(), **super().get_fields()}


class RoiView(Api, APIView):
    """What the bot earned in a period, in all and by the company's days.

    Both days are included; without them, this month so far.
    """

    resource = "roi"
    model = RoiDay

    @extend_schema(operation_id="roi", parameters=[PeriodQuery], responses=RoiSerializer)
    def get(self, request: Request) -> Response:
        asked = ask(PeriodQuery, request).validated_data
        period = {"since": asked["from"], "until": asked["to"]}
        days = [{"day": day, **RoiFigures(roi).data} for day, roi in Roi.by_day(**period).items()]
        return Response(
            {"from": asked["from"], "to": asked["to"], "total": RoiFigures(Roi.of(**period)).data, "days": days}
        )
