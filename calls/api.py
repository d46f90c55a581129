"""What the dialplan asks over HTTP: may this call come, and what became of it.

Plain text both ways, because CURL() in a dialplan can neither write nor read more. The
key is the server's token: `Authorization: Bearer …`.
"""

from __future__ import annotations

import uuid
from typing import Any, cast
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpResponse
from rest_framework import exceptions, permissions, serializers
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.parsers import FormParser, JSONParser
from rest_framework.request import Request
from rest_framework.views import APIView

from calls import services
from calls.models import Call
from tenants.models import AsteriskServer, digest_token
from tenants.scope import EVERYONE, acting_for


class ServerAuthentication(BaseAuthentication):
    """An Asterisk server shows its token; `request.auth` is the server."""

    def authenticate(self, request: Request) -> tuple[None, AsteriskServer]:
        scheme, _, token = get_authorization_header(request).decode("latin-1").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise exceptions.NotAuthenticated
        with acting_for(EVERYONE):
            server = (
                AsteriskServer.objects.select_related("tenant")
                .filter(token_digest=digest_token(token), is_active=True, tenant__is_active=True)
                .first()
            )
        if server is None:
            raise exceptions.AuthenticationFailed
        return None, server

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


class ServerView(APIView):
    authentication_classes = [ServerAuthentication]
    permission_classes = [permissions.AllowAny]  # the authentication admits nobody else
    parser_classes = [FormParser, JSONParser]


class AnnouncementSerializer(serializers.Serializer[Any]):
    uuid = serializers.UUIDField()
    number = serializers.CharField(max_length=40, allow_blank=True, default="")
    name = serializers.CharField(max_length=100, allow_blank=True, default="")
    returned_from = serializers.UUIDField(required=False)
    extra = serializers.JSONField(default=dict)


def plain(text: str, status: int = 200) -> HttpResponse:
    return HttpResponse(text, status=status, content_type="text/plain; charset=utf-8")


class AnnounceView(ServerView):
    """POST uuid, number, name, returned_from, extra (free JSON): answers the HOST:PORT to dial.

    `returned_from` is the UUID of a call that was handed over and that nobody took.
    409 when the UUID has been used. An answer without a body means: do not dial.
    """

    def post(self, request: Request) -> HttpResponse:
        server = cast(AsteriskServer, request.auth)
        # CURL() of a dialplan sends empty what it does not know.
        form = request.data
        if isinstance(form, dict):
            form = {key: value for key, value in form.items() if value != ""}
        announcement = AnnouncementSerializer(data=form)
        announcement.is_valid(raise_exception=True)
        values = announcement.validated_data
        with acting_for(server.tenant):
            try:
                services.announce(
                    server=server,
                    call_uuid=values["uuid"],
                    phone_number=values["number"],
                    caller_name=values["name"],
                    data=values["extra"],
                    returned_from=values.get("returned_from"),
                )
            except services.CallRefused:
                return plain("", 409)
        return plain(audiosocket_address())


class ResultView(ServerView):
    """GET: `transfer:EXTENSION`, `done`, or 404 while there is no result (fall back to a person)."""

    def get(self, request: Request, call_uuid: uuid.UUID) -> HttpResponse:
        server = cast(AsteriskServer, request.auth)
        with acting_for(server.tenant):
            call = Call.objects.filter(uuid=call_uuid).first()
        result = services.result(call) if call else ""
        return plain(result) if result else plain("", 404)


def audiosocket_address() -> str:
    """HOST:PORT of the AudioSocket port, as an Asterisk reaches it."""
    return settings.AUDIOSOCKET_PUBLIC_ADDRESS or f"{urlsplit(settings.SITE_URL).hostname}:{settings.AUDIOSOCKET_PORT}"
