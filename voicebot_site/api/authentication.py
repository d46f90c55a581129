"""API keys; the middleware has found the key and opened the scope of its tenant."""

from __future__ import annotations

from django.contrib.auth.models import AnonymousUser
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework import exceptions
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.request import Request

from tenants.models import ApiKey


class ApiKeyAuthentication(BaseAuthentication):
    """`Authorization: Bearer vbk_…`; `request.auth` is the ApiKey."""

    def authenticate(self, request: Request) -> tuple[AnonymousUser, ApiKey] | None:
        scheme, _space, _secret = get_authorization_header(request).partition(b" ")
        if scheme.lower() != b"bearer":
            return None
        key: ApiKey | None = getattr(request._request, "api_key", None)
        if key is None:
            raise exceptions.AuthenticationFailed(_("This key is unknown, expired or switched off."))
        key.mark_used(timezone.now())
        return AnonymousUser(), key

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


class ApiKeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = ApiKeyAuthentication
    name = "apiKey"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "description": "A key made in the admin: `vbk_…`."}
