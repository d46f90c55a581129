"""What is done to several tickets at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from django import forms
from django.contrib import admin, messages
from django.contrib.admin import AdminSite
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.forms import ActionForm
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from tenants.models import Severity
from tenants.scope import current_tenant
from tickets import services
from tickets.models import Ticket

MOST: Final = 500
SHOWN: Final = 10
CSRF: Final = "csrfmiddlewaretoken"
_CLASS = "group-[.changelist-actions]:!bg-white/20 group-[.changelist-actions]:!text-white"


def _shown_for(action: str) -> dict[str, str]:
    return {"x-show": f"action === '{action}'", "class": _CLASS}


CHOOSE: Final = ("", _("choose …"))
NOBODY: Final = "nobody"


class TicketActionForm(ActionForm):
    """The action, and what it needs: Unfold knows which is chosen as `action`."""

    assignee = forms.ChoiceField(
        required=False,
        label="",
        widget=UnfoldAdminSelectWidget({**_shown_for("assign"), "aria-label": _("Assigned to")}),
    )
    severity = forms.ChoiceField(
        choices=[CHOOSE, *Severity.choices],
        required=False,
        label="",
        widget=UnfoldAdminSelectWidget({**_shown_for("set_severity"), "aria-label": _("Severity")}),
    )
    tag = forms.CharField(
        max_length=40,
        required=False,
        label="",
        widget=UnfoldAdminTextInputWidget(
            {**_shown_for("set_tag"), "aria-label": _("Tag"), "placeholder": _("Tag; empty takes it away")}
        ),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["assignee"]
        people = [(str(user.pk), str(user)) for user in _colleagues().order_by("username")]
        field.choices = [CHOOSE, (NOBODY, _("nobody")), *people]


def _colleagues() -> QuerySet[User]:
    return User.objects.filter(memberships__tenant=current_tenant())


def _each(request: HttpRequest, tickets: QuerySet[Ticket], verb: Callable[..., object], **values: Any) -> None:
    """Apply a verb to each, which is logged; what it refuses is left, and counted."""
    if tickets.count() > MOST:
        text = _("These are more than %d tickets: choose fewer. Nothing was changed.")
        messages.error(request, text % MOST)
        return
    done, refused = 0, 0
    for ticket in tickets.order_by("pk"):
        try:
            verb(ticket=ticket, actor=request.user, **values)
        except ValidationError:
            refused += 1
        else:
            done += 1
    if done:
        messages.success(request, ngettext("%d ticket was changed.", "%d tickets were changed.", done) % done)
    if refused:
        messages.warning(
            request,
            ngettext(
                "%d ticket was left as it is: its status does not allow this.",
                "%d tickets were left as they are: their status does not allow this.",
                refused,
            )
            % refused,
        )


class TicketActions:
    """Actions of the list; each needs the right to change tickets. Those that overwrite a value of several ask."""

    admin_site: AdminSite
    opts: Any

    action_form = TicketActionForm
    actions = ("assign_to_me", "assign", "resolve", "wait", "reopen", "set_severity", "set_tag")

    @admin.action(description=_("Assign to me"), permissions=["change"])
    def assign_to_me(self, request: HttpRequest, tickets: QuerySet[Ticket]) -> None:
        _each(request, tickets, services.assign, assignee=request.user)

    @admin.action(description=_("Assign to …"), permissions=["change"])
    def assign(self, request: HttpRequest, tickets: QuerySet[Ticket]) -> HttpResponse | None:
        chosen = _chosen(request)["assignee"]
        if not chosen:
            messages.error(request, _("Choose beside the action who gets them. Nothing was changed."))
            return None
        assignee = None if chosen == NOBODY else _colleagues().get(pk=chosen)
        question = _("Assign to: %s") % (assignee or _("nobody"))
        if (page := self._ask(request, tickets, question)) is None:
            _each(request, tickets, services.assign, assignee=assignee)
        return page

    @admin.action(description=_("Resolve"), permissions=["change"])
    def resolve(self, request: HttpRequest, tickets: QuerySet[Ticket]) -> None:
        _each(request, tickets, services.resolve)

    @admin.action(description=_("Wait for the customer"), permissions=["change"])
    def wait(self, request: HttpRequest, tickets: QuerySet[Ticket]) -> None:
        _each(request, tickets, services.wait)

    @admin.action(description=_("Reopen"), permissions=["change"])
    def reopen(self, request: HttpRequest, tickets: QuerySet[Ticket]) -> None:
        _each(request, tickets, services.reopen)

    @admin.action(description=_("Set severity …"), permissions=["change"])
    def set_severity(self, request: HttpRequest, tickets: QuerySet[Ticket]) -> HttpResponse | None:
        severity = _chosen(request)["severity"]
        if not severity:
            messages.error(request, _("Choose the severity beside the action. Nothing was changed."))
            return None
        question = _("Severity: %s") % Severity(severity).label
        if (page := self._ask(request, tickets, question)) is None:
            _each(request, tickets, services.update, severity=severity)
        return page

    @admin.action(description=_("Set tag …"), permissions=["change"])
    def set_tag(self, request: HttpRequest, tickets: QuerySet[Ticket]) -> HttpResponse | None:
        tag = _chosen(request)["tag"].strip()
        question = _("Tag: %s") % (tag or "–")
        if (page := self._ask(request, tickets, question)) is None:
            _each(request, tickets, services.update, tag=tag)
        return page

    def _ask(self, request: HttpRequest, tickets: QuerySet[Ticket], change: str) -> HttpResponse | None:
        """A page that tells how many lose the value they have; None for a single one, or once that was confirmed."""
        count = tickets.count()
        if count < 2 or count > MOST or "confirmed" in request.POST:
            return None
        context = {
            **self.admin_site.each_context(request),
            "title": change,
            "opts": self.opts,
            "change": change,
            "count": count,
            "tickets": tickets.order_by("pk")[:SHOWN],
            "posted": [(name, value) for name, values in request.POST.lists() for value in values if name != CSRF],
        }
        return TemplateResponse(request, "admin/tickets/ticket/several.html", context)


def _chosen(request: HttpRequest) -> dict[str, str]:
    """What was chosen beside the action: Django has validated the form, and does not hand it over."""
    form = TicketActionForm(request.POST)
    del form.fields["action"]
    form.is_valid()
    return {name: form.cleaned_data.get(name, "") for name in form.fields}
