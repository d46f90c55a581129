"""Who an HTTP request acts for."""

from __future__ import annotations

import time
from collections.abc import Callable

from django.contrib.auth.models import AnonymousUser, User
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone

from tenants import audit, privacy, two_factor
from tenants.models import ApiKey, Tenant
from tenants.models.api import KEY_PREFIX
from tenants.roles import sees_masked
from tenants.scope import EVERYONE, Everyone, acting_for

SESSION_KEY = "tenant_id"
#: Until when (Unix time) and why platform staff act for the tenant of their session.
ACTING_KEY = "acting_for"
#: Pages of somebody who must first set up what the company asks for.
OPEN_PAGES = ("security_set_up", "logout", "jsi18n", "switch_tenant")


def tenants_of(user: User | AnonymousUser) -> QuerySet[Tenant]:
    """The tenants that a person may act for: staff for all, others where they are members."""
    if not user.is_authenticated or not user.is_active:
        return Tenant.objects.none()
    if user.is_superuser:
        return Tenant.objects.all()
    return Tenant.objects.filter(memberships__user=user, is_active=True)


def tenant_of(request: HttpRequest) -> Tenant | Everyone | None:
    """The tenant that a signed-in person works for.

    The one chosen in the session if it is (still) theirs, else their first; platform
    staff who chose none, or whose hour is over, act for EVERYONE. None: anonymous, a member
    of nothing, or somebody without the second step that the company asks for.
    """
    tenant = _chosen(request)
    if isinstance(tenant, Tenant) and two_factor.is_missing(request.user, tenant):
        request.lacks_second_step = True  # type: ignore[attr-defined]
        return None
    return tenant


def _chosen(request: HttpRequest) -> Tenant | Everyone | None:
    user = request.user
    mine = tenants_of(user)
    chosen = request.session.get(SESSION_KEY)
    is_staff = user.is_active and user.is_superuser
    is_over = is_staff and request.session.get(ACTING_KEY, {}).get("until", 0) < time.time()
    if chosen is not None and not is_over and (tenant := mine.filter(pk=chosen).first()):
        return tenant
    return EVERYONE if is_staff else mine.order_by("memberships__pk").first()


def api_key_of(request: HttpRequest) -> ApiKey | None:
    """The key that the request shows (`Authorization: Bearer vbk_…`); None: none, or none that works.

    Pages are for people: there a key would open a company without the second step, or the reason, that it asks for.
    """
    if not request.path.startswith("/api/"):
        return None
    scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not secret.strip().startswith(KEY_PREFIX):
        return None
    with acting_for(EVERYONE):
        return ApiKey.find(secret.strip())


def tenant_scope(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Open the tenant's scope, and its time zone, around the view; whoever has none meets NoTenant.

    An API key says whose the request is before any session does.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        key = api_key_of(request)
        request.api_key = key  # type: ignore[attr-defined]
        tenant = key.tenant if key else tenant_of(request)
        request.tenant = tenant  # type: ignore[attr-defined]
        if tenant is None:
            is_led = hasattr(request, "lacks_second_step") and request.path.startswith(reverse("admin:index"))
            if is_led and request.path not in {reverse(f"admin:{page}") for page in OPEN_PAGES}:
                return redirect("admin:security_set_up")
            return get_response(request)
        time_zone = tenant.time_zone if isinstance(tenant, Tenant) else None
        with acting_for(tenant), timezone.override(time_zone), privacy.hiding(sees_masked(request)):
            response = get_response(request)
            audit.record_unsaid(request, response)
            return response

    return middleware
