"""What the dialplan asks before a call and after it, over HTTP.

The dialplan shows its server's token, and text goes both ways: CURL() in a dialplan can
neither write nor read more. Others who announce calls show an API key and speak JSON.
"""

from __future__ import annotations

import json
import logging
import uuid
from typing import Any, cast

from django.http import HttpResponse
from django.utils.translation import gettext as _
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_field
from rest_framework import exceptions, permissions, serializers
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.parsers import FormParser, JSONParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from calls import services
from calls.models import Call
from monitoring.once import OncePerMinute
from telephony.connection import audiosocket
from tenants import audit
from tenants.models import ApiKey, AsteriskServer, digest_token
from tenants.models.api import KEY_PREFIX
from tenants.scope import EVERYONE, acting_for
from tickets.models import Ticket
from tickets.services import missed
from voicebot_site.api.authentication import ApiKeyAuthentication
from voicebot_site.api.permissions import require_scope
from voicebot_site.api.problems import Conflict
from voicebot_site.api.queries import Query
from voicebot_site.api.serializers import KnownFields
from voicebot_site.api.views import Api, ask, validated

#: Of the free data of a call, as JSON.
DATA_BYTES = 8192

logger = logging.getLogger(__name__)
_may_log = OncePerMinute()  # each address for each reason


class ServerAuthentication(BaseAuthentication):
    """An Asterisk server shows its token; `request.auth` is the server."""

    def authenticate(self, request: Request) -> tuple[None, AsteriskServer] | None:
        scheme, _space, token = get_authorization_header(request).decode("latin-1").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise exceptions.NotAuthenticated
        if token.startswith(KEY_PREFIX):
            return None  # an API key: who admits those comes next
        with acting_for(EVERYONE):
            server = AsteriskServer.objects.select_related("tenant").filter(token_digest=digest_token(token)).first()
        if server is None:
            self._refuse(request, "no server has its token")
        elif not server.tenant.is_active:
            self._refuse(request, f"the company {server.tenant.slug} is switched off")
        elif not server.is_active:
            self._refuse(request, f"the server {server.name} of {server.tenant.slug} is switched off")
        else:
            return None, server
        raise exceptions.AuthenticationFailed  # in any case: who may not ask is not told why

    @staticmethod
    def _refuse(request: Request, reason: str) -> None:
        address = audit.address_of(request._request)
        if _may_log(f"{address} {reason}"):
            logger.warning("a dialplan at %s is refused: %s", address or "nowhere", reason)

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


class ServerScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = ServerAuthentication
    name = "serverToken"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "description": "The token of an Asterisk server, for its dialplan."}


class MayAnnounce(permissions.BasePermission):
    """A server for itself; a key with the right `calls:write`."""

    def has_permission(self, request: Request, view: Any) -> bool:
        if isinstance(request.auth, ApiKey):
            require_scope(request.auth, "calls:write")
        return request.auth is not None


@extend_schema_field(OpenApiTypes.OBJECT)
class FreeData(serializers.Field):  # type: ignore[type-arg]
    """An object of at most 8 KB; a dialplan writes it as text."""

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        try:
            value = json.loads(data, parse_constant=_refuse) if isinstance(data, str) else data
            text = json.dumps(value, ensure_ascii=False, allow_nan=False)
            size = len(text.encode())
        except (ValueError, RecursionError):  # also half a character
            raise serializers.ValidationError(_("This is no JSON.")) from None
        if not isinstance(value, dict):
            raise serializers.ValidationError(_('Write an object, such as {"contract": "A-7"}.'))
        if size > DATA_BYTES or "\\u0000" in text:
            raise serializers.ValidationError(_("Write at most 8 KB, and no null character."))
        return value

    def to_representation(self, value: Any) -> Any:
        return value


def _refuse(constant: str) -> None:
    raise ValueError(constant)


class AnnouncementSerializer(serializers.Serializer[Any]):
    uuid = serializers.UUIDField(help_text="The UUID that the Asterisk will dial with; it serves once.")
    number = serializers.CharField(max_length=40, allow_blank=True, default="", help_text="The caller's.")
    name = serializers.CharField(max_length=100, allow_blank=True, default="", help_text="The caller's.")
    returned_from = serializers.UUIDField(
        required=False, help_text="The call that nobody took when it was handed over."
    )
    resumes = serializers.UUIDField(
        required=False, help_text="The call of the same channel that was cut off on our side: this one goes on with it."
    )
    extra = FreeData(default=dict, help_text="Free data, kept on the call: an object of at most 8 KB.")
    server = serializers.CharField(
        max_length=100,
        required=False,
        help_text="With an API key: which Asterisk server, if there are several.",
    )


class AnnouncementOfKeySerializer(KnownFields, AnnouncementSerializer):
    """A dialplan's call is taken whatever else its form has; another system is told."""


