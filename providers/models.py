"""What vendors charge. Platform data: no tenant owns a price."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Price(models.Model):
    """A vendor's list price, valid from a day on until a newer row."""

    class Unit(models.TextChoices):
        AUDIO_MINUTE = "audio_minute", _("minute of audio")
        THOUSAND_CHARACTERS = "thousand_characters", _("1,000 characters")
        MILLION_INPUT_TOKENS = "million_input_tokens", _("million input tokens")
        MILLION_CACHED_TOKENS = "million_cached_tokens", _("million cached input tokens")
        MILLION_OUTPUT_TOKENS = "million_output_tokens", _("million output tokens")

    provider = models.CharField(_("provider"), max_length=40)
    model = models.CharField(_("model"), max_length=80)
    unit = models.CharField(_("unit"), max_length=25, choices=Unit)
    amount = models.DecimalField(_("price"), max_digits=12, decimal_places=6)
    currency = models.CharField(_("currency"), max_length=3, default="USD")
    valid_from = models.DateField(_("valid from"))
    source = models.CharField(_("source"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("price")
        verbose_name_plural = _("prices")
        ordering = ["provider", "model", "unit", "-valid_from"]
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "model", "unit", "valid_from"], name="one_price_per_unit_and_day"
            )
        ]

    def __str__(self) -> str:
        return f"{self.provider} {self.model} {self.get_unit_display()}"


class ExchangeRate(models.Model):
    """How many euros one unit of a currency is worth, from a day on."""

    currency = models.CharField(_("currency"), max_length=3)
    euros = models.DecimalField(_("euros"), max_digits=12, decimal_places=6)
    valid_from = models.DateField(_("valid from"))

    class Meta:
        verbose_name = _("exchange rate")
        verbose_name_plural = _("exchange rates")
        ordering = ["currency", "-valid_from"]
        constraints = [models.UniqueConstraint(fields=["currency", "valid_from"], name="one_rate_per_day")]

    def __str__(self) -> str:
        return f"1 {self.currency} = {self.euros} €"
