"""What each role may do: one table, and the question that it answers.

Django's own permission rows are not used: whoever is a member of a tenant has the
rights of the role there, and platform staff (superusers) have all of them.
"""

from __future__ import annotations

from typing import Final

from django.db.models import Model
from django.http import HttpRequest

from tenants.models import Membership, Tenant
from tenants.scope import TenantModel

Rights = frozenset[str]

NONE: Final[Rights] = frozenset()
VIEW: Final[Rights] = frozenset({"view"})
CHANGE: Final[Rights] = VIEW | {"change"}
WRITE: Final[Rights] = CHANGE | {"add"}
ALL: Final[Rights] = WRITE | {"delete"}
LISTEN: Final[Rights] = VIEW | {"listen"}

#: Rights by model, for owner, admin, agent and viewer. A model that is not here is
#: for platform staff only.
RIGHTS: Final[dict[str, tuple[Rights, Rights, Rights, Rights]]] = {
    #                         owner   admin   agent         viewer
    "tenants.tenant": (CHANGE, VIEW, NONE, NONE),
    "tenants.asteriskserver": (ALL, ALL, NONE, NONE),
    "tenants.transfertarget": (ALL, ALL, VIEW, VIEW),
    "tenants.openinghours": (ALL, ALL, VIEW, VIEW),
    "tenants.holiday": (ALL, ALL, VIEW, VIEW),
    "tenants.phrase": (ALL, ALL, VIEW, VIEW),
    "tenants.pronunciation": (ALL, ALL, VIEW, VIEW),
    "tenants.phraserun": (VIEW, VIEW, VIEW, VIEW),
    "tenants.clonedvoice": (VIEW | {"add", "delete"}, VIEW, NONE, NONE),
    "tenants.vendorchoice": (ALL, ALL, NONE, NONE),
    "tenants.vendorkey": (ALL, ALL, NONE, NONE),
    "tenants.faqentry": (ALL, ALL, VIEW, VIEW),
    "tenants.problemtype": (ALL, ALL, VIEW, VIEW),
    "tenants.remedystep": (ALL, ALL, VIEW, VIEW),
    "tenants.keyword": (ALL, ALL, VIEW, VIEW),
    "companies.company": (ALL, ALL, WRITE, VIEW),
    "companies.customer": (ALL, ALL, WRITE, VIEW),
    "calls.spendlimit": (ALL, VIEW, NONE, NONE),
    "calls.call": (LISTEN, LISTEN, LISTEN, VIEW),
    "tickets.ticket": (ALL, ALL, WRITE, VIEW),
    "tickets.comment": (VIEW | {"add"}, VIEW | {"add"}, VIEW | {"add"}, VIEW),
}

#: What calls leave behind is evidence: nobody writes it by hand, staff neither.
EVIDENCE: Final = frozenset({"calls.call", "calls.usage"})

COLUMNS: Final = (Membership.Role.OWNER, Membership.Role.ADMIN, Membership.Role.AGENT, Membership.Role.VIEWER)


def role_of(request: HttpRequest) -> Membership.Role | None:
    """The role that the person has in the tenant acted for; asked once per request."""
    if not hasattr(request, "_role"):
        tenant, user = getattr(request, "tenant", None), request.user
        role = None
        if isinstance(tenant, Tenant) and user.is_authenticated:
            role = Membership.objects.filter(tenant=tenant, user=user).values_list("role", flat=True).first()
        request._role = Membership.Role(role) if role else None  # type: ignore[attr-defined]
    found: Membership.Role | None = request._role  # type: ignore[attr-defined]
    return found


def may(request: HttpRequest, action: str, model: type[Model]) -> bool:
    """Whether the person may do `action` with rows of `model` in the tenant acted for.

    Actions are view, add, change, delete, and listen (to a recording). Staff outside
    any tenant look at what tenants own and change nothing: they choose a tenant first.
    """
    user, label = request.user, model._meta.label_lower
    if not user.is_active or (label in EVIDENCE and action not in LISTEN):
        return False
    if user.is_superuser:
        owned = issubclass(model, TenantModel)
        return action in LISTEN or not owned or isinstance(getattr(request, "tenant", None), Tenant)
    role = role_of(request)
    return role is not None and action in RIGHTS.get(label, (NONE,) * 4)[COLUMNS.index(role)]
