"""What a company's other software is told, and whether it arrived."""

from __future__ import annotations

import json
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext, gettext_noop, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RelatedDropdownFilter
from unfold.decorators import action, display
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from tenants import audit
from tenants.modeladmin import DaysFilter, TenantModelAdmin
from tenants.models import WebhookEndpoint, WebhookEvent, WebhookMessage
from tenants.roles import may
from tenants.webhooks import delivery, services

STATE_COLOURS = {
    WebhookMessage.State.PENDING: "info",
    WebhookMessage.State.DELIVERED: "success",
    WebhookMessage.State.DEAD: "danger",
}


class WebhookEndpointForm(forms.ModelForm):  # type: ignore[type-arg]
    events = forms.MultipleChoiceField(
        label=capfirst(_("events")),
        choices=lambda: [(value, f"{label} ({value})") for value, label in WebhookEvent.choices],
        widget=UnfoldAdminCheckboxSelectMultipleWidget(),
    )

    class Meta:
        model = WebhookEndpoint
        fields = ("name", "url", "events", "is_active")

    def save(self, commit: bool = True) -> Any:
        """Whoever switches it on again begins anew."""
        if self.instance.is_active and "is_active" in self.changed_data:
            self.instance.switched_off_at = self.instance.paused_until = None
            self.instance.failures = 0
        return super().save(commit)


