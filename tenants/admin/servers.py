"""Asterisk servers, and the dialplan that connects each of them."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.text import capfirst
from django.utils.translation import gettext, gettext_noop
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST
from unfold.decorators import display
from unfold.widgets import UnfoldAdminPasswordToggleWidget

from calls import selftest
from calls.tasks import test_connection
from telephony import faults
from telephony.connection import DEFAULT_USER, firewall, manager_conf
from telephony.dialplan import dialplan
from tenants import audit
from tenants.admin.selftest import as_text, lines
from tenants.modeladmin import TenantModelAdmin
from tenants.models import AsteriskServer, TransferTarget, new_token

MASK = "•" * 12
TESTED = gettext_noop("Tested the connection.")


class AsteriskServerForm(forms.ModelForm):  # type: ignore[type-arg]
    """The AMI secret goes in and never comes out."""

    ami_secret = forms.CharField(
        label=capfirst(_("AMI secret")),
        required=False,
        strip=False,
        widget=UnfoldAdminPasswordToggleWidget(attrs={"autocomplete": "new-password"}),
        help_text=_("Left empty, the stored one stays."),
    )

    class Meta:
        model = AsteriskServer
        fields = (
            "name",
            "network",
            "is_active",
            "require_announcement",
            "is_shared",
            "ami_host",
            "ami_port",
            "ami_user",
            "ami_secret",
            "version",
        )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["ami_secret"] = ""

    def clean_ami_secret(self) -> str:
        written: str = self.cleaned_data["ami_secret"]
        return written or self.instance.ami_secret


@admin.register(AsteriskServer)
class AsteriskServerAdmin(TenantModelAdmin):
    form = AsteriskServerForm
    when_empty = _("The bot takes calls from your Asterisk: add the server that they come from.")
    list_display = ("name", "network", "is_active", "announced_only", "ami", "last_announcement")
    list_filter = ("is_active",)
    search_fields = ("name", "network", "ami_host")
    change_form_template = "admin/tenants/asteriskserver/change_form.html"
    fieldsets = (
        (None, {"fields": (("name", "network"), ("is_active", "require_announcement"), ("is_shared", "version"))}),
        (
            _("Asterisk Manager Interface (AMI)"),
            {
                "fields": (("ami_host", "ami_port"), ("ami_user", "ami_secret")),
                "description": _(
                    "Optional: to look up the caller's number, to hand calls over, and for the self-test."
                ),
            },
        ),
    )

    @display(description=_("announced calls only"), boolean=True)
    def announced_only(self, server: AsteriskServer) -> bool:
        return server.require_announcement

    @display(description=_("AMI"))
    def ami(self, server: AsteriskServer) -> str:
        return f"{server.ami_host}:{server.ami_port}" if server.ami_host else "–"

    @display(description=_("last announcement"))
    def last_announcement(self, server: AsteriskServer) -> Any:
        return server.announced_at or "–"

    def get_urls(self) -> list[URLPattern]:
        pages = {"token": require_POST(self.token_view), "test": self.test_view, "test/steps": self.steps_view}
        return [
            *(
                path(
                    f"<path:object_id>/{page}/",
                    self.admin_site.admin_view(view),
                    name=f"tenants_asteriskserver_{page.replace('/', '_')}",
                )
                for page, view in pages.items()
            ),
            *super().get_urls(),
        ]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        server = self.get_object(request, unquote(object_id))
        context = dict(extra_context or {})
        if server is not None and self.has_view_permission(request, server):
            context |= self._connection(server, masked=True)
        response: HttpResponse = super().change_view(request, object_id, form_url, context)
        return response

    def token_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Show token, dialplan and manager.conf; `renew` makes a new token (1) or AMI secret (ami). All is logged."""
        server = self.row_for(request, object_id)
        message = gettext_noop("The token was shown.")
        if request.POST.get("renew") == "ami":
            server.ami_user, server.ami_secret = server.ami_user or DEFAULT_USER, new_token()
            server.save(update_fields=["ami_user", "ami_secret"])
            message = gettext_noop("The AMI secret was made anew and shown, and the token with it.")
        elif "renew" in request.POST:
            server.token = new_token()
            server.save(update_fields=["token", "token_digest"])
            message = gettext_noop("The token was renewed and shown.")
        audit.record(action=audit.Action.ACCESS, row=server, request=request, detail=message)
        return TemplateResponse(
            request,
            "admin/tenants/asteriskserver/token.html",
            {
                **self.admin_site.each_context(request),
                "title": gettext("Connect %(server)s") % {"server": server},
                "opts": self.opts,
                "server": server,
                **self._connection(server, masked=False),
            },
        )

    def test_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The last self-test, which goes on while one looks. POST: make one, out of sight."""
        server = self.row_for(request, object_id)
        if request.method == "POST":
            try:
                test = selftest.begin(server=server)
            except selftest.NotNow:
                text = gettext("A self-test is going on, or there were many within the hour: wait a little.")
                messages.warning(request, text)
            else:
                test_connection.delay_on_commit(tenant_id=server.tenant_id, test_id=test.pk)
                audit.record(action=audit.Action.DO, row=server, request=request, detail=TESTED)
            return redirect("admin:tenants_asteriskserver_test", server.pk)
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("Self-test of %(server)s") % {"server": server},
            "opts": self.opts,
            **_test_context(server),
        }
        return TemplateResponse(request, "admin/tenants/asteriskserver/test.html", context)

    def steps_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The steps alone, asked for again and again while the test goes on."""
        server = self.row_for(request, object_id)
        return TemplateResponse(request, "admin/tenants/asteriskserver/steps.html", _test_context(server))

    def _connection(self, server: AsteriskServer, *, masked: bool) -> dict[str, Any]:
        """What the telephony engineer copies, and what is known of this Asterisk."""
        text, problem = self._dialplan(server)
        try:
            manager, manager_problem = manager_conf(server), ""
        except ValueError as error:
            manager, manager_problem = "", str(error)
        if masked:
            text = text.replace(server.token, MASK)
            manager = manager.replace(f"secret = {server.ami_secret}\n", f"secret = {MASK}\n")
        version = faults.parse(server.version)
        return {
            "dialplan": text,
            "dialplan_problem": problem,
            "manager_conf": manager,
            "manager_conf_problem": manager_problem,
            "firewall": firewall(server),
            "our_address_is_unknown": not settings.OUTGOING_ADDRESSES,
            "faults": faults.faults(version) if version else [],
            "knows_version": version is not None,
        }

    def _dialplan(self, server: AsteriskServer) -> tuple[str, str]:
        """(text, why there is none); one of them is empty."""
        targets = list(TransferTarget.objects.filter(tenant=server.tenant_id, is_active=True))
        if not targets:
            return "", gettext("Add a transfer target first: a person must take the call when the bot cannot.")
        try:
            return dialplan(server, targets, site_url=settings.SITE_URL), ""
        except ValueError as error:
            return "", str(error)


def _test_context(server: AsteriskServer) -> dict[str, Any]:
    test = server.tests.first()
    found = lines(test) if test else []
    return {
        "server": server,
        "test": test,
        "steps": found,
        "report": as_text(test, found) if test else "",
        "has_worries": any(line.remedy for line in found),
    }
