"""Who an HTTP request acts for."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib.auth.models import AnonymousUser, User
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from tenants.models import Tenant
from tenants.scope import EVERYONE, Everyone, acting_for

SESSION_KEY = "tenant_id"


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
    staff who chose none act for EVERYONE. None: anonymous, or a member of nothing.
    """
    user = request.user
    mine = tenants_of(user)
    chosen = request.session.get(SESSION_KEY)
    if chosen is not None and (tenant := mine.filter(pk=chosen).first()):
        return tenant
    return EVERYONE if user.is_active and user.is_superuser else mine.order_by("memberships__pk").first()


def tenant_scope(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Open the tenant's scope, and its time zone, around the view; whoever has none meets NoTenant."""

    def middleware(request: HttpRequest) -> HttpResponse:
        tenant = tenant_of(request)
        request.tenant = tenant  # type: ignore[attr-defined]
        if tenant is None:
            return get_response(request)
        with acting_for(tenant), timezone.override(tenant.time_zone if isinstance(tenant, Tenant) else None):
            return get_response(request)

    return middleware
