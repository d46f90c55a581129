"""The people of a company: who is in it, who is asked to join, and all of them for the platform."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group, User
from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest
from django.utils.formats import localize
from django.utils.text import capfirst
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop
from unfold.admin import TabularInline
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RelatedDropdownFilter
from unfold.decorators import display
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from tenants import audit, people, two_factor
from tenants.modeladmin import Named, Permissions, SiteModelAdmin, TenantModelAdmin
from tenants.models import Authenticator, Invitation, Membership
from tenants.scope import current_tenant

admin.site.unregister((User, Group))

ROLE_COLOURS = {"owner": "warning", "admin": "info", "agent": "success", "viewer": None}
ROLES = _(
    "Agents work on calls and tickets, viewers only look; administrators set up the bot, owners also choose people."
)
RESET = gettext_noop("Reset the two-step sign-in.")


@admin.register(Membership)
class MembershipAdmin(SiteModelAdmin):
    """An owner changes roles and removes people; new ones are invited. Platform staff see all companies."""

    help_texts = {"role": ROLES}
    list_select_related = ("user", "tenant")
    search_fields = ("user__username", "user__email", "user__last_name", "tenant__name")
    autocomplete_fields = ("user", "tenant")
    actions = ("reset_second_step",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Membership]:
        rows: QuerySet[Membership] = super().get_queryset(request)
        if tenant := current_tenant():
            rows = rows.filter(tenant=tenant)
        confirmed = Authenticator.objects.filter(user=OuterRef("user"), confirmed=True)
        return rows.annotate(second_step=Exists(confirmed))

    def get_list_display(self, request: HttpRequest) -> tuple[str, ...]:
        columns = ("who", "email", "shown_role", "has_second_step", "last_login")
        return columns if current_tenant() else (*columns, "tenant")

    def get_list_filter(self, request: HttpRequest) -> tuple[Any, ...]:
        role = ("role", ChoicesDropdownFilter)
        return (role,) if current_tenant() else (("tenant", RelatedDropdownFilter), role)

    def get_fields(self, request: HttpRequest, obj: Membership | None = None) -> tuple[str, ...]:
        return ("person", "email", "role", "wants_report", "last_login") if obj else ("user", "tenant", "role")

    def get_readonly_fields(self, request: HttpRequest, obj: Membership | None = None) -> tuple[str, ...]:
        return ("person", "email", "last_login") if obj else ()

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A company invites: nobody is put into it by their name alone."""
        return bool(request.user.is_superuser) and current_tenant() is None

    def has_delete_permission(self, request: HttpRequest, obj: Membership | None = None) -> bool:
        return super().has_delete_permission(request, obj) and not (obj and obj.is_last_owner())

    def has_reset_permission(self, request: HttpRequest) -> bool:
        return self.has_delete_permission(request)

    def delete_model(self, request: HttpRequest, obj: Membership) -> None:
        people.remove(membership=obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Membership]) -> None:
        for membership in queryset:
            try:
                people.remove(membership=membership)
            except ValidationError as error:
                messages.error(request, f"{membership.user}: {' '.join(error.messages)}")

    @display(description=_("person"), ordering="user__last_name", header=True)
    def who(self, membership: Membership) -> tuple[str, str]:
        user = membership.user
        return user.get_full_name() or user.get_username(), user.get_username() if user.get_full_name() else ""

    @display(description=_("person"))
    def person(self, membership: Membership) -> str:
        return " · ".join(name for name in self.who(membership) if name)

    @display(description=_("e-mail address"), ordering="user__email", empty_value="–")
    def email(self, membership: Membership) -> str | None:
        return membership.user.email or None

    @display(description=_("role"), ordering="role", label=ROLE_COLOURS)
    def shown_role(self, membership: Membership) -> tuple[str, str]:
        return membership.role, capfirst(membership.get_role_display())

    @display(description=_("two-step sign-in"), boolean=True)
    def has_second_step(self, membership: Membership) -> bool:
        return bool(membership.second_step)  # type: ignore[attr-defined]

    @display(description=_("last signed in"), ordering="user__last_login", empty_value="–")
    def last_login(self, membership: Membership) -> str | None:
        moment = membership.user.last_login
        return str(localize(localtime(moment))) if moment else None

    @admin.action(description=_("Reset the two-step sign-in of a lost telephone"), permissions=["reset"])
    def reset_second_step(self, request: HttpRequest, queryset: QuerySet[Membership]) -> None:
        """Whoever works for another company as well is the platform's matter: it would be reset there, too."""
        for membership in queryset:
            elsewhere = Membership.objects.filter(user=membership.user).exclude(tenant=membership.tenant)
            if (elsewhere.exists() or membership.user.is_superuser) and not request.user.is_superuser:
                messages.error(request, _("%s works for other companies too: ask the platform.") % membership.user)
            elif two_factor.remove(membership.user):
                audit.record(action=audit.Action.ACCESS, row=membership, request=request, detail=RESET)
                messages.success(request, _("%s signs in with the password alone.") % membership.user)
            else:
                messages.warning(request, _("%s has no two-step sign-in.") % membership.user)


class InvitationForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = Invitation
        fields = ("email", "role")

    def clean_email(self) -> str:
        email: str = self.cleaned_data["email"].lower()
        if Membership.objects.filter(tenant=current_tenant(), user__in=people.known_people(email)).exists():
            raise ValidationError(_("This person is a member already."))
        if Invitation.objects.filter(email=email, accepted_at=None).exists():
            raise ValidationError(_("This person has an invitation already: send it again, or delete it."))
        return email


@admin.register(Invitation)
class InvitationAdmin(TenantModelAdmin):
    """Asked by e-mail to join. Deleting an invitation makes its link worthless."""

    form = InvitationForm
    help_texts = {"role": ROLES}
    when_empty = _("Colleagues join by invitation: add one, and they get an e-mail with a link.")
    list_display = ("email", "shown_role", "state", "sent_at", "by")
    list_filter = (("role", ChoicesDropdownFilter),)
    list_select_related = ("invited_by",)
    search_fields = ("email",)
    actions = ("resend",)
    fields = ("email", "role")

    def get_fields(self, request: HttpRequest, obj: Invitation | None = None) -> tuple[str, ...]:
        return ("email", "role", "answer", "sent_at", "by") if obj else ("email", "role")

    def get_readonly_fields(self, request: HttpRequest, obj: Invitation | None = None) -> tuple[str, ...]:
        return ("email", "role", "answer", "sent_at", "by") if obj else ()

    def has_change_permission(self, request: HttpRequest, obj: Invitation | None = None) -> bool:
        """What was sent cannot be written over."""
        return False

    def has_resend_permission(self, request: HttpRequest) -> bool:
        return self.has_add_permission(request)

    def save_model(self, request: HttpRequest, obj: Invitation, form: Any, change: bool) -> None:
        obj.invited_by = request.user  # type: ignore[assignment]
        super().save_model(request, obj, form, change)
        people.send(invitation=obj)

    @display(description=_("role"), ordering="role", label=True)
    def shown_role(self, invitation: Invitation) -> str:
        return capfirst(invitation.get_role_display())

    @display(description=_("state"), label={"waits": "info", "accepted": "success", "expired": "danger"})
    def state(self, invitation: Invitation) -> tuple[str, Any]:
        if invitation.accepted_at:
            return "accepted", _("accepted")
        return ("waits", _("waits for an answer")) if invitation.is_open else ("expired", _("expired"))

    @display(description=_("state"))
    def answer(self, invitation: Invitation) -> str:
        return str(self.state(invitation)[1])

    @display(description=_("invited by"), empty_value="–")
    def by(self, invitation: Invitation) -> str | None:
        """The name alone: only staff may follow a link to a person."""
        person = invitation.invited_by
        return (person.get_full_name() or person.get_username()) if person else None

    @admin.action(description=_("Send again"), permissions=["resend"])
    def resend(self, request: HttpRequest, queryset: QuerySet[Invitation]) -> None:
        invitations: Iterable[Invitation] = queryset
        for invitation in invitations:
            try:
                people.resend(invitation=invitation)
            except ValidationError as error:
                messages.error(request, " ".join(error.messages))
            else:
                messages.success(request, _("Sent again to %s.") % invitation.email)


class MembershipFormSet(forms.BaseInlineFormSet):  # type: ignore[type-arg]
    def clean(self) -> None:
        super().clean()
        for form in self.deleted_forms:
            if form.instance.pk and form.instance.is_last_owner():
                raise ValidationError(_("The last owner stays: make somebody else an owner first."))


class MembershipInline(Named, Permissions, TabularInline):
    model = Membership
    formset = MembershipFormSet
    extra = 0
    autocomplete_fields = ("tenant",)


@admin.register(User)
class UserAdmin(SiteModelAdmin, DjangoUserAdmin):  # type: ignore[misc, type-arg]
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
