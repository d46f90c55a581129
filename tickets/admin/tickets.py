"""The queue of tickets, and one ticket with the call that left it beside it."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.text import Truncator
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RelatedDropdownFilter
from unfold.decorators import display

from calls.admin import conversation
from tenants.admin.problems import SEVERITY_COLOURS
from tenants.meanwhile import MindsOthers
from tenants.modeladmin import DaysFilter, SeveralFilter, SiteList, TenantModelAdmin
from tenants.privacy import is_hiding
from tickets import services
from tickets.admin import desk, queue
from tickets.admin.actions import TicketActions
from tickets.admin.looks import DUE_COLOURS, SENTIMENT_COLOURS, STATUS_COLOURS, due
from tickets.models import LONGEST_COMMENT, TRANSITIONS, Ticket

#: One of them at least: what it is about, or whom it is of.
ESSENTIAL = ("summary", "description", "customer", "phone_number")


class TicketForm(MindsOthers):
    """Offers the statuses that the present one leads to, and takes the comment that was being written along."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.comment = str(self.data.get("comment", "")).strip()  # no field: it is no change of the ticket's own
        field: Any = self.fields.get("status")
        if field is None:  # who only looks has no fields
            return
        present = Ticket.Status(self.instance.status)
        if self.instance.pk is None:
            allowed: tuple[Ticket.Status, ...] = (Ticket.Status.OPEN, Ticket.Status.PENDING)
        else:
            allowed = (present, *(() if self.instance.merged_into_id else TRANSITIONS[present]))
        field.choices = [(status.value, status.label) for status in allowed]

    def clean(self) -> dict[str, Any] | None:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        # Whoever was erased left it empty: all else may still be changed of it.
        is_asked = self.instance.pk is None or not set(ESSENTIAL).isdisjoint(self.changed_data)
        if is_asked and not any(cleaned.get(name) or name in self.errors for name in ESSENTIAL):
            names = ", ".join(str(self.fields[name].label) for name in ESSENTIAL)
            self.add_error("summary", _("The ticket says nothing yet. Fill in one of these at least: %s.") % names)
        if len(self.comment) > LONGEST_COMMENT:
            self.add_error(None, _("A comment has at most %d characters.") % LONGEST_COMMENT)
        return cleaned


