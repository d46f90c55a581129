"""What a call takes of each resource.

tests/capacity resources
tests/capacity size
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import django

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "voicebot_site.settings")
django.setup()

from tests.capacity import resources, size  # noqa: E402

PARTS = {"resources": resources.main, "size": size.main}

if __name__ == "__main__":
    part = PARTS.get(sys.argv[1]) if len(sys.argv) > 1 else None
    sys.exit(part(sys.argv[2:]) if part else __doc__)
