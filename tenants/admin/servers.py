"""Asterisk servers, and the dialplan that connects each of them."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.conf import settings
from django.contrib import admin
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST
from unfold.decorators import display
from unfold.widgets import UnfoldAdminPasswordToggleWidget

from telephony.dialplan import dialplan
from tenants.modeladmin import TenantModelAdmin
from tenants.models import AsteriskServer, TransferTarget, new_token

MASK = "•" * 12


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
            "ami_host",
            "ami_port",
            "ami_user",
            "ami_secret",
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
    list_display = ("name", "network", "is_active", "announced_only", "ami")
    list_filter = ("is_active",)
    search_fields = ("name", "network", "ami_host")
    change_form_template = "admin/tenants/asteriskserver/change_form.html"
    fieldsets = (
        (None, {"fields": (("name", "network"), ("is_active", "require_announcement"))}),
        (
            _("Asterisk Manager Interface (AMI)"),
            {
                "fields": (("ami_host", "ami_port"), ("ami_user", "ami_secret")),
                "description": _("Optional: to look up the caller's number and to hand calls over."),
            },
        ),
    )

    @display(description=_("announced calls only"), boolean=True)
    def announced_only(self, server: AsteriskServer) -> bool:
        return server.require_announcement

    @display(description=_("AMI"))
    def ami(self, server: AsteriskServer) -> str:
        return f"{server.ami_host}:{server.ami_port}" if server.ami_host else "–"

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(require_POST(self.token_view))
        return [path("<path:object_id>/token/", view, name="tenants_asteriskserver_token"), *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        server = self.get_object(request, unquote(object_id))
        context = dict(extra_context or {})
        if server is not None and self.has_view_permission(request, server):
            text, problem = self._dialplan(server)
            context |= {"dialplan": text.replace(server.token, MASK), "dialplan_problem": problem}
        response: HttpResponse = super().change_view(request, object_id, form_url, context)
        return response

    def token_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Show the token and the complete dialplan; `renew` makes a new token first. Both are logged."""
        server = self.get_object(request, unquote(object_id))
        if server is None:
            raise Http404
        if not self.has_change_permission(request, server):
            raise PermissionDenied
        message = "The token was shown."
        if "renew" in request.POST:
            server.token = new_token()
            server.save(update_fields=["token", "token_digest"])
            message = "The token was renewed and shown."
        LogEntry.objects.log_actions(cast(int, request.user.pk), [server], CHANGE, message, single_object=True)
        text, problem = self._dialplan(server)
        return TemplateResponse(
            request,
            "admin/tenants/asteriskserver/token.html",
            {
                **self.admin_site.each_context(request),
                "title": gettext("Connect %(server)s") % {"server": server},
                "opts": self.opts,
                "server": server,
                "dialplan": text,
                "dialplan_problem": problem,
            },
        )

    def _dialplan(self, server: AsteriskServer) -> tuple[str, str]:
        """(text, why there is none); one of them is empty."""
        targets = list(TransferTarget.objects.filter(tenant=server.tenant_id, is_active=True))
        if not targets:
            return "", gettext("Add a transfer target first: a person must take the call when the bot cannot.")
        try:
            return dialplan(server, targets, site_url=settings.SITE_URL), ""
        except ValueError as error:
            return "", str(error)