class QueueList(SiteList):
    """The list with its tabs."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        # The tab is one, and no filter that one would look for.
        self.has_active_filters = any(
            spec.used_parameters for spec in self.filter_specs if not isinstance(spec, queue.QueueFilter)
        )
        self.tabs = queue.tabs(self, request)


@admin.register(Ticket)
class TicketAdmin(TicketActions, TenantModelAdmin):
    form = TicketForm
    when_empty = _("A ticket opens by itself after a call; one that reached you otherwise is added here.")
    list_display = (
        "number",
        "client",
        "shown_status",
        "shown_severity",
        "shown_sentiment",
        "assigned_to",
        "shown_due",
        "opened",
    )
    list_display_links = ("number", "client")
    list_select_related = ("assigned_to",)
    list_filter = (
        queue.QueueFilter,
        ("status", SeveralFilter),
        ("severity", ChoicesDropdownFilter),
        ("sentiment", ChoicesDropdownFilter),
        queue.AssigneeFilter,
        ("problem_type", RelatedDropdownFilter),
        queue.TagFilter,
        "call__is_test",
        ("created_at", DaysFilter),
    )
    list_filter_sheet = True
    list_before_template = "admin/tickets/ticket/tabs.html"
    list_after_template = "admin/tickets/ticket/keys.html"
    search_fields = ("searched__contains", "company__name")
    search_help_text = _("Name, telephone, e-mail, company, or a word of the problem")
    autocomplete_fields = ("customer", "company")
    readonly_fields = ("created_at",)
    change_form_template = "admin/tickets/ticket/change_form.html"
    fieldsets = (
        (
            None,
            {
                "fields": (
                    ("status", "assigned_to"),
                    ("severity", "sentiment"),
                    ("problem_type", "tag"),
                    "wants_callback",
                )
            },
        ),
        (_("Request"), {"fields": ("summary", "description")}),
        (
            _("Customer"),
            {"fields": (("client_name", "client_email"), ("phone_number", "customer"), ("company", "created_at"))},
        ),
    )

    class Media:
        js = ("voicebot/tickets.js",)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("<path:object_id>/act/", view(require_POST(self.act)), name="tickets_ticket_act"),
            path("<path:object_id>/merge/", view(self.merge), name="tickets_ticket_merge"),
            *super().get_urls(),
        ]

    # --- The list -------------------------------------------------------------

    def get_search_fields(self, request: HttpRequest) -> list[str]:
        """Where numbers are masked, only columns that hold none."""
        return ["client_name", "tag", "company__name"] if is_hiding() else super().get_search_fields(request)

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[SiteList]:
        return QueueList

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        if not request.GET:  # whoever asks for nothing gets the work
            first = request.GET.copy()
            first[queue.PARAMETER] = queue.FIRST
            request.GET = first  # type: ignore[assignment]
        response: HttpResponse = super().changelist_view(request, extra_context)
        return response

    @display(description=_("number"), ordering="pk")
    def number(self, ticket: Ticket) -> str:
        return format_html('<span data-status="{}">#{}</span>', ticket.status, ticket.pk)  # for the keys

    @display(description=_("customer"), ordering="client_name", header=True)
    def client(self, ticket: Ticket) -> tuple[str, str]:
        who = ticket.client_name or ticket.phone_number or "–"
        return who, Truncator(ticket.summary or ticket.description).chars(60)

    @display(description=_("status"), ordering="status", label=STATUS_COLOURS)
    def shown_status(self, ticket: Ticket) -> tuple[str, str]:
        return ticket.status, ticket.get_status_display()

    @display(description=_("severity"), ordering="severity", label=SEVERITY_COLOURS)
    def shown_severity(self, ticket: Ticket) -> tuple[str, str]:
        return ticket.severity, ticket.get_severity_display()

    @display(description=_("sentiment"), ordering="sentiment", label=SENTIMENT_COLOURS)
    def shown_sentiment(self, ticket: Ticket) -> tuple[str, str]:
        return ticket.sentiment, ticket.get_sentiment_display()

    @display(description=_("due"), ordering="due_at", label=DUE_COLOURS, empty_value="–")
    def shown_due(self, ticket: Ticket) -> tuple[str, str] | None:
        return due(ticket)

    @display(description=_("created"), ordering="created_at")
    def opened(self, ticket: Ticket) -> str:
        return date_format(timezone.localtime(ticket.created_at), "SHORT_DATETIME_FORMAT")

    # --- One ticket -----------------------------------------------------------

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        ticket = self.get_object(request, unquote(object_id))
        context = dict(extra_context or {})
        if ticket is not None and self.has_view_permission(request, ticket):
            context |= desk.around(ticket) | {"written": request.POST.get("comment", "")}
            if ticket.call is not None:
                context |= conversation(request, ticket.call)
        response: HttpResponse = super().change_view(request, object_id, form_url, context)
        return response

    def act(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return desk.act(self, request, object_id)

    def merge(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return desk.merge(self, request, object_id)

    def save_model(self, request: HttpRequest, obj: Ticket, form: Any, change: bool) -> None:
        if change:
            changes = {name: form.cleaned_data[name] for name in form.changed_data}
            with obj.changing():  # webhooks are told of both at once
                if form.comment:
                    services.comment(ticket=obj, author=request.user, text=form.comment)  # type: ignore[arg-type]
                    desk.log(self, request, obj, "comment")
                services.update(ticket=obj, actor=request.user, **changes)  # type: ignore[arg-type]
        else:
            services.file(ticket=obj, actor=request.user)  # type: ignore[arg-type]
