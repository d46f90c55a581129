"""What a key's scopes, or a person's role, let them do."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from rest_framework import permissions
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request

from tenants.models import ApiKey
from tenants.roles import may
from tenants.sync import SyncedModel

#: The right of a role that a method needs.
RIGHTS = {"POST": "add", "PATCH": "change", "PUT": "change", "DELETE": "delete"}


class MayUse(permissions.BasePermission):
    """A key needs the scope `view.resource`:read or :write, a person the right in the table of roles.

    A view says `resource`, and `model`, whose row of the table is asked. `reading` is the
    right that looking needs, when it is not "view".
    """

    def has_permission(self, request: Request, view: Any) -> bool:
        is_safe = request.method in permissions.SAFE_METHODS
        if isinstance(request.auth, ApiKey):
            require_scope(request.auth, f"{view.resource}:{'read' if is_safe else 'write'}")
            return True
        if not request.user.is_authenticated:
            return False
        right = getattr(view, "reading", "view") if is_safe else RIGHTS.get(str(request.method), "view")
        return may(request._request, right, view.model)


def require_scope(key: ApiKey, scope: str) -> None:
    """Raises PermissionDenied that names the right."""
    if not key.allows(scope):
        raise PermissionDenied(_("This key lacks the right %(scope)s.") % {"scope": scope})


def may_read(request: Request, model: type[SyncedModel]) -> bool:
    """Whether rows of `model` may be looked at."""
    if isinstance(request.auth, ApiKey):
        return request.auth.allows(f"{model.synced_as}:read")
    return may(request._request, "view", model)


def require_reading(request: Request, model: type[SyncedModel]) -> None:
    """Raises PermissionDenied for whoever may not look at rows of `model`."""
    if isinstance(request.auth, ApiKey):
        require_scope(request.auth, f"{model.synced_as}:read")
    elif not may_read(request, model):
        raise PermissionDenied
