"""Failures of vendors in the words of whoever reads them."""

from __future__ import annotations

import re
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from providers.names import name_of
from providers.protocols import Failure

#: As `ProviderError` writes itself, at the end of what a call or a run of phrases keeps of it.
_WRITTEN: Final = re.compile(
    rf"(?P<provider>[\w.-]+): (?P<failure>{'|'.join(Failure)})(?: \((?P<detail>.*)\)?)?$", re.DOTALL
)
_KINDS: Final[dict[str, str | Promise]] = {
    "stt": _("speech to text"),
    "llm": _("language model"),
    "tts": _("text to speech"),
}
_SENTENCES: Final[dict[Failure, str | Promise]] = {
    Failure.UNREACHABLE: _("%(vendor)s cannot be reached."),
    Failure.REFUSED: _("%(vendor)s refuses: check the key, its rights and what is left of its quota (%(detail)s)."),
    Failure.UNKNOWN_VOICE: _("%(vendor)s does not know the voice: choose another one in the settings."),
    Failure.RATE_LIMITED: _("%(vendor)s is asked too often for your plan there."),
    Failure.TIMEOUT: _("%(vendor)s does not answer in time."),
    Failure.SERVER: _("%(vendor)s has a failure of its own."),
    Failure.CUT: _("%(vendor)s broke off."),
    Failure.GARBAGE: _("%(vendor)s answers nothing that can be used."),
}


def vendor_of(text: str) -> str:
    """The provider of a written ProviderError; "" for any other text."""
    found = _WRITTEN.search(text)
    return found["provider"] if found else ""


def explained(text: str) -> str:
    """A written ProviderError as a sentence for people; any other text as it is."""
    found = _WRITTEN.search(text)
    if found is None:
        return text
    provider = found["provider"]
    vendor = str(_KINDS.get(provider) or name_of(provider))
    detail = (found["detail"] or "–").removesuffix(")")
    return str(_SENTENCES[Failure(found["failure"])]) % {"vendor": vendor[:1].upper() + vendor[1:], "detail": detail}
