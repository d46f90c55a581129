import pytest

from sandbox.vendors import wire
from sandbox.vendors.server import VendorServer


@pytest.fixture
async def vendors():
    """The emulators behind a real socket."""
    wire.ledger.clear()
    async with VendorServer() as server:
        yield server
