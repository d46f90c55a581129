"""The views that resources derive from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any, ClassVar, Final

from django.core.exceptions import RequestDataTooBig
from django.db import transaction
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.exceptions import PermissionDenied
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from tenants import audit
from tenants.sync import SyncedModel
from voicebot_site.api import etags, idempotency, problems, throttling
from voicebot_site.api.pagination import page
from voicebot_site.api.permissions import may_read, require_reading
from voicebot_site.api.queries import ListQuery, Query, RowQuery
from voicebot_site.api.serializers import ManyRowsSerializer

#: What whoever may write rows and not read them is answered.
RECEIPT: Final = ("id", "updated_at", "etag")
#: Rows of many that are written in one transaction at most: others wait for it.
PIECE: Final = 100


class Api:
    """What every view of the API does before and after its handler; stands before APIView."""

    resource: ClassVar[str]  # of the scopes of keys

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        if request.method not in SAFE_METHODS:
            try:
                request._request.body  # noqa: B018  Django's own limit of a body holds here, too
            except RequestDataTooBig:
                raise problems.TooLarge from None
        super().initial(request, *args, **kwargs)  # type: ignore[misc]
        idempotency.wrap(self, request)

    def check_permissions(self, request: Request) -> None:
        """Without the second step that the company asks for nobody acts for it, whatever the role.

        Requests are counted first: Django REST framework would let those that are refused come without end.
        """
        super().check_throttles(request)  # type: ignore[misc]
        is_person = bool(self.authentication_classes) and request.auth is None  # type: ignore[attr-defined]
        if is_person and hasattr(request._request, "lacks_second_step"):
            raise PermissionDenied(_("This company asks for two-step sign-in: set it up in the admin first."))
        super().check_permissions(request)  # type: ignore[misc]

    def check_throttles(self, request: Request) -> None:
        """They were counted before they were allowed."""

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        response = super().finalize_response(request, response, *args, **kwargs)  # type: ignore[misc]
        throttling.tell_rate(request, response)
        if getattr(response, "exception", False) and response.accepted_media_type == "application/json":
            response.content_type = problems.MEDIA_TYPE
        response.headers.setdefault("Cache-Control", "private, no-store")
        return response


def ask(query: type[Query], request: Request, **context: Any) -> Any:
    """The validated query of a request. Raises ValidationError."""
    if twice := [name for name, values in request.query_params.lists() if len(values) > 1]:
        raise serializers.ValidationError(dict.fromkeys(twice, _("Give it once.")))
    asked = query(data=request.query_params.dict(), context=context)
    asked.is_valid(raise_exception=True)
    return asked


class ResourceViewSet(Api, GenericViewSet):  # type: ignore[type-arg]
    """One synced model: list, show, create, change and delete.

    `filters` are its list's, `related` what showing it needs beside the row, by name of
    `expand`; "" is needed always.
    """

    model: ClassVar[type[SyncedModel]]
    filters: ClassVar[type[ListQuery]]
    related: ClassVar[dict[str, Callable[[QuerySet[Any]], QuerySet[Any]]]] = {}
    lookup_value_regex = "[0-9]{1,18}"
    http_method_names = ["get", "post", "patch", "delete", "head"]

    def get_queryset(self) -> QuerySet[Any]:
        """Scoped when it is evaluated, as every owned queryset."""
        return self.model._default_manager.all()

    def list(self, request: Request) -> Response:
        asked = ask(self.filters, request, serializer_class=self.serializer_class)
        query = asked.validated_data
        self._check_expand(request, query["expand"])
        found = page(
            asked.matching(self._with_related(query["expand"])),
            request=request,
            limit=query["limit"],
            cursor=query["cursor"],
        )
        shown = self.get_serializer(found.rows, many=True, context=self.context(query))
        return Response(found.answer(shown.data))

    def retrieve(self, request: Request, **key: Any) -> Response:
        return self._answer(request, key)

    def create(self, request: Request) -> Response:
        self._asked(request)
        written = self.get_serializer(data=request.data)
        written.is_valid(raise_exception=True)
        with transaction.atomic():
            row = written.save()
            self.written(row)
            self._log(request, audit.Action.ADD, row, audit.changes_between({}, self._plain(row)))
        response = self._answer(request, {"pk": row.pk}, status=201)
        response["Location"] = request.build_absolute_uri(f"{request.path}/{getattr(row, self.lookup_field)}")
        return response

    def partial_update(self, request: Request, **key: Any) -> Response:
        self._asked(request)
        with transaction.atomic():
            row = self._locked(request, key)
            before = self._plain(row)
            written = self.get_serializer(row, data=request.data, partial=True)
            written.is_valid(raise_exception=True)
            written.save()
            if changes := audit.changes_between(before, self._plain(row)):
                self.written(row)
                self._log(request, audit.Action.CHANGE, row, changes)
        return self._answer(request, key)

    def destroy(self, request: Request, **key: Any) -> Response:
        ask(Query, request)
        with transaction.atomic():
            row = self._locked(request, key)
            self._log(request, audit.Action.DELETE, row, [])
            row.delete()
            self.written(row)
        return Response(status=204)

    def written(self, row: Any) -> None:
        """A row was created, changed or deleted; the transaction is still open."""

    def _plain(self, row: Any) -> dict[str, Any]:
        shown: Any = self.serializer_class
        return {**shown(context={"query": {}}).to_representation(row)}

    def _log(self, request: Request, action: audit.Action, row: Any, changes: Sequence[audit.Change]) -> None:
        audit.record(action=action, row=row, request=request._request, detail="API", changes=changes)

    def upsert(self, request: Request, verb: Callable[..., Any]) -> Response:
        """Many rows by a verb of `companies.rows`, a piece at a time; the body is OutcomesSerializer's."""
        ask(Query, request)
        rows = validated(ManyRowsSerializer, request.data)["rows"]
        results, is_replayed = [], True
        for first in range(0, len(rows), PIECE):
            work = partial(self._upsert, request, rows[first : first + PIECE], first, verb)
            done, was_stored = idempotency.once(request, first, work)
            results += done
            is_replayed &= was_stored
        counted = Counter(result["state"] for result in results)
        counts = {state: counted[state] for state in ("created", "updated", "unchanged", "failed")}
        return Response({**counts, "results": results}, headers=idempotency.REPLAYED if is_replayed else None)

    def _upsert(self, request: Request, rows: Sequence[Any], first: int, verb: Callable[..., Any]) -> Any:
        """The results of rows of which the first has that index; the audit log has how many became what."""
        results = []
        for index, outcome in enumerate(verb(rows=rows), first):
            stored = outcome.stored.pk if outcome.stored else None
            results.append({"index": index, "state": str(outcome.state), "id": stored, "errors": outcome.errors})
        done = Counter(result["state"] for result in results)
        if done["created"] or done["updated"]:
            counts = {name: done[name] for name in ("created", "updated", "failed")}
            changes = [{"field": name, "old": "", "new": str(count)} for name, count in counts.items() if count]
            self._log(request, audit.Action.DO, self.model(), changes)
        return results

    def context(self, query: dict[str, Any]) -> dict[str, Any]:
        return {**self.get_serializer_context(), "query": query}

    def _asked(self, request: Request) -> dict[str, Any]:
        query: dict[str, Any] = ask(RowQuery, request, serializer_class=self.serializer_class).validated_data
        self._check_expand(request, query["expand"])
        return query

    def _check_expand(self, request: Request, names: Iterable[str]) -> None:
        """Rows of another resource are looked at by whoever may look at them there. Raises PermissionDenied."""
        shown: Any = self.serializer_class
        for name in names:
            field = shown().fields["expanded"].fields[name]
            model = getattr(field, "child", field).Meta.model
            if issubclass(model, SyncedModel):
                require_reading(request, model)

    def _answer(self, request: Request, key: dict[str, Any], status: int = 200) -> Response:
        query = self._asked(request)
        if not may_read(request, self.model):
            query = {"fields": RECEIPT, "expand": ()}
        row = get_object_or_404(self._with_related(query["expand"]), **key)
        # Of the rows in `expanded` the etag tells nothing.
        if request.method in SAFE_METHODS and not query["expand"] and etags.is_known(request, row):
            return Response(status=304, headers={"ETag": etags.etag_of(row)})
        shown = self.get_serializer(row, context=self.context(query))
        return Response(shown.data, status=status, headers={"ETag": etags.etag_of(row)})

    def _locked(self, request: Request, key: dict[str, Any]) -> Any:
        """The row, in the state that the request says it has read, and nobody else's until the end."""
        row = get_object_or_404(self.get_queryset().select_for_update(of=("self",)), **key)
        etags.require_match(request, row)
        return row

    def _with_related(self, expand: tuple[str, ...]) -> QuerySet[Any]:
        rows = self.get_queryset()
        for name in ("", *expand):
            if name in self.related:
                rows = self.related[name](rows)
        return rows


def validated(serializer: type[serializers.Serializer[Any]], data: Any) -> dict[str, Any]:
    """What was sent, as `serializer` takes it. Raises ValidationError."""
    sent = serializer(data=data)
    sent.is_valid(raise_exception=True)
    values: dict[str, Any] = sent.validated_data
    return values
