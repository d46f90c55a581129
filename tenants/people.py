"""Who joins a company, with which role, and who leaves it."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.models import User
from django.core import signing
from django.core.exceptions import ValidationError
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext, gettext_noop, override
from django.utils.translation import gettext_lazy as _

from tenants import audit
from tenants.models import Invitation, Membership, Tenant
from tenants.models.people import INVITATION_DAYS, new_nonce
from tenants.scope import acting_for

SALT = "tenants.invitation"
ACCEPTED = gettext_noop("Accepted the invitation.")


def send(*, invitation: Invitation) -> None:
    """E-mail the link of a new invitation once it is stored."""
    transaction.on_commit(lambda: _mail(invitation))


@transaction.atomic
def resend(*, invitation: Invitation) -> None:
    """A new link with a new term; the old link is dead. Raises ValidationError for one that was accepted."""
    if invitation.accepted_at:
        raise ValidationError(_("%(email)s has accepted already."), params={"email": invitation.email})
    invitation.nonce, invitation.sent_at = new_nonce(), timezone.now()
    invitation.save(update_fields=["nonce", "sent_at"])
    send(invitation=invitation)


def link_of(invitation: Invitation) -> str:
    """The address that the mail holds: signed, for one invitation, until it is sent again."""
    token = signing.dumps([invitation.tenant_id, invitation.pk, invitation.nonce], salt=SALT)
    return settings.SITE_URL + reverse("admin:invitation", args=[token])


def invitation_of(token: str) -> Invitation | None:
    """The open invitation of a link; None when it is forged, too old, used, replaced or withdrawn."""
    try:
        tenant_id, key, nonce = signing.loads(token, salt=SALT, max_age=INVITATION_DAYS * 86400)
    except (signing.BadSignature, ValueError):
        return None
    tenant = Tenant.objects.filter(pk=tenant_id, is_active=True).first()
    if tenant is None:
        return None
    with acting_for(tenant):
        found = Invitation.objects.select_related("tenant").filter(pk=key, nonce=nonce).first()
    return found if found and found.is_open else None


def known_people(email: str) -> QuerySet[User]:
    """Those who sign in with this address already."""
    return User.objects.filter(Q(email__iexact=email) | Q(username__iexact=email))


@transaction.atomic
def accept(*, invitation: Invitation, user: User, request: HttpRequest) -> Membership:
    """`user` joins. Raises ValidationError when the invitation was used in the meantime."""
    with acting_for(invitation.tenant):
        row = Invitation.objects.select_for_update().filter(pk=invitation.pk, nonce=invitation.nonce).first()
        if row is None or not row.is_open:
            raise ValidationError(_("This invitation is no longer valid."))
        row.accepted_at = timezone.now()
        row.save(update_fields=["accepted_at"])
        if not user.is_staff:  # the right to open the admin, which memberships then govern
            user.is_staff = True
            user.save(update_fields=["is_staff"])
        membership, _created = Membership.objects.get_or_create(
            tenant=invitation.tenant, user=user, defaults={"role": invitation.role}
        )
        request.user = user
        audit.record(action=audit.Action.ADD, row=membership, request=request, detail=ACCEPTED)
    return membership


@transaction.atomic
def remove(*, membership: Membership) -> None:
    """The person leaves the company. Raises ValidationError for its last owner."""
    Tenant.objects.select_for_update().get(pk=membership.tenant_id)  # two owners may remove each other
    if membership.is_last_owner():
        raise ValidationError(_("The last owner stays: make somebody else an owner first."))
    membership.delete()


def _mail(invitation: Invitation) -> None:
    tenant = invitation.tenant
    with override(tenant.language):
        context = {
            "tenant": tenant,
            "role": invitation.get_role_display(),
            "link": link_of(invitation),
            "days": INVITATION_DAYS,
            "invited_by": invitation.invited_by.get_full_name() if invitation.invited_by else "",
        }
        mail = EmailMultiAlternatives(
            gettext("Join %(company)s on Voicebot") % {"company": tenant.name},
            render_to_string("mail/invitation.txt", context),
            to=[invitation.email],
        )
        mail.attach_alternative(render_to_string("mail/invitation.html", context), "text/html")
        mail.send()
