"""Where the real Asterisk for tests comes from, and whether this machine can run it."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).resolve().parent.parent.parent
FOLDER = Path(os.environ.get("ASTERISK_LAB", ROOT / ".." / "shared" / "asterisk_lab")).resolve()


def required() -> bool:
    """Whether a machine that cannot run Asterisk is a failure instead of a skip."""
    return os.environ.get("REQUIRE_ASTERISK") == "1"


@cache
def load() -> ModuleType:
    """The lab's module: Asterisk, Call, Result, play, say, noise, hush, wait, dtmf, speech."""
    spec = importlib.util.spec_from_file_location("asterisk_lab", FOLDER / "asterisk_lab.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["asterisk_lab"] = module  # its dataclasses look themselves up
    spec.loader.exec_module(module)
    return module


@cache
def missing() -> str:
    """Why no Asterisk can be started here; empty when one can."""
    if not (FOLDER / "asterisk_lab.py").exists():
        return f"no Asterisk lab in {FOLDER}: set ASTERISK_LAB to its folder"
    if os.geteuid() != 0:
        return "starting Asterisk in its chroot needs root"
    if absent := [tool for tool in ("ip", "setpriv", "unshare") if shutil.which(tool) is None]:
        return f"commands are missing: {', '.join(absent)}"
    if not Path(load().CHROOT, "usr/sbin/asterisk").exists():
        return f"no Asterisk in {load().CHROOT}: run {FOLDER}/setup.sh"
    mount = subprocess.run(["unshare", "--mount", "true"], capture_output=True, text=True, check=False, timeout=10)
    return f"no mount namespace can be made: {mount.stderr.strip()}" if mount.returncode else ""
