"""How the bot of a tenant speaks, for whatever speaks or has spoken its phrases."""

from __future__ import annotations

from providers.protocols import Voice
from tenants.models import Pronunciation, Tenant
from tenants.vendors import Choices, choices


def voice_of(tenant: Tenant, language: str, vendors: Choices | None = None) -> Voice:
    """The tenant's voice in a language; in the tenant's scope, in a database thread.

    `vendors` are the tenant's, for who has read them already.
    """
    return Voice(
        language=language,
        voice_id=tenant.voice,
        vendors=(vendors or choices())["tts"],
        pronunciations=tuple(Pronunciation.objects.order_by("pk").values_list("written", "spoken")),
    )


def named(text: str, tenant: Tenant) -> str:
    """A phrase with the company's name in its place: that never changes within a call.

    So the greeting is one piece of sound, spoken once and for all.
    """
    return text.replace("{tenant}", tenant.name.translate({ord("{"): None, ord("}"): None}))
