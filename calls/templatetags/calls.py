"""How a call's figures are written."""

from __future__ import annotations

from decimal import Decimal

from django import template
from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from calls.models import Usage
from providers.names import name_of
from providers.words import explained

register = template.Library()

SMALLEST_SHOWN = Decimal("0.0001")

SCENES: dict[str, str | Promise] = {
    "opening": _("Opening"),
    "greeting": _("Greeting"),
    "identification": _("Identification"),
    "diagnosis": _("Diagnosis"),
    "remedy": _("Remedy"),
    "verification": _("Verification"),
    "degraded": _("Without a vendor"),
    "handover": _("Hand-over"),
    "closing": _("Closing"),
    "anywhere": _("At any moment"),
}


register.filter("explained", explained)


@register.filter
def clock(seconds: float | None) -> str:
    """83.2 is 1:23; nothing is a dash."""
    if seconds is None:
        return "–"
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes}:{rest:02}"


@register.filter
def seconds(value: float | None) -> str:
    """0.834 is 0.83 s, with the language's comma."""
    return "–" if value is None else f"{number_format(value, 2)} s"


@register.filter
def euros(amount: Decimal | None) -> str:
    """Fractions of a cent matter in a call's cost: four places below one euro."""
    if amount is None:
        return "–"
    if not amount:
        return "0 €"
    if 0 < amount < SMALLEST_SHOWN:
        return f"< {number_format(SMALLEST_SHOWN, 4)} €"
    return f"{number_format(amount, 2 if abs(amount) >= 1 else 4, force_grouping=True)} €"


@register.filter
def vendor_name(provider: str) -> str:
    return name_of(provider)


@register.filter
def percent(share: float | Decimal | None) -> str:
    """0.7 is 70 %; nothing is a dash."""
    return "–" if share is None else f"{share:.0%}".replace("%", " %")


@register.filter
def unlocalised(value: object) -> str:
    """A figure for a script, whatever the language: 4.2 and never 4,2."""
    return str(value)


@register.filter
def scene_name(scene: str) -> str | Promise:
    return SCENES.get(scene, scene)


@register.filter
def usage_amount(usage: Usage) -> str:
    """What the vendor counts: seconds heard, characters spoken, tokens read and written."""
    if usage.kind == Usage.Kind.SPEECH_TO_TEXT:
        return seconds(float(usage.audio_seconds))
    if usage.kind == Usage.Kind.TEXT_TO_SPEECH:
        return gettext("%s characters") % number_format(usage.characters, force_grouping=True)
    counts = (number_format(count, force_grouping=True) for count in (usage.input_tokens, usage.output_tokens))
    return gettext("%s + %s tokens") % tuple(counts)
