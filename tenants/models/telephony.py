"""Where calls come from, and where they may be handed over to."""

from __future__ import annotations

import hashlib
import ipaddress
import re
import secrets
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from tenants.fields import EncryptedTextField
from tenants.scope import EVERYONE, TenantModel, acting_for


def validate_network(value: str) -> None:
    try:
        network = ipaddress.ip_network(value)
    except ValueError:
        network = None
    # Callers that a socket shows as ::ffff:203.0.113.7 are looked up as IPv4.
    if network is None or getattr(network.network_address, "ipv4_mapped", None):
        raise ValidationError(
            _("%(value)s is not a network: write an address such as 203.0.113.7, or a range such as 203.0.113.0/28."),
            params={"value": value},
        )


def validate_host(value: str) -> None:
    """An address, or a name that a resolver takes: labels of 1 to 63 letters, digits and hyphens."""
    try:
        ipaddress.ip_address(value)
    except ValueError:
        if not re.fullmatch(r"(?!-)[A-Za-z0-9_-]{1,63}(?<!-)(\.(?!-)[A-Za-z0-9_-]{1,63}(?<!-))*\.?", value):
            raise ValidationError(
                _("%(value)s is neither a host name nor an address: write pbx.example.com or 203.0.113.7."),
                params={"value": value},
            ) from None


def new_token() -> str:
    return secrets.token_urlsafe(32)


def digest_token(token: str) -> str:
    """What a token is found by; it has 256 random bits, so a plain hash keeps it secret."""
    return hashlib.sha256(token.encode()).hexdigest()


class AsteriskServer(TenantModel):
    """An Asterisk that may hand us calls, known by the address it calls from."""

    name = models.CharField(_("name"), max_length=100)
    network = models.CharField(
        _("network"),
        max_length=43,
        validators=[validate_network],
        help_text=_("The address, or range in CIDR notation, that its calls come from."),
    )
    is_active = models.BooleanField(_("active"), default=True)
    require_announcement = models.BooleanField(
        _("announced calls only"),
        default=False,
        help_text=_("Refuse a call that the dialplan did not announce over HTTP first."),
    )
    is_shared = models.BooleanField(
        _("shared Asterisk"),
        default=False,
        help_text=_(
            "Several companies' calls come from this network. Each has its own server here; whoever announced "
            "a call has it, and a call that nobody announced is refused."
        ),
    )
    token = EncryptedTextField(
        _("token"), default=new_token, editable=False, help_text=_("What the dialplan shows when it announces a call.")
    )
    token_digest = models.CharField(max_length=64, unique=True, editable=False)  # to find the server by its token
    ami_host = models.CharField(_("AMI host"), max_length=255, blank=True, validators=[validate_host])
    ami_port = models.PositiveIntegerField(
        _("AMI port"), default=5038, validators=[MinValueValidator(1), MaxValueValidator(65535)]
    )
    ami_user = models.CharField(_("AMI user"), max_length=100, blank=True)
    ami_secret = EncryptedTextField(_("AMI secret"), blank=True)
    version = models.CharField(
        _("version of Asterisk"),
        max_length=40,
        blank=True,
        help_text=_("As “asterisk -V” says, such as 22.10.1. The self-test finds it by itself."),
    )
    # Of the last call that its dialplan announced, to the minute.
    announced_at = models.DateTimeField(_("last announcement"), null=True, editable=False)
    announced_from = models.GenericIPAddressField(_("announced from"), null=True, editable=False)

    class Meta:
        verbose_name = _("Asterisk server")
        verbose_name_plural = _("Asterisk servers")
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["tenant", "name"], name="one_server_name_per_tenant")]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.token_digest = digest_token(self.token)
        super().save(*args, **kwargs)

    def clean(self) -> None:
        """An address leads to one tenant: networks of two tenants never overlap."""
        super().clean()
        try:
            mine = ipaddress.ip_network(self.network)
        except ValueError:
            return  # the field's own validator has said so
        with acting_for(EVERYONE):
            others = AsteriskServer.objects.exclude(tenant_id=self.tenant_id or 0)
            if self.is_shared:  # between shared ones the announcement decides
                others = others.exclude(is_shared=True)
            networks = others.values_list("network", flat=True)
            taken = any(
                mine.overlaps(network)
                for other in networks
                if (network := ipaddress.ip_network(other)).version == mine.version
            )
        if taken:
            raise ValidationError({"network": _("This network is not available. Narrow it to your own addresses.")})


class TransferTarget(TenantModel):
    """Where a call may be handed over: an extension of the dialplan's [transfer] context."""

    configures_calls = True

    name = models.CharField(_("name"), max_length=100)
    extension = models.CharField(
        _("extension"), max_length=40, validators=[RegexValidator(r"^[0-9a-z]+$", _("Only digits and small letters."))]
    )
    position = models.PositiveIntegerField(_("order"), default=0)
    is_active = models.BooleanField(_("active"), default=True)
    is_on_call = models.BooleanField(
        _("on call"), default=False, help_text=_("Also takes calls outside the company's opening hours.")
    )
    takes_overflow = models.BooleanField(
        _("takes the overflow"),
        default=False,
        help_text=_("A queue, for example: takes callers for whom no line is left. Without one they are called back."),
    )
    max_transfers = models.PositiveIntegerField(
        _("most transfers"), default=0, help_text=_("Within the minutes beside; 0: no limit.")
    )
    per_minutes = models.PositiveIntegerField(
        _("within minutes"), default=60, validators=[MinValueValidator(1), MaxValueValidator(1440)]
    )

    class Meta:
        verbose_name = _("transfer target")
        verbose_name_plural = _("transfer targets")
        ordering = ["position", "pk"]
        constraints = [models.UniqueConstraint(fields=["tenant", "extension"], name="one_target_per_extension")]

    def __str__(self) -> str:
        return f"{self.name} ({self.extension})"
