"""The scenarios' stage with a new tenant's settings, as tests use it."""

from collections.abc import Callable

from calls.scenarios.preset import preset
from calls.scenarios.scenario import Vendors
from calls.scenarios.stage import FakeDesk, Stage
from calls.settings import CallSettings

LEAVES = "[silence 0.1]\n[hangup]"  # when the bot has spoken


def on_stage(
    *script: str, settings: CallSettings | None = None, desk: FakeDesk | None = None, vendors: Vendors | None = None
) -> Stage:
    return Stage(*script, settings=settings or preset("fr"), desk=desk, vendors=vendors)


def during(stage: Stage, phrase: str, act: Callable[[], object]) -> None:
    """Do something as soon as the bot is heard to say a phrase; once."""
    pass_frame, is_done = stage._pass_frame, False

    def look() -> None:
        nonlocal is_done
        pass_frame()
        speeches = stage.speaking.speeches
        if not is_done and stage.audio.is_playing and speeches and speeches[-1].phrase.key == phrase:
            is_done = True
            act()

    stage._pass_frame = look  # type: ignore[method-assign]