class AnnouncedSerializer(serializers.Serializer[Any]):
    uuid = serializers.UUIDField()
    address = serializers.CharField(help_text="HOST:PORT that the Asterisk dials within 2 minutes.")


def plain(text: str, status: int = 200) -> HttpResponse:
    return HttpResponse(text, status=status, content_type="text/plain; charset=utf-8")


class AnnounceView(Api, APIView):
    """Announce a call.

    A call's UUID, number, name and free data, before the Asterisk dials; valid once, for 2 minutes. It says
    whose the call is where several companies share an Asterisk. A server's token is answered with text,
    HOST:PORT or nothing; 409 when the UUID has been used. An answer without a body means: do not dial.
    """

    resource = "calls"
    authentication_classes = [ServerAuthentication, ApiKeyAuthentication]
    permission_classes = [MayAnnounce]
    parser_classes = [FormParser, JSONParser]

    @extend_schema(
        operation_id="calls_announce",
        request=AnnouncementSerializer,
        responses={
            (200, "application/json"): AnnouncedSerializer,
            (200, "text/plain"): OpenApiTypes.STR,
        },
        examples=[
            OpenApiExample(
                "A call from a PBX",
                {
                    "uuid": "9c5b94b1-35ad-49bb-b118-8e8fc24abf80",
                    "number": "+33612345678",
                    "name": "Pierre Martin",
                    "extra": {"contract": "A-7"},
                },
                request_only=True,
            )
        ],
    )
    def post(self, request: Request) -> HttpResponse:
        ask(Query, request)
        # CURL() of a dialplan sends empty what it does not know.
        form = request.data
        if isinstance(form, dict):
            form = {key: value for key, value in form.items() if value != ""}
        is_dialplan = isinstance(request.auth, AsteriskServer)
        values = validated(AnnouncementSerializer if is_dialplan else AnnouncementOfKeySerializer, form)
        server = cast(AsteriskServer, request.auth) if is_dialplan else _server_of_key(values.get("server"))
        with acting_for(server.tenant):
            try:
                services.announce(
                    server=server,
                    call_uuid=values["uuid"],
                    phone_number=values["number"],
                    caller_name=values["name"],
                    data=values["extra"],
                    returned_from=values.get("returned_from"),
                    resumes=values.get("resumes"),
                    address=audit.address_of(request._request) if server is request.auth else None,
                )
            except services.CallRefused:
                if server is request.auth:
                    return plain("", 409)
                raise Conflict(_("This UUID has been used: make a new one.")) from None
        if server is request.auth:
            return plain(str(audiosocket()))
        return Response({"uuid": values["uuid"], "address": str(audiosocket())})


def _server_of_key(name: str | None) -> AsteriskServer:
    """The server that a call announced with a key will come from."""
    servers = AsteriskServer.objects.select_related("tenant").filter(is_active=True)
    found = list((servers.filter(name=name) if name else servers)[:2])
    if len(found) != 1:
        names = ", ".join(servers.values_list("name", flat=True)) or "–"
        raise serializers.ValidationError({"server": _("Choose one of your servers: %(names)s.") % {"names": names}})
    return found[0]


class MissedSerializer(serializers.Serializer[Any]):
    status = serializers.ChoiceField(
        choices=["CANCEL"], help_text="The DIALSTATUS: the caller hung up before anybody took the call."
    )


class ResultView(Api, APIView):
    """What became of a call, for the dialplan and from it."""

    resource = "calls"
    authentication_classes = [ServerAuthentication]
    permission_classes = [MayAnnounce]
    parser_classes = [FormParser, JSONParser]

    @extend_schema(operation_id="calls_result", responses={(200, "text/plain"): OpenApiTypes.STR})
    def get(self, request: Request, call_uuid: uuid.UUID) -> HttpResponse:
        """What the dialplan does next.

        `transfer:EXTENSION`, `done`, `again` (it was cut off on our side: announce another call that `resumes` it), or
        404 without a result (fall back to a person).
        """
        server = cast(AsteriskServer, request.auth)
        with acting_for(server.tenant):
            call = Call.objects.filter(uuid=call_uuid).first()
        result = services.result(call) if call else ""
        return plain(result) if result else plain("", 404)

    @extend_schema(operation_id="calls_missed", request=MissedSerializer, responses={204: None})
    def post(self, request: Request, call_uuid: uuid.UUID) -> HttpResponse:
        """The caller hung up before anybody took the hand-over: the ticket is open, for a call back."""
        validated(MissedSerializer, request.data)
        server = cast(AsteriskServer, request.auth)
        with acting_for(server.tenant):
            ticket = Ticket.objects.filter(call__uuid=call_uuid).first()
            if ticket is not None:
                missed(ticket=ticket)
        return plain("", 204 if ticket else 404)
