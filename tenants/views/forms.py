"""The forms of these pages, as Unfold dresses fields."""

from __future__ import annotations

import math
from typing import Any

from axes.models import AccessAttempt
from django import forms
from django.conf import settings
from django.contrib.auth.forms import BaseUserCreationForm, PasswordResetForm, SetPasswordForm
from django.contrib.auth.models import User
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from unfold.forms import AuthenticationForm
from unfold.widgets import BASE_INPUT_CLASSES

from tenants.audit import address_of

RESETS_PER_HOUR = 5


class Dressed:
    """Unfold's looks for a form of Django."""

    fields: dict[str, forms.Field]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget.attrs["class"] = " ".join(BASE_INPUT_CLASSES)


class SignInForm(AuthenticationForm):
    """Name and password; whoever was wrong too often learns how long to wait."""

    error_messages = {
        **AuthenticationForm.error_messages,
        "invalid_login": _("The user name or the password is not right. Capitals and small letters differ."),
    }

    def get_invalid_login_error(self) -> ValidationError:
        if not getattr(self.request, "axes_locked_out", False):
            error: ValidationError = super().get_invalid_login_error()
            return error
        attempt = AccessAttempt.objects.filter(
            username=self.cleaned_data.get("username"), ip_address=address_of(self.request)
        ).first()
        since = attempt.attempt_time if attempt else timezone.now()
        left = (since + settings.AXES_COOLOFF_TIME - timezone.now()).total_seconds()
        return too_often(left, code="locked")


def too_often(seconds: float, *, code: str) -> ValidationError:
    """What somebody reads who must wait."""
    if seconds < 60:
        count = max(1, math.ceil(seconds))
        text = ngettext(
            "Too many attempts. Try again in %(count)d second.",
            "Too many attempts. Try again in %(count)d seconds.",
            count,
        )
    else:
        count = math.ceil(seconds / 60)
        text = ngettext(
            "Too many attempts. Try again in %(count)d minute.",
            "Too many attempts. Try again in %(count)d minutes.",
            count,
        )
    return ValidationError(text % {"count": count}, code=code)


class CodeForm(Dressed, forms.Form):
    token = forms.CharField(
        label=_("Code"),
        max_length=20,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "autofocus": True}),
    )


class JoinForm(Dressed, BaseUserCreationForm):  # type: ignore[type-arg]
    """Name and password of somebody new; the e-mail address is the name one signs in with."""

    first_name = forms.CharField(label=_("First name"), max_length=150)
    last_name = forms.CharField(label=_("Last name"), max_length=150)

    class Meta:
        model = User
        fields = ("first_name", "last_name")

    field_order = ("first_name", "last_name", "password1", "password2")


class NewPasswordForm(Dressed, SetPasswordForm):  # type: ignore[type-arg]
    """A new password after the old one was forgotten."""


class ForgottenForm(Dressed, PasswordResetForm):
    """To whom the link is sent. What it answers does not tell whether the address is known."""

    def __init__(self, *args: Any, address: str | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].label = capfirst(gettext("e-mail address"))
        self.address = address

    def clean(self) -> dict[str, Any]:
        """Nobody has others flooded with mail."""
        key = f"password-reset:{self.address}"
        cache.add(key, 0, 3600)
        if cache.incr(key) > RESETS_PER_HOUR:
            raise ValidationError(gettext("Too many attempts. Try again in an hour."), code="locked")
        return super().clean() or {}

    def send_mail(self, *args: Any, **kwargs: Any) -> None:
        """The link leads to SITE_URL, never to the host that a browser claims."""
        subject, text, context, *others = args
        path = reverse("admin:password_reset_confirm", args=[context["uid"], context["token"]])
        super().send_mail(subject, text, {**context, "link": settings.SITE_URL + path}, *others, **kwargs)
