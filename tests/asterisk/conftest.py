"""A real Asterisk for each test that asks for one.

    async def test_a_call(asterisk, lab):
        async with asterisk(ip="127.0.0.2", extens=…) as pbx:
            call = await pbx.call("127.0.0.2:9092", [lab.noise(), lab.hush(), lab.play(wav)], number="0612345678")
            result = await call.ended(timeout=30)

`ip` is both where that Asterisk lives and the address that its AudioSocket connections
come from, provided the worker listens on 0.0.0.0 and is dialled at that same address.
Never let several calls at once meet a closed port: it can freeze that Asterisk.
"""

from __future__ import annotations

import uuid
import wave
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from sandbox.voice import render
from tests.asterisk import lab as asterisk_lab


@pytest.hookimpl(tryfirst=True)  # before markers are chosen from
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All of this folder needs Asterisk, said once."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker("asterisk")


@pytest.fixture(scope="session")
def lab() -> ModuleType:
    """The lab's module; the test is skipped, or fails if Asterisk is required, where it cannot run."""
    if reason := asterisk_lab.missing():
        if asterisk_lab.required():
            pytest.fail(f"REQUIRE_ASTERISK is set, but {reason}")
        pytest.skip(reason)
    return asterisk_lab.load()


@pytest.fixture
def asterisk(lab: ModuleType, tmp_path: Path) -> Iterator[Callable[..., Any]]:
    """`asterisk(ip=…, extens=…)` makes an Asterisk that runs inside `async with`.

    Where a test fails, the end of each one's log is in the report.
    """
    directories: list[Path] = []

    def make(*, ip: str = "127.0.0.1", **options: Any) -> Any:
        directories.append(tmp_path / f"asterisk-{len(directories)}")
        return lab.Asterisk(directories[-1], ip=ip, **options)

    yield make
    for directory in directories:
        log = directory / "log" / "full.log"
        if log.exists():
            print(f"--- {directory.name}: {log}\n", *log.read_text(errors="replace").splitlines(True)[-60:], sep="")


@pytest.fixture
def spoken(lab: ModuleType, tmp_path: Path) -> Callable[[str], Any]:
    """A script's step in which the caller says a text, in captioned speech."""

    def spoken(text: str) -> Any:
        path = tmp_path / f"{uuid.uuid4()}.wav"
        with wave.open(str(path), "wb") as file:
            file.setparams((1, 2, 8000, 0, "NONE", ""))
            file.writeframes(render(text, "fr"))
        return lab.play(path)

    return spoken
