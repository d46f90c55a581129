"""What a company configures, over the API, and what of its rows was deleted."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from providers.services import phrases_changed
from tenants.models import Keyword, Phrase, PhraseChange, ProblemType, Tenant, Tombstone
from tenants.sync import TOMBSTONES_KEPT, synced
from voicebot_site.api.pagination import page
from voicebot_site.api.permissions import may_read
from voicebot_site.api.problems import Gone
from voicebot_site.api.queries import ListQuery, Moment, PageQuery
from voicebot_site.api.schema import page_of
from voicebot_site.api.serializers import SyncedSerializer
from voicebot_site.api.views import Api, ResourceViewSet, ask


class PhraseSerializer(SyncedSerializer):
    class Meta:
        model = Phrase
        fields = ("id", "key", "language", "text", "updated_at", "etag")

    def update(self, instance: Phrase, validated_data: dict[str, Any]) -> Any:
        fixed = {"key", "language"} & validated_data.keys()
        if wrong := [name for name in sorted(fixed) if validated_data[name] != getattr(instance, name)]:
            raise serializers.ValidationError({name: _("It cannot be changed: add another phrase.") for name in wrong})
        before = instance.live_text
        phrase = super().update(instance, validated_data)
        if phrase.live_text != before:  # heard at once: there is no draft of it, but a history
            PhraseChange.objects.create(phrase=phrase, before=before, after=phrase.live_text)
        return phrase


class PhraseQuery(ListQuery):
    key = serializers.CharField(required=False, max_length=60)
    language = serializers.ChoiceField(required=False, choices=Tenant.Language.choices)


class PhraseViewSet(ResourceViewSet):
    """What the bot says in the company's own words; a phrase that is deleted is said as the preset has it."""

    resource = "phrases"
    model = Phrase
    serializer_class = PhraseSerializer
    filters = PhraseQuery

    def written(self, row: Phrase) -> None:
        phrases_changed(tenant=row.tenant)  # it is spoken ahead of the calls that need it


class KeywordSerializer(SyncedSerializer):
    problem_type = serializers.SlugRelatedField(
        slug_field="code", queryset=ProblemType.objects.all(), allow_null=True, required=False
    )

    class Meta:
        model = Keyword
        fields = ("id", "text", "kind", "boost", "problem_type", "replacement", "updated_at", "etag")


class KeywordQuery(ListQuery):
    text = serializers.CharField(required=False, max_length=100)
    kind = serializers.ChoiceField(required=False, choices=Keyword.Kind.choices)
    problem_type = serializers.CharField(required=False, max_length=40, source="problem_type__code")


class KeywordViewSet(ResourceViewSet):
    """Words that mean something: the bot hears them better, takes them for a problem or for anger, or hides them."""

    resource = "keywords"
    model = Keyword
    serializer_class = KeywordSerializer
    filters = KeywordQuery
    related = {"": lambda rows: rows.select_related("problem_type")}


class DeletionSerializer(serializers.ModelSerializer[Tombstone]):
    class Meta:
        model = Tombstone
        fields = ("resource", "object_id", "external_id", "deleted_at")


class DeletionQuery(PageQuery):
    updated_since = Moment(
        required=False, source="deleted_at__gte", help_text="Deletions since then; at most 90 days ago."
    )
    resource = serializers.ChoiceField(required=False, choices=[])

    def get_fields(self) -> dict[str, Any]:
        return {**super().get_fields(), "resource": serializers.ChoiceField(required=False, choices=sorted(synced()))}


class MayLookAtSomething(BasePermission):
    """Of the resources that may be read, what is gone may be known."""

    def has_permission(self, request: Request, view: Any) -> bool:
        return bool(readable(request))


def readable(request: Request) -> list[str]:
    """The synced resources whose rows may be read."""
    return [name for name, model in synced().items() if may_read(request, model)]


class DeletionsView(Api, APIView):
    """What was deleted, oldest first: a copy of the rows deletes the same."""

    resource = "deletions"
    permission_classes = [MayLookAtSomething]
    also_answers = (410,)

    @extend_schema(
        operation_id="deletions_list", parameters=[DeletionQuery], responses=page_of("Deletion", DeletionSerializer)
    )
    def get(self, request: Request) -> Response:
        asked = ask(DeletionQuery, request)
        query = asked.validated_data
        since = query.get("deleted_at__gte")
        if since is not None and since < timezone.now() - TOMBSTONES_KEPT:
            raise Gone(_("Deletions are kept for 90 days: copy everything anew."))
        rows = asked.matching(Tombstone.objects.filter(resource__in=readable(request)))
        found = page(rows, request=request, limit=query["limit"], cursor=query["cursor"], by="deleted_at")
        return Response(found.answer(list(DeletionSerializer(found.rows, many=True).data)))
