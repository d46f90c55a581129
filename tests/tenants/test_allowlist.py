"""Which addresses may call: networks lead to one tenant, the narrowest one first."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError

from tenants.allowlist import AllowList
from tenants.models import AsteriskServer, Tenant
from tenants.scope import acting_for
from tests.cast import Cast


def fresh() -> AllowList:
    allowlist = AllowList()
    allowlist.refresh()
    return allowlist


def tenant_at(address: str) -> str | None:
    entry = fresh().find(address)
    return entry.tenant_slug if entry else None


def add(house_tenant: Tenant, network: str) -> AsteriskServer:
    with acting_for(house_tenant):
        server = AsteriskServer(name=network, network=network)
        server.full_clean()
        server.save()
        return server


@pytest.mark.parametrize(
    ("address", "tenant"),
    [
        ("192.0.2.0", "alpha"),
        ("192.0.2.15", "alpha"),
        ("::ffff:192.0.2.15", "alpha"),  # as a socket for both families shows it
        ("192.0.2.16", None),
        ("198.51.100.7", "bravo"),
        ("198.51.100.8", None),
        ("2001:db8::1", None),
    ],
)
def test_an_address_leads_to_its_tenant(cast: Cast, address: str, tenant: str | None) -> None:
    assert tenant_at(address) == tenant


def test_the_entry_names_the_server(cast: Cast) -> None:
    entry = fresh().find("198.51.100.7")
    assert entry is not None
    assert (entry.server_id, entry.tenant_id) == (cast.bravo.server.pk, cast.bravo.tenant.pk)


def test_the_narrowest_network_comes_first(cast: Cast) -> None:
    inner = add(cast.alpha.tenant, "192.0.2.8/31")
    assert (entry := fresh().find("192.0.2.9")) is not None
    assert entry.server_id == inner.pk
    assert (entry := fresh().find("192.0.2.10")) is not None
    assert entry.server_id == cast.alpha.server.pk


def test_ipv6_networks_work_too(cast: Cast) -> None:
    add(cast.bravo.tenant, "2001:db8::/64")
    assert tenant_at("2001:db8::17") == "bravo"
    assert tenant_at("2001:db8:0:1::17") is None


def test_a_server_or_tenant_that_is_switched_off_is_absent(cast: Cast) -> None:
    with acting_for(cast.alpha.tenant):
        AsteriskServer.objects.update(is_active=False)
    Tenant.objects.filter(pk=cast.bravo.tenant.pk).update(is_active=False)
    assert tenant_at("192.0.2.1") is None
    assert tenant_at("198.51.100.7") is None


def test_a_change_counts_from_the_next_refresh_on(cast: Cast) -> None:
    allowlist = fresh()
    assert allowlist.find("203.0.113.7") is None
    add(cast.bravo.tenant, "203.0.113.7")
    assert allowlist.find("203.0.113.7") is None
    allowlist.refresh()
    assert allowlist.find("203.0.113.7") is not None


def test_the_memory_of_strangers_is_bounded(cast: Cast) -> None:
    allowlist = fresh()
    for number in range(11_000):
        assert allowlist.find(f"10.0.{number // 256}.{number % 256}") is None
    assert len(allowlist._known) == 10_000
    assert allowlist.find("192.0.2.1") is not None


def test_before_the_first_refresh_nobody_may_call() -> None:
    assert AllowList().find("127.0.0.1") is None


# --- Networks of two tenants never overlap ----------------------------------------


@pytest.mark.parametrize("network", ["192.0.2.0/28", "192.0.2.3", "192.0.2.0/24", "192.0.0.0/16", "0.0.0.0/0"])
def test_a_network_that_overlaps_another_tenant_s_is_refused(cast: Cast, network: str) -> None:
    with pytest.raises(ValidationError) as refusal:
        add(cast.bravo.tenant, network)
    assert set(refusal.value.message_dict) == {"network"}
    assert "Alpha" not in str(refusal.value), "it must not tell whose it is"


def test_ipv6_overlap_is_refused_too(cast: Cast) -> None:
    add(cast.alpha.tenant, "2001:db8::/48")
    with pytest.raises(ValidationError):
        add(cast.bravo.tenant, "2001:db8:0:1::/64")


def test_a_network_that_is_switched_off_stays_taken(cast: Cast) -> None:
    """Switched on again, it would lead to two tenants."""
    with acting_for(cast.alpha.tenant):
        AsteriskServer.objects.update(is_active=False)
    with pytest.raises(ValidationError):
        add(cast.bravo.tenant, "192.0.2.3")


def test_one_s_own_networks_may_overlap(cast: Cast) -> None:
    add(cast.alpha.tenant, "192.0.2.0/24")
    add(cast.alpha.tenant, "192.0.2.1")


def test_a_server_may_be_saved_again(cast: Cast) -> None:
    with acting_for(cast.alpha.tenant):
        cast.alpha.server.full_clean()


@pytest.mark.parametrize("network", ["pbx.example.com", "192.0.2.1/28", "192.0.2.256", "::ffff:192.0.2.1", "1"])
def test_what_is_no_network_is_refused_with_an_example(cast: Cast, network: str) -> None:
    with pytest.raises(ValidationError) as refusal:
        add(cast.bravo.tenant, network)
    assert set(refusal.value.message_dict) == {"network"}
