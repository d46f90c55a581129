"""Pages about oneself: sessions, second step, and who may do what."""

from __future__ import annotations

from textwrap import wrap
from typing import Any

from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext
from django.views.decorators.cache import never_cache

from tenants import audit, people, sessions, two_factor
from tenants.models import Membership
from tenants.roles import COLUMNS, table
from tenants.views.forms import CodeForm, JoinForm, too_often
from tenants.views.signing_in import FORM

TURNED_ON = gettext_noop("Set up the two-step sign-in.")
TURNED_OFF = gettext_noop("Turned the two-step sign-in off.")


@never_cache
def security(request: HttpRequest, **context: Any) -> HttpResponse:
    """Browsers that one is signed in with, the password, and the second step."""
    user: Any = request.user
    mine, this = sessions.sign_ins_of(user), request.session.session_key
    if request.method == "POST":
        return _secure(request, user, context)
    return TemplateResponse(
        request,
        "admin/account/security.html",
        {
            **context,
            "title": _("Sign-in and security"),
            "sign_ins": [
                (row, sessions.device(row.user_agent), row.session_key == this, sessions.is_here(row)) for row in mine
            ],
            "authenticator": two_factor.authenticator_of(user),
            "is_required": _requires(user),
        },
    )


def _requires(user: User) -> bool:
    return Membership.objects.filter(user=user, tenant__requires_two_factor=True).exists()


def _secure(request: HttpRequest, user: User, context: dict[str, Any]) -> HttpResponse:
    others = sessions.sign_ins_of(user).exclude(session_key=request.session.session_key)
    match request.POST.get("do", ""):
        case "end":
            key = request.POST.get("sign_in", "")
            sessions.end(others.filter(pk=int(key)) if key.isdecimal() else others.none())
        case "end_others":
            count = sessions.end(others)
            messages.success(
                request,
                ngettext("%(count)d browser was signed out.", "%(count)d browsers were signed out.", count)
                % {"count": count},
            )
        case "turn_off" | "renew" as what:
            return _change_second_step(request, user, what, context)
    return redirect("admin:security")


def _change_second_step(request: HttpRequest, user: User, what: str, context: dict[str, Any]) -> HttpResponse:
    """Only whoever shows a code: an open browser is not enough."""
    if what == "turn_off" and _requires(user):
        messages.error(request, _("Your company asks for the two-step sign-in."))
    elif not two_factor.verify(user, request.POST.get("token", "")).is_right:
        messages.error(request, _("This code is not right, or was used already. Wait for the next one."))
    elif what == "turn_off":
        two_factor.remove(user)
        audit.record(action=audit.Action.ACCESS, row=user, request=request, detail=TURNED_OFF)
        messages.success(request, _("The two-step sign-in is off."))
    else:
        return _show_codes(request, two_factor.renew_codes(user), context)
    return redirect("admin:security")


def _show_codes(request: HttpRequest, codes: list[str], context: dict[str, Any]) -> HttpResponse:
    context |= {"title": _("Your recovery codes"), "codes": codes}
    return TemplateResponse(
        request, "admin/account/codes.html", context, headers={"Cache-Control": "private, no-store"}
    )


@never_cache
def set_up(request: HttpRequest, **context: Any) -> HttpResponse:
    """Scan, type the first code, keep the recovery codes."""
    user: Any = request.user
    if not user.is_authenticated:
        return redirect("admin:login")
    if two_factor.authenticator_of(user):
        return redirect("admin:security")
    authenticator = two_factor.begin(user)
    form = CodeForm(request.POST or None)
    if form.is_valid():
        verdict, codes = two_factor.confirm(user, form.cleaned_data["token"])
        if verdict.is_right:
            for membership in Membership.objects.select_related("tenant", "user").filter(user=user):
                audit.record(action=audit.Action.ACCESS, row=membership, request=request, detail=TURNED_ON)
            return _show_codes(request, codes, context)
        wrong = _("This code is not right. Wait for the next one; your telephone must show the right time.")
        form.add_error("token", too_often(verdict.wait, code="locked") if verdict.wait > 2 else wrong)
    return TemplateResponse(
        request,
        "admin/account/set_up.html",
        {
            **context,
            "title": _("Two-step sign-in"),
            "form": form,
            "qr_code": two_factor.qr_code(authenticator),
            "key": " ".join(wrap(two_factor.key_of(authenticator), 4)),
            "may_sign_out": True,
            "is_required": _requires(user) or getattr(request, "lacks_second_step", False),
        },
    )


@never_cache
def invitation(request: HttpRequest, token: str, **context: Any) -> HttpResponse:
    """Join the company that the link is from: new people with a name and a password, others signed in."""
    found = people.invitation_of(token)
    context |= {"title": _("This link is no longer valid"), "button": None}
    if found is None:
        context["intro"] = _("It was used, replaced or withdrawn, or it is too old. Ask for another invitation.")
        context |= {"link": reverse("admin:login"), "link_text": _("Sign in")}
        return TemplateResponse(request, FORM, context, status=404)
    words = {"company": found.tenant.name, "role": found.get_role_display(), "email": found.email}
    context |= {"title": _("Join %(company)s") % words, "link": None}
    known = people.known_people(found.email)
    user: Any = request.user
    if user.is_authenticated:
        return _join_as(request, found, user, known.filter(pk=user.pk).exists(), context, words)
    if known.exists():
        context["intro"] = _("You have an account already. Sign in as %(email)s to join as %(role)s.") % words
        context |= {"link": f"{reverse('admin:login')}?next={request.path}", "link_text": _("Sign in")}
        return TemplateResponse(request, FORM, context)
    form = JoinForm(request.POST or None)
    form.instance.username = form.instance.email = found.email
    if form.is_valid():
        try:
            with transaction.atomic():
                newcomer = form.save()
                people.accept(invitation=found, user=newcomer, request=request)
        except ValidationError:  # somebody was faster; the page says so
            return redirect(request.path)
        login(request, newcomer, backend="django.contrib.auth.backends.ModelBackend")
        return redirect("admin:index")
    context |= {"form": form, "button": _("Join")}
    context["intro"] = _("You were invited as %(role)s. You will sign in with %(email)s.") % words
    return TemplateResponse(request, FORM, context)


def _join_as(
    request: HttpRequest, found: Any, user: User, is_meant: bool, context: dict[str, Any], words: dict[str, str]
) -> HttpResponse:
    if not is_meant:
        context["intro"] = _(
            "This invitation is for %(email)s, and you are signed in as %(user)s. Sign out, and open it again."
        ) % {**words, "user": user.get_username()}
        context["may_sign_out"] = True
        return TemplateResponse(request, FORM, context, status=403)
    if request.method == "POST":
        try:
            people.accept(invitation=found, user=user, request=request)
        except ValidationError:
            return redirect(request.path)
        messages.success(request, _("You have joined %(company)s.") % words)
        return redirect("admin:index")
    context |= {"form": None, "button": _("Join")}
    context["intro"] = _("You were invited as %(role)s. Do you want to join?") % words
    return TemplateResponse(request, FORM, context)


def rights(request: HttpRequest, **context: Any) -> HttpResponse:
    """Who may do what, as the table of rights has it."""
    return TemplateResponse(
        request,
        "admin/account/rights.html",
        {**context, "title": _("Who may do what"), "roles": [role.label for role in COLUMNS], "rows": table()},
    )
