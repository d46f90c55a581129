"""Calls over HTTP, as a CRM reads them."""

from __future__ import annotations

import uuid
from typing import Any

from django.http import Http404
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from calls.models import Call, Turn
from companies.api import CustomerSerializer, PhoneNumber
from tenants import audit
from voicebot_site.api.queries import ListQuery, Moment, Query, RowNumber
from voicebot_site.api.schema import rows_of
from voicebot_site.api.serializers import Reference, SyncedSerializer
from voicebot_site.api.views import Api, ResourceViewSet, ask
from voicebot_site.files import send_file


class TurnSerializer(serializers.ModelSerializer[Turn]):
    class Meta:
        model = Turn
        fields = (
            "position",
            "speaker",
            "scene",
            "phrase",
            "text",
            "started_at",
            "ended_at",
            "was_interrupted",
            "confidence",
            "response_seconds",
        )


class CallExpanded(serializers.Serializer[Any]):
    customer = CustomerSerializer(read_only=True, allow_null=True)
    turns = TurnSerializer(many=True, read_only=True)


class CallSerializer(SyncedSerializer):
    customer = Reference(read_only=True, allow_null=True)
    ticket = Reference(read_only=True, allow_null=True, default=None)
    problem_type: Any = serializers.SlugRelatedField(slug_field="code", read_only=True, allow_null=True)
    duration_seconds = serializers.FloatField(read_only=True, allow_null=True)
    data = serializers.DictField(read_only=True, help_text="What was announced with the call.")  # type: ignore[assignment]
    has_recording = serializers.SerializerMethodField()
    expanded = CallExpanded(source="*", read_only=True)

    class Meta:
        model = Call
        fields = (
            "uuid",
            "phone_number",
            "customer",
            "ticket",
            "language",
            "status",
            "end_reason",
            "transfer_to",
            "problem_type",
            "data",
            "started_at",
            "ended_at",
            "duration_seconds",
            "has_recording",
            "recording_refused",
            "updated_at",
            "etag",
            "expanded",
        )

    def get_has_recording(self, call: Call) -> bool:
        return bool(call.recording)


class CallQuery(ListQuery):
    status = serializers.ChoiceField(required=False, choices=Call.Status.choices)
    end_reason = serializers.ChoiceField(required=False, choices=Call.EndReason.choices)
    phone_number = PhoneNumber()
    customer = RowNumber()
    problem_type = serializers.CharField(required=False, max_length=40, source="problem_type__code")
    started_since = Moment(required=False, source="started_at__gte")
    started_before = Moment(required=False, source="started_at__lt")


class CallViewSet(ResourceViewSet):
    """Calls, from their first second on; test calls of colleagues are none."""

    resource = "calls"
    model = Call
    serializer_class = CallSerializer
    filters = CallQuery
    related = {
        "": lambda rows: rows.filter(is_test=False).select_related("ticket", "problem_type"),
        "customer": lambda rows: rows.select_related("customer"),
        "turns": lambda rows: rows.prefetch_related("turns"),
    }
    lookup_field = "uuid"
    lookup_value_regex = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
    http_method_names = ["get", "head"]

    @extend_schema(operation_id="calls_turns", summary="What was said", responses=rows_of("Turn", TurnSerializer))
    @action(detail=True)
    def turns(self, request: Request, uuid: str) -> Response:
        ask(Query, request)
        call = get_object_or_404(self._with_related(()), uuid=uuid)
        return Response({"results": TurnSerializer(call.turns.all(), many=True).data})


class Wav(BaseRenderer):
    """A file is sent as it is; this only lets `Accept: audio/wav` pass."""

    media_type, format = "audio/wav", "wav"


class RecordingView(Api, APIView):
    """The recording of a call.

    A stereo WAV, the caller left and the bot right; a Range is honoured. 404 without a recording.
    """

    resource = "recordings"
    model = Call
    reading = "listen"
    renderer_classes = [JSONRenderer, Wav]
    also_answers = (416,)

    @extend_schema(
        operation_id="calls_recording",
        responses={
            (200, "audio/wav"): OpenApiResponse(OpenApiTypes.BINARY),
            (206, "audio/wav"): OpenApiResponse(OpenApiTypes.BINARY),
        },
    )
    def get(self, request: Request, call_uuid: uuid.UUID) -> HttpResponseBase:
        ask(Query, request)
        call = Call.objects.filter(uuid=call_uuid, is_test=False).exclude(recording="").first()
        if call is None:
            raise Http404
        storage, name = call.recording.storage, str(call.recording.name)
        response = send_file(
            request._request, storage, name, content_type="audio/wav", filename=f"call-{call.uuid}.wav"
        )
        audit.record(action=audit.Action.DOWNLOAD, row=call, request=request._request, detail="API")
        return response
