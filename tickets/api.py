"""Tickets and their comments over the API."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from calls.api import CallSerializer
from companies.api import CompanySerializer, CustomerSerializer, PhoneNumber
from companies.models import Company, Customer
from tenants import audit
from tenants.models import ProblemType, Severity
from tenants.scope import current_tenant
from tickets import services
from tickets.models import Comment, Ticket
from voicebot_site.api.queries import ListQuery, Moment, Query, RowNumber
from voicebot_site.api.schema import rows_of
from voicebot_site.api.serializers import KnownFields, Reference, SyncedSerializer
from voicebot_site.api.views import ResourceViewSet, ask

LONGEST_TEXT = 20_000
#: A new ticket has one of these.
SAYS_SOMETHING = (
    *("customer", "company", "phone_number", "client_name", "client_email"),
    *("problem_type", "description", "summary"),
)


class Colleague(serializers.SlugRelatedField[User]):
    """The user name of somebody who works in the company."""

    def get_queryset(self) -> QuerySet[User]:
        return User.objects.filter(memberships__tenant=current_tenant())


class CommentSerializer(KnownFields, serializers.ModelSerializer[Comment]):
    author: Any = serializers.SlugRelatedField(slug_field="username", read_only=True, allow_null=True)

    class Meta:
        model = Comment
        fields = ("id", "author", "text", "created_at")


class TicketExpanded(serializers.Serializer[Any]):
    call = CallSerializer(read_only=True, allow_null=True)
    customer = CustomerSerializer(read_only=True, allow_null=True)
    company = CompanySerializer(read_only=True, allow_null=True)
    comments = CommentSerializer(many=True, read_only=True)


class TicketSerializer(SyncedSerializer):
    call: Any = serializers.SlugRelatedField(slug_field="uuid", read_only=True, allow_null=True)
    customer = Reference(queryset=Customer.objects.all(), allow_null=True, required=False)
    company = Reference(queryset=Company.objects.all(), allow_null=True, required=False)
    problem_type: Any = serializers.SlugRelatedField(
        slug_field="code", queryset=ProblemType.objects.all(), allow_null=True, required=False
    )
    assigned_to = Colleague(slug_field="username", queryset=User.objects.none(), allow_null=True, required=False)
    description = serializers.CharField(max_length=LONGEST_TEXT, allow_blank=True, required=False)
    summary = serializers.CharField(max_length=LONGEST_TEXT, allow_blank=True, required=False)
    expanded = TicketExpanded(source="*", read_only=True)

    class Meta:
        model = Ticket
        fields = (
            "id",
            "external_id",
            "call",
            "customer",
            "company",
            "phone_number",
            "client_name",
            "client_email",
            "problem_type",
            "description",
            "summary",
            "status",
            "sentiment",
            "severity",
            "tag",
            "assigned_to",
            "created_at",
            "updated_at",
            "etag",
            "expanded",
        )
        read_only_fields = ("created_at",)

    def validate_status(self, status: str) -> str:
        if self.instance is None and status in (Ticket.Status.TRANSFERRED, Ticket.Status.FAILED):
            raise serializers.ValidationError(_("Only a call leaves such a ticket: choose open, pending or resolved."))
        return status

    def validate(self, values: dict[str, Any]) -> dict[str, Any]:
        if self.instance is None and not any(values.get(name) for name in SAYS_SOMETHING):
            raise serializers.ValidationError(_("Say whom the ticket is about, or what."))
        return values

    def store_new(self, row: Ticket) -> Ticket:
        return services.file(ticket=row, actor=author_of(self.context["request"]))

    def store(self, row: Ticket, names: Iterable[str]) -> Ticket:
        changes = {name: getattr(row, name) for name in names}
        return services.update(ticket=row, actor=author_of(self.context["request"]), **changes)


def author_of(request: Request) -> User | None:
    """The person who writes; None: another system."""
    return request.user if isinstance(request.user, User) else None


class TicketQuery(ListQuery):
    external_id = serializers.CharField(required=False, max_length=100)
    status = serializers.ChoiceField(required=False, choices=Ticket.Status.choices)
    severity = serializers.ChoiceField(required=False, choices=Severity.choices)
    sentiment = serializers.ChoiceField(required=False, choices=Ticket.Sentiment.choices)
    tag = serializers.CharField(required=False, max_length=40)
    problem_type = serializers.CharField(required=False, max_length=40, source="problem_type__code")
    phone_number = PhoneNumber()
    customer = RowNumber()
    company = RowNumber()
    call = serializers.UUIDField(required=False, source="call__uuid")
    created_since = Moment(required=False, source="created_at__gte")
    created_before = Moment(required=False, source="created_at__lt")


class TicketViewSet(ResourceViewSet):
    """Requests for help. A new comment counts as a change of its ticket."""

    resource = "tickets"
    model = Ticket
    serializer_class = TicketSerializer
    filters = TicketQuery
    related = {
        "": lambda rows: rows.select_related("call", "problem_type", "assigned_to"),
        "call": lambda rows: rows.select_related("call__ticket", "call__problem_type"),
        "customer": lambda rows: rows.select_related("customer"),
        "company": lambda rows: rows.select_related("company"),
        "comments": lambda rows: rows.prefetch_related("comments__author"),
    }

    @extend_schema(
        methods=["get"],
        operation_id="tickets_comments",
        summary="What was remarked",
        responses=rows_of("Comment", CommentSerializer),
    )
    @extend_schema(
        methods=["post"],
        operation_id="tickets_comment",
        summary="Add a comment",
        request=CommentSerializer,
        responses={201: CommentSerializer},
        examples=[OpenApiExample("A comment", {"text": "Rappelé ce matin."}, request_only=True)],
    )
    @action(detail=True, methods=["get", "post"])
    def comments(self, request: Request, pk: str) -> Response:
        ask(Query, request)
        ticket = get_object_or_404(self.get_queryset(), pk=pk)
        if request.method != "POST":
            rows = ticket.comments.select_related("author")
            return Response({"results": CommentSerializer(rows, many=True).data})
        written = CommentSerializer(data=request.data)
        written.is_valid(raise_exception=True)
        with transaction.atomic():
            written.save(ticket=ticket, author=author_of(request))
            audit.record(action=audit.Action.DO, row=ticket, request=request._request, detail=gettext_noop("Comment"))
        return Response(written.data, status=201)
