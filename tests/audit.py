"""Ask the advisory service about what we install, and say what is known afterwards, and what is not.

    tests/audit.py [--requirement requirements/extras.txt] [--seconds 30]

Exit status: 0, each package was audited and none has a known weakness; 1, one has; 3, not all could be audited.

pip-audit's own status is no answer: it is 0 when the service knew none of the packages, and 1 when it could
not be reached. PIP_AUDIT_VULNERABILITY_SERVICE and PIP_AUDIT_OSV_URL choose another service.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
NOTHING_KNOWN, VULNERABLE, NOT_AUDITED = 0, 1, 3


@dataclass
class Findings:
    audited: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)  # to the service
    vulnerable: list[str] = field(default_factory=list)  # a line for each weakness
    failure: str = ""  # why there is no answer at all

    @classmethod
    def parse(cls, report: str) -> Findings:
        """What pip-audit says in JSON. Raises ValueError: that is no report."""
        found = cls()
        for package in json.loads(report)["dependencies"]:
            if "skip_reason" in package:
                found.unknown.append(package["name"])
                continue
            name = f"{package['name']} {package['version']}"
            found.audited.append(name)
            for weakness in package["vulns"]:
                remedy = " or ".join(weakness["fix_versions"])
                remedy = f"mended in {remedy}" if remedy else "not mended yet"
                found.vulnerable.append(f"{name}: {weakness['id']}, {remedy}")
        return found

    @property
    def status(self) -> int:
        if self.vulnerable:
            return VULNERABLE
        return NOT_AUDITED if self.failure or self.unknown or not self.audited else NOTHING_KNOWN

    def tell(self) -> None:
        for line in self.vulnerable:
            print(f"VULNERABLE   {line}")
        if self.failure:
            print(f"NOT AUDITED  no package: {self.failure}")
            return
        total = len(self.audited) + len(self.unknown)
        print(f"audited      {len(self.audited)} of {total} packages; known weaknesses: {len(self.vulnerable)}")
        if self.unknown:
            which = f": {', '.join(self.unknown)}" if self.audited else ""
            print(f"NOT AUDITED  {len(self.unknown)}, which the service does not know{which}")


def ask(requirement: Path, seconds: float) -> Findings:
    """Takes `seconds` at most."""
    command = [str(Path(sys.executable).with_name("pip-audit")), "--format=json", "--progress-spinner=off"]
    command += ["--disable-pip", "--require-hashes", f"--requirement={requirement}"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=seconds, stdin=subprocess.DEVNULL)
    except subprocess.TimeoutExpired:
        return Findings(failure=f"the service did not answer within {seconds:g} s")
    try:
        return Findings.parse(done.stdout)
    except ValueError:  # it ended in a traceback
        return Findings(failure=(done.stderr.strip().splitlines() or ["pip-audit said nothing"])[-1])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--requirement", type=Path, default=ROOT / "requirements/extras.txt", help="(%(default)s)")
    parser.add_argument("--seconds", type=float, default=30, help="at most (%(default)s)")
    chosen = parser.parse_args()
    found = ask(chosen.requirement, chosen.seconds)
    found.tell()
    return found.status


if __name__ == "__main__":
    sys.exit(main())
