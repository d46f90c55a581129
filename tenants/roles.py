"""What each role may do: one table, and the question that it answers.

Django's own permission rows are not used: whoever is a member of a tenant has the
rights of the role there, and platform staff (superusers) who act for it have all of
them. Outside any tenant they run the platform, and see nothing that tenants own.
"""

from __future__ import annotations

import unicodedata
from typing import Any, Final

from django.apps import apps
from django.db.models import Model
from django.http import HttpRequest
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from tenants.models import Membership, Tenant
from tenants.scope import TenantModel

Rights = frozenset[str]

NONE: Final[Rights] = frozenset()
VIEW: Final[Rights] = frozenset({"view"})
CHANGE: Final[Rights] = VIEW | {"change"}
WRITE: Final[Rights] = CHANGE | {"add"}
ALL: Final[Rights] = WRITE | {"delete"}
LISTEN: Final[Rights] = VIEW | {"listen"}
PRIVACY: Final[Rights] = ALL | {"privacy"}
STEER: Final[Rights] = LISTEN | {"steer"}
TRY: Final[Rights] = STEER | {"try"}

#: Rights by model, for owner, admin, agent and viewer. A model that is not here is
#: for platform staff only.
RIGHTS: Final[dict[str, tuple[Rights, Rights, Rights, Rights]]] = {
    #                         owner   admin   agent         viewer
    "tenants.tenant": (CHANGE, CHANGE, NONE, NONE),
    "tenants.membership": (CHANGE | {"delete"}, VIEW, NONE, NONE),
    "tenants.invitation": (VIEW | {"add", "delete"}, VIEW, NONE, NONE),
    "tenants.auditentry": (VIEW, VIEW, NONE, NONE),
    "tenants.asteriskserver": (ALL, ALL, NONE, NONE),
    "tenants.connectiontest": (VIEW, VIEW, NONE, NONE),
    "tenants.transfertarget": (ALL, ALL, VIEW, VIEW),
    "tenants.openinghours": (ALL, ALL, VIEW, VIEW),
    "tenants.holiday": (ALL, ALL, VIEW, VIEW),
    "tenants.phrase": (ALL, ALL, VIEW, VIEW),
    "tenants.phrasechange": (VIEW, VIEW, VIEW, VIEW),
    "tenants.pronunciation": (ALL, ALL, VIEW, VIEW),
    "tenants.phraserun": (VIEW, VIEW, VIEW, VIEW),
    "tenants.clonedvoice": (VIEW | {"add", "delete"}, VIEW, NONE, NONE),
    "tenants.apikey": (ALL, ALL, NONE, NONE),
    "tenants.vendorchoice": (ALL, ALL, NONE, NONE),
    "tenants.vendorkey": (ALL, ALL, NONE, NONE),
    "tenants.faqentry": (ALL, ALL, VIEW, VIEW),
    "tenants.problemtype": (ALL, ALL, VIEW, VIEW),
    "tenants.remedystep": (ALL, ALL, VIEW, VIEW),
    "tenants.keyword": (ALL, ALL, VIEW, VIEW),
    "tenants.webhookendpoint": (ALL, ALL, NONE, NONE),
    "tenants.webhookmessage": (VIEW, VIEW, NONE, NONE),
    "tenants.webhookattempt": (VIEW, VIEW, NONE, NONE),
    "companies.company": (ALL, ALL, WRITE, VIEW),
    "companies.customer": (PRIVACY, PRIVACY, WRITE, VIEW),
    "calls.spendlimit": (ALL, VIEW, NONE, NONE),
    "calls.call": (TRY, TRY, STEER, VIEW),
    "tickets.ticket": (ALL, ALL, WRITE, VIEW),
    "tickets.roiday": (VIEW, VIEW, NONE, NONE),
    "tickets.comment": (VIEW | {"add"}, VIEW | {"add"}, VIEW | {"add"}, VIEW),
}

#: Fields that only an owner changes, though others may change the rest.
OWNERS_FIELDS: Final = {"tenants.tenant": ("name", "requires_two_factor", "human_call_eur")}

#: What calls and people leave behind, and what was told of it, is evidence: nobody writes it by hand.
EVIDENCE: Final = frozenset(
    {"calls.call", "calls.usage", "tenants.auditentry", "tenants.jobrun", "tenants.webhookmessage", "tickets.roiday"}
)

#: What tenants own that tells of money alone: platform staff see it outside any tenant.
MONEY: Final = frozenset({"calls.usage", "calls.spendlimit"})

COLUMNS: Final = (Membership.Role.OWNER, Membership.Role.ADMIN, Membership.Role.AGENT, Membership.Role.VIEWER)


#: What is only ever met as a part of something else, whose rights it has.
PARTS: Final = frozenset(
    {
        "tenants.connectiontest",
        "tenants.phrasechange",
        "tenants.phraserun",
        "tenants.remedystep",
        "tenants.webhookattempt",
    }
)

#: Rights as people read them, in the order in which they are shown.
WORDS: Final = {
    "view": _("see"),
    "listen": _("listen"),
    "steer": _("hang up, hand over and speak during a call"),
    "try": _("make test calls"),
    "add": _("add"),
    "change": _("change"),
    "delete": _("delete"),
    "privacy": _("give out or erase all of a person"),
}


def table() -> list[tuple[str, list[list[Any]]]]:
    """(what, the words of each role's rights): the table of rights for people to read."""
    rows = []
    for label, columns in RIGHTS.items():
        if label in PARTS:
            continue
        name = capfirst(str(apps.get_model(label)._meta.verbose_name_plural))
        rows.append((name, [_words(rights) for rights in columns]))
    return sorted(rows, key=lambda row: unicodedata.normalize("NFKD", row[0]))  # É is where E is


def _words(rights: Rights) -> list[Any]:
    """What is beyond `everything` that a screen does is named all the same."""
    words, whole = ([_("everything")], ALL) if rights >= ALL else ([], NONE)
    return words + [word for right, word in WORDS.items() if right in rights - whole]


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


def closed_fields(request: HttpRequest, model: type[Model]) -> tuple[str, ...]:
    """The fields of `model` that the person's role only sees."""
    is_owner = request.user.is_superuser or role_of(request) is Membership.Role.OWNER
    return () if is_owner else OWNERS_FIELDS.get(model._meta.label_lower, ())


def sees_masked(request: HttpRequest) -> bool:
    """Whether telephone numbers and e-mail addresses are masked for the person."""
    return not request.user.is_superuser and role_of(request) is Membership.Role.VIEWER


def may(request: HttpRequest, action: str, model: type[Model]) -> bool:
    """Whether the person may do `action` with rows of `model` in the tenant acted for.

    Actions are view, add, change, delete, of calls listen, steer (hang up, hand over, step in)
    and try (make a test call), of customers privacy (give out or erase all of one). Staff
    outside any tenant see nothing that tenants own, but money: they choose a tenant first.
    """
    user, label = request.user, model._meta.label_lower
    if not user.is_active or (label in EVIDENCE and action not in TRY):
        return False
    if user.is_superuser:
        is_inside = isinstance(getattr(request, "tenant", None), Tenant)
        return is_inside or not issubclass(model, TenantModel) or (action == "view" and label in MONEY)
    role = role_of(request)
    return role is not None and action in RIGHTS.get(label, (NONE,) * 4)[COLUMNS.index(role)]
