"""Company accounts and the people in them."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group, User
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _
from unfold.admin import TabularInline
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RelatedDropdownFilter
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from calls.admin import SpendLimitInline
from providers.services import phrases_changed
from tenants.admin.hours import CompanyHoursInline, HolidayInline
from tenants.modeladmin import Permissions, SiteModelAdmin
from tenants.models import Membership, Tenant
from tenants.scope import current_tenant
from tenants.services import create_tenant

admin.site.unregister((User, Group))

#: Fields of an account that phrases depend on.
SPOKEN = frozenset({"name", "language", "voice"})


@admin.register(Tenant)
class TenantAdmin(SiteModelAdmin):
    """All accounts for platform staff; its own for a company."""

    list_display = ("name", "slug", "language", "time_zone", "is_active", "created_at")
    list_filter = ("is_active", ("language", ChoicesDropdownFilter))
    search_fields = ("name", "slug")
    # The rest has defaults, and the phrases of the language's preset come with it.
    add_fieldsets = ((None, {"fields": ("name", "slug", "language")}),)
    fieldsets = (
        (None, {"fields": (("name", "slug"), ("language", "time_zone"), "is_active")}),
        (
            _("Calls"),
            {"fields": (("voice", "max_call_seconds"), ("record_calls", "announces_recording"), "after_hours")},
        ),
        (
            _("What the bot asks of a new caller"),
            {"fields": (("asks_first_name", "asks_last_name"), ("asks_company", "asks_email"))},
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Tenant]:
        rows: QuerySet[Tenant] = super().get_queryset(request)
        if request.user.is_superuser:
            return rows
        return rows.filter(pk=request.tenant.pk)  # type: ignore[attr-defined]

    def get_readonly_fields(self, request: HttpRequest, obj: Tenant | None = None) -> tuple[str, ...]:
        return () if request.user.is_superuser else ("slug", "is_active")

    def get_prepopulated_fields(self, request: HttpRequest, obj: Tenant | None = None) -> dict[str, tuple[str, ...]]:
        return {} if obj else {"slug": ("name",)}

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        if not request.user.is_superuser and self.has_view_permission(request):
            return redirect("admin:tenants_tenant_change", request.tenant.pk)  # type: ignore[attr-defined]
        response: HttpResponse = super().changelist_view(request, extra_context)
        return response

    def get_inlines(self, request: HttpRequest, obj: Tenant | None) -> tuple[Any, ...]:
        """Owned rows are written only by whoever acts for the company."""
        return (CompanyHoursInline, HolidayInline, SpendLimitInline) if obj and obj == current_tenant() else ()

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        if SPOKEN.intersection(form.changed_data):
            phrases_changed(tenant=form.instance)

    def save_model(self, request: HttpRequest, obj: Tenant, form: Any, change: bool) -> None:
        if change:
            super().save_model(request, obj, form, change)
        else:  # the admin goes on with `obj`: it becomes the account that was made
            vars(obj).update(vars(create_tenant(slug=obj.slug, name=obj.name, language=obj.language)))


@admin.register(Membership)
class MembershipAdmin(SiteModelAdmin):
    list_display = ("user", "tenant", "role")
    list_select_related = ("user", "tenant")
    list_filter = (("tenant", RelatedDropdownFilter), ("role", ChoicesDropdownFilter))
    search_fields = ("user__username", "user__email", "tenant__name")
    autocomplete_fields = ("user", "tenant")


class MembershipInline(Permissions, TabularInline):
    model = Membership
    extra = 0
    autocomplete_fields = ("tenant",)


@admin.register(User)
class UserAdmin(SiteModelAdmin, DjangoUserAdmin):  # type: ignore[type-arg]
    """People; only platform staff see them. Their rights come from memberships."""

    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    inlines = (MembershipInline,)
    list_display = ("username", "email", "first_name", "last_name", "is_active", "is_superuser", "last_login")
    list_filter = ("is_active", "is_superuser")
    search_fields = ("username", "first_name", "last_name", "email")
    filter_horizontal = ()
    readonly_fields = ("last_login", "date_joined")
    fieldsets = (
        (None, {"fields": (("username", "email"), ("first_name", "last_name"), "password")}),
        (_("Access"), {"fields": (("is_active", "is_staff", "is_superuser"), ("last_login", "date_joined"))}),
    )
    add_fieldsets = (
        (None, {"fields": ("username", "email", "is_staff", "usable_password", "password1", "password2")}),
    )

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {"is_staff": True, **super().get_changeform_initial_data(request)}

    def get_inlines(self, request: HttpRequest, obj: User | None) -> tuple[Any, ...]:
        return self.inlines if obj else ()
