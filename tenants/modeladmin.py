"""What every screen of the admin has in common: rights by role, rows by tenant."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, time, timedelta
from typing import Any

from django import forms
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.utils import unquote
from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied
from django.db import models
from django.db.models import Count, Model, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce, Lower
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.text import capfirst, smart_split, unescape_string_literal
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override
from unfold.admin import ModelAdmin, StackedInline, TabularInline
from unfold.contrib.filters.admin import MultipleChoicesDropdownFilter, RangeDateFilter, RelatedDropdownFilter
from unfold.decorators import display
from unfold.overrides import FORMFIELD_OVERRIDES_INLINE
from unfold.utils import parse_date_str
from unfold.views import ChangeList
from unfold.widgets import UnfoldAdminTextareaWidget

from tenants import audit
from tenants.audit import Action
from tenants.audit_words import lines_of
from tenants.models import AuditEntry
from tenants.privacy import is_hiding, is_masked, mask, without_masked
from tenants.roles import EVIDENCE, may
from tenants.scope import TenantModel, current_tenant

#: An action on a whole list is told of so many of its rows.
MOST_AUDITED = 500
#: Entries on the page of a row's history.
MOST_HISTORY = 100
# What people write here is a sentence or two.
SHORT_TEXTS: dict[Any, Any] = {models.TextField: {"widget": UnfoldAdminTextareaWidget(attrs={"rows": 3})}}


class Permissions:
    """has_*_permission from the table of rights instead of Django's permission rows.

    Rows come through the scoped manager; that a row at hand is the tenant's own is
    asked again, because actions of Unfold hand over what they like.
    """

    model: type[Model]

    def _may(self, request: HttpRequest, action: str, obj: Any = None) -> bool:
        if isinstance(obj, TenantModel) and (tenant := current_tenant()) and obj.tenant_id != tenant.pk:
            return False
        return may(request, action, self.model)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self._may(request, "view")

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may(request, "view", obj)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may(request, "add")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may(request, "change", obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may(request, "delete", obj)


class People:
    """Whoever can be chosen in a form is a member of the tenant."""

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.related_model is get_user_model():
            kwargs["queryset"] = db_field.related_model.objects.filter(memberships__tenant=current_tenant())
        return super().formfield_for_foreignkey(db_field, request, **kwargs)  # type: ignore[misc]


class Audited:
    """Whatever is done on a screen is in the company's audit log."""

    def construct_change_message(self, request: HttpRequest, form: Any, formsets: Any, add: bool = False) -> Any:
        request._changes = audit.changes_of(form, formsets, add=add)  # type: ignore[attr-defined]
        return super().construct_change_message(request, form, formsets, add)  # type: ignore[misc]

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        audit.record(action=Action.ADD, row=obj, request=request, changes=getattr(request, "_changes", ()))
        return super().log_addition(request, obj, message)  # type: ignore[misc]

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        if changes := getattr(request, "_changes", ()):
            audit.record(action=Action.CHANGE, row=obj, request=request, changes=changes)
        return super().log_change(request, obj, message)  # type: ignore[misc]

    def log_deletions(self, request: HttpRequest, queryset: Any) -> Any:
        for row in queryset:
            audit.record(action=Action.DELETE, row=row, request=request)
        return super().log_deletions(request, queryset)  # type: ignore[misc]

    def response_action(self, request: HttpRequest, queryset: Any) -> HttpResponseBase | None:
        """Deletion says so itself; a page that asks for more (200, no file) has done nothing yet."""
        chosen = queryset
        if request.POST.get("select_across") in ("", "0", None):
            chosen = queryset.filter(pk__in=request.POST.getlist(ACTION_CHECKBOX_NAME))
        rows = list(chosen[:MOST_AUDITED])
        names = [name for name in request.POST.getlist("action") if name]
        response: HttpResponseBase | None = super().response_action(request, queryset)  # type: ignore[misc]
        actions = self.get_actions(request)  # type: ignore[attr-defined]
        done = response is not None and (response.status_code == 302 or response.has_header("Content-Disposition"))
        if done and names and names[0] in actions and names[0] != "delete_selected":
            with override("en"):
                description = str(actions[names[0]][2])
            for row in rows:
                audit.record(action=Action.DO, row=row, request=request, detail=description)
        return response


