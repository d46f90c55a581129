"""What is done to several tickets at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.forms import ActionForm
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from tenants.models import Severity
from tenants.scope import current_tenant
from tickets import services
from tickets.models import Ticket

MOST: Final = 500
_CLASS = "group-[.changelist-actions]:!bg-white/20 group-[.changelist-actions]:!text-white"


def _shown_for(action: str) -> dict[str, str]:
    return {"x-show": f"action === '{action}'", "class": _CLASS}


class TicketActionForm(ActionForm):
    """The action, and what it needs: Unfold knows which is chosen as `action`."""

    assignee = forms.ModelChoiceField(
        User.objects.none(),
        required=False,
        label="",
        empty_label=_("nobody"),
        widget=UnfoldAdminSelectWidget({**_shown_for("assign"), "aria-label": _("Assigned to")}),
    )
    severity = forms.ChoiceField(
        choices=Severity.choices,
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
        field.queryset = User.objects.filter(memberships__tenant=current_tenant()).order_by("username")


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
    """Actions of the list; each needs the right to change tickets."""

    action_form = TicketActionForm
    actions = ("assign_to_me", "assign", "resolve", "wait", "reopen", "set_severity", "set_tag")

    @admin.action(description=_("Assign to me"), permissions=["change"])
    def assign_to_me(self, request: HttpRequest, tickets: QuerySet[Ticket]) -> None:
        _each(request, tickets, services.assign, assignee=request.user)

    @admin.action(description=_("Assign to …"), permissions=["change"])
    def assign(self, request: HttpRequest, tickets: QuerySet[Ticket]) -> None:
        _each(request, tickets, services.assign, assignee=_chosen(request)["assignee"])

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
    def set_severity(self, request: HttpRequest, tickets: QuerySet[Ticket]) -> None:
        if severity := _chosen(request)["severity"]:
            _each(request, tickets, services.update, severity=severity)
        else:
            messages.error(request, _("Choose the severity beside the action. Nothing was changed."))

    @admin.action(description=_("Set tag …"), permissions=["change"])
    def set_tag(self, request: HttpRequest, tickets: QuerySet[Ticket]) -> None:
        _each(request, tickets, services.update, tag=_chosen(request)["tag"].strip())


def _chosen(request: HttpRequest) -> dict[str, Any]:
    """What was chosen beside the action: Django has validated the form, and does not hand it over."""
    form = TicketActionForm(request.POST)
    del form.fields["action"]
    form.is_valid()
    chosen: dict[str, Any] = form.cleaned_data
    return chosen
