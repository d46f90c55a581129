"""The verbs that write company accounts and their people."""

from __future__ import annotations

from typing import cast

from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest

from tenants import presets
from tenants.middleware import SESSION_KEY, tenants_of
from tenants.models import Keyword, Membership, Phrase, ProblemType, RemedyStep, Tenant, TransferTarget
from tenants.scope import acting_for


@transaction.atomic
def create_tenant(*, slug: str, name: str, language: str, owner: User | None = None) -> Tenant:
    """A company account that can take calls at once: everything of the language's preset is its own.

    Raises ValidationError with a message per field: a slug that is taken or misspelt,
    a language without preset.
    """
    tenant = Tenant(slug=slug, name=name, language=language)
    tenant.full_clean()
    tenant.save()
    with acting_for(tenant):
        _copy_preset(language)
    if owner is not None:
        add_member(tenant=tenant, user=owner, role=Membership.Role.OWNER)
    return tenant


def _copy_preset(language: str) -> None:
    Phrase.objects.bulk_create(
        Phrase(key=phrase.key, language=language, text=phrase.text) for phrase in presets.phrases(language).values()
    )
    keywords = [
        Keyword(text=word.text, kind=word.kind, boost=word.boost, replacement=word.replacement)
        for word in presets.keywords(language)
    ]
    for position, preset in enumerate(presets.problem_types(language)):
        problem = ProblemType.objects.create(
            code=preset.code,
            name=preset.name,
            tag=preset.tag,
            severity=preset.severity,
            cuts_fixed_line=preset.cuts_fixed_line,
            position=position,
        )
        RemedyStep.objects.bulk_create(
            RemedyStep(
                problem_type=problem,
                position=order,
                text=step.text,
                can_be_interrupted=step.interruptible,
                wait_seconds=step.wait_seconds,
            )
            for order, step in enumerate(preset.steps)
        )
        keywords += [
            Keyword(text=text, kind=Keyword.Kind.PROBLEM, boost=boost, problem_type=problem)
            for text, boost in preset.keywords.items()
        ]
    Keyword.objects.bulk_create(keywords)
    transfer = presets.transfer(language)
    TransferTarget.objects.create(name=transfer.name, extension=transfer.extension)


@transaction.atomic
def add_member(*, tenant: Tenant, user: User, role: Membership.Role) -> Membership:
    """Give `user` a role in `tenant`, instead of the one that they may have had there."""
    membership, _created = Membership.objects.update_or_create(tenant=tenant, user=user, defaults={"role": role})
    return membership


def switch_tenant(*, request: HttpRequest, tenant: Tenant | None) -> None:
    """From the next request on, the signed-in person acts for `tenant`; None: for whom they act by default.

    Raises PermissionDenied for a tenant that is not theirs. Leaves a line in the admin's log.
    """
    if tenant is not None and not tenants_of(request.user).filter(pk=tenant.pk).exists():
        raise PermissionDenied
    left = request.session.pop(SESSION_KEY, None)
    if tenant is not None:
        request.session[SESSION_KEY] = tenant.pk
    if about := tenant or Tenant.objects.filter(pk=left).first():
        message = "Began to act for the company." if tenant else "Ceased to act for the company."
        LogEntry.objects.log_actions(cast(int, request.user.pk), [about], CHANGE, message, single_object=True)