class SiteList(ChangeList):
    """A list whose order tells nothing of what is masked."""

    def get_ordering_field(self, field_name: Any) -> Any:
        """None: the column is in no order, whatever the address asks for."""
        field = super().get_ordering_field(field_name)
        return field if without_masked(self.model, [str(field)]) else None


class SiteModelAdmin(Audited, Permissions, ModelAdmin):
    """A screen of rows that no tenant owns."""

    compressed_fields = False
    warn_unsaved_form = True
    list_filter_submit = True
    list_per_page = 50
    #: What the list is for and how rows come into it; shown while there are none.
    when_empty: str | Promise = ""
    #: What a number of its rows is called, where the list's name is no plural.
    counted: str | Promise = ""
    #: What fields are for whose models do not say it, or not all that matters here.
    help_texts: dict[str, Promise] = {}

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return SiteList

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Django's title names one row, and asks to select it."""
        context = {"title": capfirst(str(self.model._meta.verbose_name_plural)), **(extra_context or {})}
        response: HttpResponse = super().changelist_view(request, context)
        return response

    def row_for(self, request: HttpRequest, object_id: str, permission: str = "change") -> Any:
        """The row that a page of its own is about, for whoever has the permission. Raises Http404, PermissionDenied."""
        row = self.get_object(request, unquote(object_id))
        if row is None:
            raise Http404
        if not getattr(self, f"has_{permission}_permission")(request, row):
            raise PermissionDenied
        return row

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field is not None and db_field.name in self.help_texts:
            field.help_text = self.help_texts[db_field.name]
        if isinstance(field, forms.SplitDateTimeField):
            for part in field.widget.widgets:  # the label is the first one's alone
                part.attrs["aria-label"] = f"{field.label}, {part.attrs['placeholder']}"
        return field

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Whoever may read the audit log reads here what it says of the row; others, who changed which fields."""
        response: HttpResponse = super().history_view(request, object_id, extra_context)
        if not isinstance(response, TemplateResponse) or response.context_data is None:
            return response
        if may(request, "view", AuditEntry):
            entries = AuditEntry.objects.filter(model=self.opts.label_lower, object_id=unquote(object_id))
            response.context_data["entries"] = [(entry, lines_of(entry)) for entry in entries[:MOST_HISTORY]]
        else:
            texts = [(action, action.get_change_message()) for action in response.context_data["action_list"]]
            response.context_data["actions"] = [(action, mask(t) if is_hiding() else t) for action, t in texts]
        return response

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        context["is_evidence"] = self.opts.label_lower in EVIDENCE
        response: HttpResponse = super().render_change_form(request, context, *args, **kwargs)
        return response

    def render_delete_form(self, request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
        """`with_it`: (name, how many) of what is deleted besides the row."""
        own = str(self.opts.verbose_name_plural)
        counts = [(name, count - (str(name) == own)) for name, count in context["model_count"]]
        context["with_it"] = [(name, count) for name, count in counts if count]
        response: HttpResponse = super().render_delete_form(request, context)
        return response

    def get_search_fields(self, request: HttpRequest) -> list[str]:
        return without_masked(self.model, super().get_search_fields(request))

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """As Django's, but what a row refers to is looked for once, and not with each row.

        Of `field__contains` the column has no capitals, which spares turning each value.
        """
        fields = self.get_search_fields(request)
        for part in smart_split(search_term) if fields else ():
            word = unescape_string_literal(part) if part[:1] in "\"'" and part[:1] == part[-1] else part
            found = Q()
            for name in fields:
                found |= _has(self.model, name, word)
            queryset = queryset.filter(found)
        return queryset, False

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        """Nobody filters by what they see masked, or asks for its beginning."""
        hidden = is_hiding() and is_masked(self.model, lookup)
        return not hidden and super().lookup_allowed(lookup, value, request)

    def get_sortable_by(self, request: HttpRequest) -> list[str]:
        """What the headings offer; that nothing else is obeyed is for `SiteList`."""
        names = [str(name) for name in super().get_sortable_by(request)]
        order = {name: getattr(getattr(self, name, None), "admin_order_field", None) or name for name in names}
        return [name for name in names if order[name] in without_masked(self.model, [str(order[name])])]

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """Whoever may see no row learns nothing of which there are."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        return super().get_object(request, object_id, from_field)


