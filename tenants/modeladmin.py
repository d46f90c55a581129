"""What every screen of the admin has in common: rights by role, rows by tenant."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied
from django.db import models
from django.db.models import Count, Model, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin, StackedInline, TabularInline
from unfold.contrib.filters.admin import RelatedDropdownFilter
from unfold.decorators import display
from unfold.overrides import FORMFIELD_OVERRIDES_INLINE
from unfold.widgets import UnfoldAdminTextareaWidget

from tenants.roles import may
from tenants.scope import TenantModel, current_tenant

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


class SiteModelAdmin(Permissions, ModelAdmin):
    """A screen of rows that no tenant owns."""

    compressed_fields = False
    warn_unsaved_form = True
    list_filter_submit = True
    list_per_page = 50

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


def count_of(model: type[TenantModel], key: str) -> Coalesce:
    """How many rows of `model` refer by `key` to each row of a page; a join would count for all pages."""
    rows = model.objects.filter(**{key: OuterRef("pk")}).order_by().values(key).annotate(count=Count("pk"))
    return Coalesce(Subquery(rows.values("count")), 0)


class TenantTabularInline(Permissions, People, TabularInline):
    extra = 0
    hide_title = True
    formfield_overrides = {**FORMFIELD_OVERRIDES_INLINE, **SHORT_TEXTS}


class TenantStackedInline(Permissions, People, StackedInline):
    extra = 0
    hide_title = True
    formfield_overrides = {**FORMFIELD_OVERRIDES_INLINE, **SHORT_TEXTS}
