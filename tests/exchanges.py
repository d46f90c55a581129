"""Companies whose telephone exchanges call from this machine."""

from __future__ import annotations

from tenants.models import AsteriskServer, Tenant
from tenants.scope import acting_for
from tenants.services import create_tenant


def with_exchange() -> Tenant:
    """Alpha, which speaks French and whose Asterisk has the address 127.0.0.2."""
    tenant = create_tenant(slug="alpha", name="Alpha", language="fr")
    with acting_for(tenant):
        AsteriskServer.objects.create(name="PBX", network="127.0.0.2")
    return tenant