class CompanyAccountFilter(RelatedDropdownFilter):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.title = _("company account")


class TenantModelAdmin(People, SiteModelAdmin):
    """A screen of rows that one tenant owns. Staff outside any tenant see whose they are."""

    formfield_overrides = SHORT_TEXTS
    # Pages reached by an address would count all rows for a line that nobody reads.
    show_full_result_count = False

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """In a list the number of a row's place has a heading, and no label."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field is not None and db_field.name == self.ordering_field:
            field.widget.attrs["aria-label"] = db_field.verbose_name
        return field

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset(request)
        return rows if current_tenant() else rows.select_related("tenant")

    def get_list_display(self, request: HttpRequest) -> tuple[Any, ...]:
        columns = tuple(super().get_list_display(request))
        return columns if current_tenant() else (*columns, "company_account")

    @display(description=_("company account"), ordering="tenant__name")
    def company_account(self, row: TenantModel) -> str:
        return str(row.tenant)

    def get_list_filter(self, request: HttpRequest) -> tuple[Any, ...]:
        filters = tuple(super().get_list_filter(request))
        return filters if current_tenant() else (("tenant", CompanyAccountFilter), *filters)


def _has(model: type[Model], name: str, word: str) -> Q:
    """That a column of a row, or of the row that it refers to (`company__name`), has the word in it."""
    first, _, rest = name.partition("__")
    related = model._meta.get_field(first).related_model
    if related is not None and rest:
        rows = related._default_manager.filter(_has(related, rest, word))
        return Q((f"{first}__in", rows.order_by().values("pk")))
    return Q((name, Lower(Value(word)))) if rest == "contains" else Q((f"{name}__icontains", word))


class PeriodFilter(RangeDateFilter):
    """From one day to another, both included; each field says what it is for."""

    def choices(self, changelist: ChangeList) -> Iterator[dict[str, Any]]:
        for choice in super().choices(changelist):
            for field in choice["form"].fields.values():
                field.widget.attrs["aria-label"] = f"{capfirst(self.title)}, {field.widget.attrs['placeholder']}"
            yield choice


class DaysFilter(PeriodFilter):
    """Of moments; the days are as the company's clock has them."""

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        for end, lookup, days in (("from", "gte", 0), ("to", "lt", 1)):
            if day := parse_date_str(self.used_parameters.get(f"{self.parameter_name}_{end}") or ""):
                moment = timezone.make_aware(datetime.combine(day, time()) + timedelta(days=days))
                queryset = queryset.filter(**{f"{self.parameter_name}__{lookup}": moment})
        return queryset


class SeveralFilter(MultipleChoicesDropdownFilter):
    """While nothing is chosen it says so, as the other filters do."""

    def choices(self, changelist: ChangeList) -> Iterator[dict[str, Any]]:
        for choice in super().choices(changelist):
            for field in choice["form"].fields.values():
                field.widget.attrs["data-placeholder"] = self.all_option[1]
            yield choice


def count_of(model: type[TenantModel], key: str) -> Coalesce:
    """How many rows of `model` refer by `key` to each row of a page; a join would count for all pages."""
    rows = model.objects.filter(**{key: OuterRef("pk")}).order_by().values(key).annotate(count=Count("pk"))
    return Coalesce(Subquery(rows.values("count")), 0)


class Named:
    """In a table a field has a heading above it, and no label."""

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)  # type: ignore[misc]
        if field is not None:
            widget = getattr(field.widget, "widget", field.widget)  # a related row's is wrapped
            widget.attrs["aria-label"] = capfirst(str(field.label))
        return field


class TenantTabularInline(Named, Permissions, People, TabularInline):
    extra = 0
    hide_title = True
    formfield_overrides = {**FORMFIELD_OVERRIDES_INLINE, **SHORT_TEXTS}


class TenantStackedInline(Permissions, People, StackedInline):
    extra = 0
    hide_title = True
    formfield_overrides = {**FORMFIELD_OVERRIDES_INLINE, **SHORT_TEXTS}
