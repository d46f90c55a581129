"""What `manage.py plan_capacity` prints, in docs/scaling.md.

    tests/capacity document

writes its tables between the marks; tests/monitoring/test_capacity.py says when they are old.
"""

from __future__ import annotations

import re
from io import StringIO
from pathlib import Path
from typing import Final

from django.conf import settings
from django.core.management import call_command

DOCUMENT: Final = Path(settings.BASE_DIR) / "docs" / "scaling.md"
BLOCK: Final = re.compile(r"(<!-- plan_capacity(.*?) -->\n)(.*?)(?=<!-- end -->)", re.DOTALL)


def tables() -> list[str]:
    """As the document has them: what is needed, what is full first, and the busy hour with its queues.

    Where the mark has arguments: the busy hour of that traffic.
    """
    needed, full, *played = _parts()
    sizes = iter((needed, full, "\n\n".join(played)))
    marks = [found[2].split() for found in BLOCK.finditer(DOCUMENT.read_text())]
    return [f"{_parts(*arguments)[-1] if arguments else next(sizes)}\n" for arguments in marks]


def _parts(*arguments: str) -> list[str]:
    out = StringIO()
    call_command("plan_capacity", *arguments, stdout=out)
    return [part.strip() for part in out.getvalue().split("\n\n")]


def written() -> list[str]:
    """What stands there."""
    return [found[3] for found in BLOCK.finditer(DOCUMENT.read_text())]


def main(arguments: list[str]) -> int:
    blocks = iter(tables())
    DOCUMENT.write_text(BLOCK.sub(lambda found: found[1] + next(blocks), DOCUMENT.read_text()))
    return 0
