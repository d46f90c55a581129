"""What a call takes of each resource, and whether the plan's simulation says what really happens.

    tests/capacity resources
    tests/capacity size
    tests/capacity comparison
    tests/capacity document

docs/scaling.md has the figures.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import django

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "voicebot_site.settings")
django.setup()

from tests.capacity import comparison, document, resources, size  # noqa: E402

PARTS = {"resources": resources.main, "comparison": comparison.main, "size": size.main, "document": document.main}

if __name__ == "__main__":
    part = PARTS.get(sys.argv[1]) if len(sys.argv) > 1 else None
    sys.exit(part(sys.argv[2:]) if part else __doc__)
