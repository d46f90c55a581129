"""Keys of the API: what each may do, and the one moment in which it is shown."""

from __future__ import annotations

from datetime import time, timedelta
from typing import Any, Final

from django import forms
from django.contrib import admin
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext, gettext_noop
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST
from unfold.decorators import display
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget, UnfoldAdminSplitDateTimeWidget

from tenants import audit
from tenants.modeladmin import TenantModelAdmin
from tenants.models import SCOPES, ApiKey

#: How long the key before a renewal works on, by what the form posts.
OVERLAPS: Final = {"none": timedelta(0), "day": timedelta(days=1), "week": timedelta(days=7)}


class EndOfDayField(forms.SplitDateTimeField):
    """A moment, or a day: then its end."""

    def compress(self, data_list: Any) -> Any:
        if data_list and data_list[0] and not data_list[1]:
            data_list = (data_list[0], time(23, 59, 59))
        return super().compress(data_list)


class ApiKeyForm(forms.ModelForm):  # type: ignore[type-arg]
    scopes = forms.MultipleChoiceField(
        label=capfirst(_("rights")), choices=SCOPES, widget=UnfoldAdminCheckboxSelectMultipleWidget()
    )

    class Meta:
        model = ApiKey
        fields = ("name", "scopes", "expires_at", "is_active")

    def clean_expires_at(self) -> Any:
        expires = self.cleaned_data["expires_at"]
        if expires and "expires_at" in self.changed_data and expires <= timezone.now():
            raise forms.ValidationError(_("This moment has passed: the key would never work."))
        return expires


@admin.register(ApiKey)
class ApiKeyAdmin(TenantModelAdmin):
    form = ApiKeyForm
    formfield_overrides = {
        models.DateTimeField: {"form_class": EndOfDayField, "widget": UnfoldAdminSplitDateTimeWidget}
    }
    help_texts = {
        "expires_at": _("Empty: it works until it is switched off. Without a time: until the end of that day.")
    }
    when_empty = _("Another system needs a key to read or write your data: add one with the rights that it needs.")
    list_display = ("name", "beginning", "condition", "last_used_at", "expires_at")
    list_filter = ("is_active",)
    search_fields = ("name", "shown")
    readonly_fields = ("beginning", "last_used_at", "old_valid_until", "created_at")
    change_form_template = "admin/tenants/apikey/change_form.html"

    def get_fieldsets(self, request: HttpRequest, obj: ApiKey | None = None) -> Any:
        fieldsets: list[Any] = [(None, {"fields": ("name", "scopes", ("expires_at", "is_active"))})]
        if obj:
            told = ["beginning", "last_used_at", "created_at", *(["old_valid_until"] if obj.old_valid_until else [])]
            fieldsets.append((None, {"fields": (tuple(told),)}))
        return fieldsets

    @display(description=_("begins with"), ordering="shown")
    def beginning(self, key: ApiKey) -> str:
        return f"{key.shown}…"

    @display(description=_("state"), label={"on": "success", "off": "", "expired": "danger"})
    def condition(self, key: ApiKey) -> tuple[str, str]:
        if not key.is_active:
            return "off", gettext("off")
        if key.expires_at and key.expires_at <= timezone.now():
            return "expired", gettext("expired")
        return "on", gettext("on")

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(require_POST(self.renew_view))
        return [path("<path:object_id>/renew/", view, name="tenants_apikey_renew"), *super().get_urls()]

    def save_model(self, request: HttpRequest, obj: ApiKey, form: Any, change: bool) -> None:
        if not change:
            request._secret = obj.renew()  # type: ignore[attr-defined]
        super().save_model(request, obj, form, change)

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        if kwargs.get("add"):  # what comes next is the page that shows the key
            context |= {"show_save_and_add_another": False, "show_save_and_continue": False}
        return super().render_change_form(request, context, *args, **kwargs)

    def response_add(self, request: HttpRequest, obj: ApiKey, post_url_continue: str | None = None) -> Any:
        return self._show(request, obj, request._secret)  # type: ignore[attr-defined]

    def renew_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Make the key anew and show it; `overlap` (of OVERLAPS) says how long the one before works on."""
        key = self.row_for(request, object_id)
        secret = key.renew(overlap=OVERLAPS.get(request.POST.get("overlap", ""), timedelta(0)))
        key.save()
        detail = gettext_noop("The key was renewed and shown.")
        audit.record(action=audit.Action.ACCESS, row=key, request=request, detail=detail)
        return self._show(request, key, secret)

    def _show(self, request: HttpRequest, key: ApiKey, secret: str) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("Key of %(name)s") % {"name": key},
            "opts": self.opts,
            "key": key,
            "secret": secret,
        }
        response = TemplateResponse(request, "admin/tenants/apikey/secret.html", context)
        response["Cache-Control"] = "no-store"
        return response
