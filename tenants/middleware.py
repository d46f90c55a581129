"""Who an HTTP request acts for."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from tenants.models import Tenant
from tenants.scope import EVERYONE, Everyone, acting_for

SESSION_KEY = "tenant_id"


def tenant_of(request: HttpRequest) -> Tenant | Everyone | None:
    """The tenant that a signed-in person works for.

    The one chosen in the session if it is (still) theirs, else their first; platform
    staff who chose none act for EVERYONE. None: anonymous, or a member of nothing.
    """
    user = request.user
    if not user.is_authenticated or not user.is_active:
        return None
    mine = Tenant.objects.all() if user.is_superuser else Tenant.objects.filter(memberships__user=user, is_active=True)
    chosen = request.session.get(SESSION_KEY)
    if chosen is not None and (tenant := mine.filter(pk=chosen).first()):
        return tenant
    return EVERYONE if user.is_superuser else mine.order_by("memberships__pk").first()


def tenant_scope(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Open the tenant's scope around the view; whoever has none meets NoTenant."""

    def middleware(request: HttpRequest) -> HttpResponse:
        tenant = tenant_of(request)
        request.tenant = tenant  # type: ignore[attr-defined]
        if tenant is None:
            return get_response(request)
        with acting_for(tenant):
            return get_response(request)

    return middleware
