"""The vendors of a tenant, as calls use them."""

from __future__ import annotations

from dataclasses import replace

from providers import registry
from providers.protocols import Choice, Kind
from tenants.models import VendorChoice, VendorKey

Choices = dict[Kind, tuple[Choice, ...]]


def choices() -> Choices:
    """In order of preference, with the tenant's own keys; in the tenant's scope, in a database thread.

    A kind of which the tenant chose nothing has the platform's vendors. What it did choose
    is all that is asked: nothing that a caller says goes anywhere else.
    """
    keys = dict(VendorKey.objects.values_list("provider", "api_key"))
    chosen: dict[str, list[Choice]] = {}
    for row in VendorChoice.objects.order_by("position", "pk"):
        chosen.setdefault(row.kind, []).append(Choice(row.provider, row.model))
    return {
        kind: tuple(
            replace(choice, api_key=keys.get(choice.provider, ""))
            for choice in chosen.get(kind) or registry.defaults(kind)
        )
        for kind in registry.KINDS
    }
