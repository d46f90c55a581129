"""Which vendors a company's calls use, and with whose keys."""

from __future__ import annotations

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from providers.names import name_of
from tenants.fields import EncryptedTextField
from tenants.scope import TenantModel


class VendorChoice(TenantModel):
    """A vendor of one kind, in order of preference. A company without any uses the platform's."""

    configures_calls = True

    class Kind(models.TextChoices):
        SPEECH_TO_TEXT = "stt", _("speech to text")
        LANGUAGE_MODEL = "llm", _("language model")
        TEXT_TO_SPEECH = "tts", _("text to speech")

    kind = models.CharField(_("kind"), max_length=3, choices=Kind)
    provider = models.CharField(_("vendor"), max_length=40)  # a key of settings.PROVIDERS
    model = models.CharField(
        _("model"), max_length=100, blank=True, help_text=_("As the vendor calls it; empty: the platform's.")
    )
    position = models.PositiveIntegerField(_("order"), default=0)

    class Meta:
        verbose_name = _("choice of vendor")
        verbose_name_plural = _("choices of vendors")
        ordering = ["kind", "position", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "kind", "provider", "model"],
                name="one_choice_per_vendor_and_model",
                violation_error_message=_("This vendor and model are chosen already."),
            )
        ]

    def __str__(self) -> str:
        return f"{name_of(self.provider)} {self.model}".rstrip()

    def clean(self) -> None:
        super().clean()
        if self.kind and self.provider and self.kind not in settings.PROVIDERS.get(self.provider, {}):
            able = sorted(name_of(code) for code, kinds in settings.PROVIDERS.items() if self.kind in kinds)
            raise ValidationError(
                {
                    "provider": ValidationError(
                        _("This vendor does not do that. These do: %(able)s."), params={"able": ", ".join(able)}
                    )
                }
            )
        if self.model and self.provider not in settings.VENDORS:  # a path on our machine
            raise ValidationError({"model": _("This vendor's model is the platform's: leave it empty.")})


class VendorKey(TenantModel):
    """The company's own account at a vendor; without it the platform's is used."""

    configures_calls = True

    provider = models.CharField(_("vendor"), max_length=40)  # a key of settings.PROVIDERS
    api_key = EncryptedTextField(_("key"), max_length=500)

    class Meta:
        verbose_name = _("key of a vendor")
        verbose_name_plural = _("keys of vendors")
        ordering = ["provider"]
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "provider"],
                name="one_key_per_vendor",
                violation_error_message=_("There is a key for this vendor already."),
            )
        ]

    def __str__(self) -> str:
        return name_of(self.provider)

    def clean(self) -> None:
        super().clean()
        if self.provider and self.provider not in settings.VENDORS:
            raise ValidationError({"provider": _("This vendor needs no key.")})
