"""How the bot of a tenant speaks, for whatever speaks or has spoken its phrases."""

from __future__ import annotations

from providers.protocols import Voice
from tenants.models import Pronunciation, Tenant
from tenants.vendors import choices


def voice_of(tenant: Tenant, language: str) -> Voice:
    """The tenant's voice in a language; in the tenant's scope, in a database thread."""
    return Voice(
        language=language,
        voice_id=tenant.voice,
        vendors=choices()["tts"],
        pronunciations=tuple(Pronunciation.objects.order_by("pk").values_list("written", "spoken")),
    )
