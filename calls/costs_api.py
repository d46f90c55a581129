"""What vendors cost, over HTTP, for people who are signed in to the admin."""

from __future__ import annotations

from datetime import date
from typing import Any

from rest_framework import permissions, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from calls.costs import KEYS, summary
from calls.models import SpendLimit
from providers.prices import billing_day
from tenants.roles import may


class MaySeeCosts(permissions.BasePermission):
    """Whoever may see what may be spent, sees what was."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        return may(request._request, "view", SpendLimit)


class Keys(serializers.Field[Any, Any, Any, Any]):
    """Names of what to group by, separated by commas."""

    def to_internal_value(self, data: str) -> tuple[str, ...]:
        names = tuple(dict.fromkeys(filter(None, data.split(","))))
        if unknown := sorted(set(names) - set(KEYS)):
            raise serializers.ValidationError(f"{', '.join(unknown)}: give any of {', '.join(KEYS)}.")
        return names


class QuestionSerializer(serializers.Serializer[Any]):
    until = serializers.DateField(default=billing_day)
    by = Keys(default=("provider", "model"))
    tenant = serializers.SlugField(default="")

    def get_fields(self) -> dict[str, Any]:
        fields = super().get_fields()
        return {"from": serializers.DateField(default=None), "to": fields.pop("until"), **fields}

    def validate(self, values: dict[str, Any]) -> dict[str, Any]:
        since: date = values["from"] or values["to"].replace(day=1)
        if since > values["to"]:
            raise serializers.ValidationError({"from": "It is after `to`."})
        return {**values, "from": since}


class CostsSummaryView(APIView):
    """GET ?from=&to=&by=day,month,kind,provider,model,tenant&tenant=: see calls.costs.summary.

    Days are YYYY-MM-DD and included; without them, this month so far. Of one's own company;
    platform staff outside any see all, or the one that `tenant` names.
    """

    permission_classes = [permissions.IsAuthenticated, MaySeeCosts]

    def get(self, request: Request) -> Response:
        question = QuestionSerializer(data=request.query_params)
        question.is_valid(raise_exception=True)
        asked = question.validated_data
        return Response(summary(since=asked["from"], until=asked["to"], by=asked["by"], tenant=asked["tenant"]))
