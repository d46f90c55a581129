"""What an ended call leaves in memory: a collection of all that is there stops every other call meanwhile."""

from __future__ import annotations

import gc
from collections import Counter

import pytest

from calls.audio import CallAudio
from calls.conversation import Conversation
from calls.dialogue import Dialogue
from calls.hearing import Hearing
from calls.scenarios.script import parse_script
from calls.scribe import Scribe
from sandbox.caller import Caller
from sandbox.product import Product

PARTS = (Conversation, Dialogue, Hearing, CallAudio, Scribe)


@pytest.mark.django_db(transaction=True)
@pytest.mark.timeout(120)
@pytest.mark.parametrize("end", ["[hangup]", "Un conseiller, je vous prie."])
async def test_an_ended_call_is_freed_without_the_garbage_collector(product: Product, end: str) -> None:
    script = parse_script(f"[silence 0.5]\n{end}")
    gc.collect()
    gc.disable()
    try:
        await Caller("127.0.0.1", product.calls.port, script=script, source="127.0.0.2", max_seconds=60).run()
        await product.calls.stop(20)
        left = Counter(type(each).__name__ for each in gc.get_objects() if type(each) in PARTS)
    finally:
        gc.enable()
    assert not left
