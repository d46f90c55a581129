"""Inputs for the AudioSocket port that coverage leads to: first for the codec, then for whole connections.

    make fuzz                           # a million each, three to ten minutes
    make fuzz ARGS="-runs=10000000"     # or any other option of libFuzzer

A finding is written to .fuzz/, and named; give it as an argument to have it tried again.
"""

from __future__ import annotations

import asyncio
import logging
import os
import subprocess
import sys
from pathlib import Path

import atheris

ROOT = Path(__file__).resolve().parent.parent.parent
KEPT = ROOT / ".fuzz"  # inputs that led somewhere new: the next run begins with them
LONGEST_INPUT = 6000

sys.path.insert(0, str(ROOT))
os.environ["DJANGO_SETTINGS_MODULE"] = "voicebot_site.settings"
logging.disable(logging.CRITICAL)

with atheris.instrument_imports(include=["telephony.audiosocket"]):
    import django

    django.setup()
    from tests.telephony import wire


def fuzz(target: str, options: list[str]) -> None:
    """In this process, which libFuzzer ends."""
    loop = asyncio.new_event_loop()

    async def make() -> wire.Bench:
        return wire.Bench()

    bench = loop.run_until_complete(make())

    def connection(data: bytes) -> None:
        loop.run_until_complete(bench.check_connection(data))

    kept = KEPT / target
    kept.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(wire.SEEDS):
        for first in (0, 1):
            (kept / f"seed-{number}-{first}").write_bytes(bytes([first]) + seed)
    options = [f"-max_len={LONGEST_INPUT}", f"-artifact_prefix={KEPT}/{target}-", *options]
    atheris.Setup([sys.argv[0], *options, str(kept)], {"codec": wire.check_decoder, "connection": connection}[target])
    atheris.Fuzz()


def main() -> int:
    options = sys.argv[1:] or ["-runs=1000000", "-print_final_stats=1", "-verbosity=0"]
    return max(subprocess.call([sys.executable, __file__, target, *options]) for target in ("codec", "connection"))


if __name__ == "__main__":
    if sys.argv[1:2] in (["codec"], ["connection"]):
        fuzz(sys.argv[1], sys.argv[2:])
    else:
        sys.exit(main())
