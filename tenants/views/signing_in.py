"""The way in: password, second step, forgotten password."""

from __future__ import annotations

import time
from typing import Any, Final

from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.models import User
from django.contrib.auth.views import LoginView, PasswordResetConfirmView, PasswordResetView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse, reverse_lazy
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache

from tenants import two_factor
from tenants.audit import address_of
from tenants.views.forms import CodeForm, ForgottenForm, NewPasswordForm, SignInForm, too_often

#: In the session of somebody whose password was right and whose code is still awaited.
PENDING: Final = "awaits_second_step"
PENDING_SECONDS: Final = 600
FORM: Final = "admin/account/form.html"


class SignInView(LoginView):
    """Nobody is signed in before the second step, so that no session is half a one."""

    template_name = "admin/login.html"
    authentication_form = SignInForm

    def form_valid(self, form: Any) -> HttpResponse:
        user: Any = form.get_user()
        if two_factor.authenticator_of(user) is None:
            return super().form_valid(form)
        self.request.session[PENDING] = {
            "user": user.pk,
            "backend": user.backend,
            "password": user.get_session_auth_hash(),
            "next": self.get_success_url(),
            "until": time.time() + PENDING_SECONDS,
        }
        return redirect("admin:second_step")

    def form_invalid(self, form: Any) -> HttpResponse:
        response = super().form_invalid(form)
        if getattr(self.request, "axes_locked_out", False):
            response.status_code = 429
        return response


@never_cache
def second_step(request: HttpRequest, **context: Any) -> HttpResponse:
    """Ask for the code, and sign in."""
    pending = request.session.get(PENDING)
    user = User.objects.filter(pk=pending["user"], is_active=True).first() if pending else None
    if (
        pending is None
        or user is None
        or time.time() > pending["until"]
        or not constant_time_compare(user.get_session_auth_hash(), pending["password"])
    ):
        request.session.pop(PENDING, None)
        return redirect("admin:login")
    form = CodeForm(request.POST or None)
    if form.is_valid():
        verdict = two_factor.verify(user, form.cleaned_data["token"])
        if verdict.is_right:
            del request.session[PENDING]
            login(request, user, backend=pending["backend"])
            return redirect(pending["next"])
        form.add_error(
            "token",
            too_often(verdict.wait, code="locked")
            if verdict.wait > 2
            else _("This code is not right, or was used already. Wait for the next one."),
        )
    return TemplateResponse(
        request,
        FORM,
        {
            **context,
            "title": _("Second step"),
            "intro": _("Type the six digits that your app shows, or one of your recovery codes."),
            "form": form,
            "button": _("Sign in"),
            "link": reverse("admin:login"),
            "link_text": _("Back to the sign-in"),
        },
    )


class ForgottenView(PasswordResetView):
    template_name = FORM
    form_class = ForgottenForm
    email_template_name = "mail/password_reset.txt"
    html_email_template_name = "mail/password_reset.html"
    subject_template_name = "mail/password_reset_subject.txt"
    success_url = reverse_lazy("admin:login")
    title = gettext_lazy("Forgotten password")

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "address": address_of(self.request)}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            **kwargs,
            intro=_("Type your e-mail address. A link to choose a new password is sent to it."),
            button=_("Send the link"),
            link=reverse("admin:login"),
            link_text=_("Back to the sign-in"),
        )

    def form_valid(self, form: Any) -> HttpResponse:
        messages.success(
            self.request,
            _("If this address is known, a link is on its way. It works for four hours."),
        )
        return super().form_valid(form)


class NewPasswordView(PasswordResetConfirmView):
    template_name = FORM
    form_class = NewPasswordForm
    success_url = reverse_lazy("admin:login")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        if not context["validlink"]:
            context |= {
                "title": _("This link is no longer valid"),
                "button": None,
                "intro": _("It was used, or it is too old. Have another one sent."),
                "link": reverse("admin:admin_password_reset"),
                "link_text": _("Forgotten password"),
            }
        return {"button": _("Save the password"), **context}

    def form_valid(self, form: Any) -> HttpResponse:
        messages.success(self.request, _("Your password is changed. Sign in with it."))
        return super().form_valid(form)