@admin.register(WebhookEndpoint)
class WebhookEndpointAdmin(TenantModelAdmin):
    form = WebhookEndpointForm
    when_empty = _("Add the address of your CRM or help desk, and it learns of tickets and calls at once.")
    list_display = ("name", "url", "condition", "last_success_at")
    list_filter = ("is_active",)
    search_fields = ("name", "url")
    change_form_template = "admin/tenants/webhookendpoint/change_form.html"
    fieldsets = ((None, {"fields": (("name", "url"), "events", "is_active")}),)

    @display(
        description=_("state"),
        label={"on": "success", "waits": "warning", "off": "", "switched off": "danger"},
    )
    def condition(self, endpoint: WebhookEndpoint) -> tuple[str, str]:
        if endpoint.switched_off_at and not endpoint.is_active:
            return "switched off", gettext("switched off: nothing arrives")
        if not endpoint.is_active:
            return "off", gettext("off")
        if endpoint.failures:
            return "waits", gettext("does not answer: tried again")
        return "on", gettext("on")

    def get_urls(self) -> list[URLPattern]:
        views = {"secret": self.secret_view, "test": self.test_view}
        return [
            *(
                path(
                    f"<path:object_id>/{name}/",
                    self.admin_site.admin_view(require_POST(view)),
                    name=f"tenants_webhookendpoint_{name}",
                )
                for name, view in views.items()
            ),
            *super().get_urls(),
        ]

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Its deliveries go with a webhook, though nobody deletes one of them alone."""
        rows, counts, lacking, protected = super().get_deleted_objects(objs, request)
        return rows, counts, lacking - {WebhookMessage._meta.verbose_name}, protected

    def save_model(self, request: HttpRequest, obj: WebhookEndpoint, form: Any, change: bool) -> None:
        """Only what was changed: whoever delivers writes to the same row meanwhile."""
        begins_anew = {"switched_off_at", "paused_until", "failures"} if "is_active" in form.changed_data else set()
        obj.save(update_fields={*form.changed_data, *begins_anew} if change else None)

    def response_add(self, request: HttpRequest, obj: WebhookEndpoint, post_url_continue: str | None = None) -> Any:
        """The next thing to do is there: to copy the secret, and to send a test."""
        self.message_user(request, gettext("The webhook is ready. Show its secret, and send a test."))
        return redirect("admin:tenants_webhookendpoint_change", obj.pk)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        endpoint = self.get_object(request, unquote(object_id))
        context = dict(extra_context or {})
        if endpoint is not None and self.has_view_permission(request, endpoint):
            context["latest"] = endpoint.messages.all()[:5]
            context["given_up"] = endpoint.messages.filter(state=WebhookMessage.State.DEAD).count()
            context["wants_no_more"] = delivery.wants_no_more(endpoint)
        response: HttpResponse = super().change_view(request, object_id, form_url, context)
        return response

    def secret_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Show the secret; `renew` makes a new one first. Both are logged."""
        endpoint = self.row_for(request, object_id)
        message = gettext_noop("The secret was shown.")
        if "renew" in request.POST:
            services.rotate_secret(endpoint=endpoint)
            message = gettext_noop("The secret was renewed and shown.")
        audit.record(action=audit.Action.ACCESS, row=endpoint, request=request, detail=message)
        return TemplateResponse(
            request,
            "admin/tenants/webhookendpoint/secret.html",
            {
                **self.admin_site.each_context(request),
                "title": gettext("Secret of %(webhook)s") % {"webhook": endpoint},
                "opts": self.opts,
                "endpoint": endpoint,
                "overlaps": len(endpoint.secrets(timezone.now())) > 1,
            },
        )

    def test_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Send a test event, and show how that goes."""
        endpoint = self.row_for(request, object_id)
        if not endpoint.is_active:
            self.message_user(request, gettext("Switch the webhook on and save it first."), messages.WARNING)
            return redirect("admin:tenants_webhookendpoint_change", endpoint.pk)
        message = services.send_test(endpoint=endpoint)
        self.message_user(request, gettext("The test is on its way. Load this page again to see what came of it."))
        return redirect("admin:tenants_webhookmessage_change", message.pk)


@admin.register(WebhookMessage)
class WebhookMessageAdmin(TenantModelAdmin):
    """The log of deliveries; nobody writes it by hand."""

    when_empty = _("Each event that is sent to a webhook shows here, with the answer and the attempts.")
    list_display = ("event", "subject", "endpoint", "shown_state", "attempts", "created_at", "settled_at")
    list_select_related = ("endpoint",)
    list_filter = (
        ("state", ChoicesDropdownFilter),
        ("endpoint", RelatedDropdownFilter),
        ("created_at", DaysFilter),
    )
    search_fields = ("event", "subject")
    search_help_text = _("Event, or what it is about, such as ticket:12")
    actions = ("resend",)
    change_form_template = "admin/tenants/webhookmessage/change_form.html"

    @display(description=_("state"), ordering="state", label=STATE_COLOURS)
    def shown_state(self, message: WebhookMessage) -> tuple[str, str]:
        return message.state, message.get_state_display()

    def has_resend_permission(self, request: HttpRequest, obj: WebhookMessage | None = None) -> bool:
        """Whoever may change a webhook may have its messages sent again."""
        return may(request, "change", WebhookEndpoint)

    @action(description=_("Send again"), permissions=["resend"])
    def resend(self, request: HttpRequest, queryset: QuerySet[WebhookMessage]) -> None:
        self._report(request, services.resend(messages=queryset))

    def _report(self, request: HttpRequest, count: int) -> None:
        if count:
            text = ngettext("%d delivery is on its way again.", "%d deliveries are on their way again.", count)
            self.message_user(request, text % count, messages.SUCCESS)
        else:
            why = gettext("Nothing to send again: it waits already, or its webhook is switched off.")
            self.message_user(request, why, messages.WARNING)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(require_POST(self.resend_view))
        return [path("<path:object_id>/resend/", view, name="tenants_webhookmessage_resend"), *super().get_urls()]

    def resend_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        message = self.row_for(request, object_id, "resend")
        self._report(request, services.resend(messages=[message]))
        return redirect(reverse("admin:tenants_webhookmessage_change", args=[message.pk]))

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        message = self.get_object(request, unquote(object_id))
        context = dict(extra_context or {})
        if message is not None and self.has_view_permission(request, message):
            context |= {
                "log": message.log.all(),
                "content": json.dumps(json.loads(message.body), indent=2, ensure_ascii=False),
                "state_colour": STATE_COLOURS[WebhookMessage.State(message.state)],
                "may_resend": message.state != WebhookMessage.State.PENDING and self.has_resend_permission(request),
            }
        response: HttpResponse = super().change_view(request, object_id, form_url, context)
        return response
