"""The scenarios' stage with a new tenant's settings, as tests use it."""

from calls.scenarios.preset import preset
from calls.scenarios.scenario import Vendors
from calls.scenarios.stage import FakeDesk, Stage
from calls.settings import CallSettings

LEAVES = "[silence 0.1]\n[hangup]"  # when the bot has spoken


def on_stage(
    *script: str, settings: CallSettings | None = None, desk: FakeDesk | None = None, vendors: Vendors | None = None
) -> Stage:
    return Stage(*script, settings=settings or preset("fr"), desk=desk, vendors=vendors)
