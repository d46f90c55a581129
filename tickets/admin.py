"""Tickets, with the call that left each of them beside it."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.text import Truncator
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import (
    ChoicesDropdownFilter,
    DropdownFilter,
    MultipleChoicesDropdownFilter,
    RangeDateFilter,
    RelatedDropdownFilter,
)
from unfold.decorators import display

from calls.admin import conversation
from tenants.admin.problems import SEVERITY_COLOURS
from tenants.modeladmin import TenantModelAdmin, TenantStackedInline
from tickets.models import Comment, Ticket

STATUS_COLOURS = {
    Ticket.Status.OPEN: "info",
    Ticket.Status.TRANSFERRED: "warning",
    Ticket.Status.RESOLVED: "success",
    Ticket.Status.FAILED: "danger",
}
SENTIMENT_COLOURS = {
    Ticket.Sentiment.POSITIVE: "success",
    Ticket.Sentiment.NEUTRAL: "",
    Ticket.Sentiment.NEGATIVE: "danger",
}


class TagFilter(DropdownFilter):
    """The tags that tickets have."""

    title = _("tag")
    parameter_name = "tag"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        tags = Ticket.objects.exclude(tag="").order_by("tag").values_list("tag", flat=True).distinct()
        return [(tag, tag) for tag in tags]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Ticket]) -> QuerySet[Ticket]:
        return queryset.filter(tag=self.value()) if self.value() else queryset


class CommentInline(TenantStackedInline):
    """What was said is not unsaid: comments are added, and never changed."""

    model = Comment
    can_delete = False
    fields = ("text", ("by", "created_at"))
    readonly_fields = ("by", "created_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Comment]:
        rows: QuerySet[Comment] = super().get_queryset(request)
        return rows.select_related("author")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @display(description=_("author"), empty_value="–")
    def by(self, comment: Comment) -> str | None:
        """The name alone: only staff may follow a link to a person."""
        return comment.author.get_full_name() or comment.author.get_username() if comment.author else None


@admin.register(Ticket)
class TicketAdmin(TenantModelAdmin):
    list_display = (
        "number",
        "client",
        "shown_status",
        "problem_type",
        "shown_severity",
        "shown_sentiment",
        "assigned_to",
        "created_at",
    )
    list_display_links = ("number", "client")
    list_select_related = ("problem_type", "company", "assigned_to")
    list_filter = (
        ("status", MultipleChoicesDropdownFilter),
        ("severity", ChoicesDropdownFilter),
        ("sentiment", ChoicesDropdownFilter),
        ("problem_type", RelatedDropdownFilter),
        TagFilter,
        ("created_at", RangeDateFilter),
    )
    search_fields = ("client_name", "client_email", "phone_number", "description", "summary", "tag", "company__name")
    search_help_text = _("Name, telephone, e-mail, company, or a word of the problem")
    autocomplete_fields = ("customer", "company")
    readonly_fields = ("created_at",)
    inlines = (CommentInline,)
    change_form_template = "admin/tickets/ticket/change_form.html"
    fieldsets = (
        (None, {"fields": (("status", "assigned_to"), ("severity", "sentiment"), ("problem_type", "tag"))}),
        (_("Request"), {"fields": ("summary", "description")}),
        (
            _("Customer"),
            {"fields": (("client_name", "client_email"), ("phone_number", "customer"), ("company", "created_at"))},
        ),
    )

    @display(description=_("number"), ordering="pk")
    def number(self, ticket: Ticket) -> str:
        return f"#{ticket.pk}"

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

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        ticket = self.get_object(request, unquote(object_id))
        context = dict(extra_context or {})
        if ticket is not None and ticket.call is not None and self.has_view_permission(request, ticket):
            context |= conversation(request, ticket.call)
        response: HttpResponse = super().change_view(request, object_id, form_url, context)
        return response

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        for comment in formset.save(commit=False):
            comment.author = request.user
            comment.save()
        formset.save_m2m()
