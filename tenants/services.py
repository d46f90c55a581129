"""The verbs that write company accounts and their people."""

from __future__ import annotations

import datetime
import time
from collections.abc import Iterable

from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Max
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_noop

from tenants import audit, presets, public_holidays
from tenants.middleware import ACTING_KEY, SESSION_KEY, tenants_of
from tenants.models import (
    AsteriskServer,
    Holiday,
    Keyword,
    Membership,
    OpeningHours,
    Phrase,
    PhraseChange,
    ProblemType,
    RemedyStep,
    Tenant,
    TransferTarget,
)
from tenants.presets import PresetProblem
from tenants.scope import acting_for

BEGAN = gettext_noop("Began to act for the company.")
ACTING_SECONDS = 3600
CEASED = gettext_noop("Ceased to act for the company.")


@transaction.atomic
def create_tenant(
    *, slug: str, name: str, language: str, owner: User | None = None, announces_recording: bool = False
) -> Tenant:
    """A company account that can take calls at once: everything of the language's preset is its own.

    Raises ValidationError with a message per field: a slug that is taken or misspelt,
    a language without preset.
    """
    tenant = Tenant(slug=slug, name=name, language=language, announces_recording=announces_recording)
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
    Keyword.objects.bulk_create(
        Keyword(text=word.text, kind=word.kind, boost=word.boost, replacement=word.replacement)
        for word in presets.keywords(language)
    )
    for preset in presets.problem_types(language):
        add_preset_problem(preset=preset)
    transfer = presets.transfer(language)
    TransferTarget.objects.create(name=transfer.name, extension=transfer.extension)


@transaction.atomic
def add_preset_problem(*, preset: PresetProblem) -> ProblemType:
    """A kind of problem of the preset, with its remedy and words, behind those of the tenant acted for.

    Words that name another problem already are left to that. Raises ValidationError when its code is taken.
    """
    last = ProblemType.objects.aggregate(last=Max("position"))["last"]
    problem = ProblemType(
        code=preset.code,
        name=preset.name,
        tag=preset.tag,
        severity=preset.severity,
        cuts_fixed_line=preset.cuts_fixed_line,
        position=0 if last is None else last + 1,
    )
    problem.full_clean()
    problem.save()
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
    taken = set(Keyword.objects.filter(kind=Keyword.Kind.PROBLEM).values_list("text", flat=True))
    Keyword.objects.bulk_create(
        Keyword(text=text, kind=Keyword.Kind.PROBLEM, boost=boost, problem_type=problem)
        for text, boost in preset.keywords.items()
        if text not in taken
    )
    return problem


@transaction.atomic
def add_member(*, tenant: Tenant, user: User, role: Membership.Role) -> Membership:
    """Give `user` a role in `tenant`, instead of the one that they may have had there."""
    membership, _created = Membership.objects.update_or_create(tenant=tenant, user=user, defaults={"role": role})
    return membership


def switch_tenant(*, request: HttpRequest, tenant: Tenant | None, reason: str = "") -> None:
    """From the next request on, the signed-in person acts for `tenant`; None: for whom they act by default.

    Platform staff give a reason, and have an hour. Raises PermissionDenied for a tenant that
    is not theirs, or staff without a reason. Leaves an entry in the company's audit log.
    """
    is_staff = request.user.is_superuser
    if tenant is not None and (not tenants_of(request.user).filter(pk=tenant.pk).exists() or (is_staff and not reason)):
        raise PermissionDenied
    left = request.session.pop(SESSION_KEY, None)
    request.session.pop(ACTING_KEY, None)
    if left is not None and (about := Tenant.objects.filter(pk=left).first()):
        audit.record(action=audit.Action.ACCESS, row=about, request=request, detail=CEASED)
    if tenant is None:
        return
    request.session[SESSION_KEY] = tenant.pk
    if is_staff:
        request.session[ACTING_KEY] = {"until": time.time() + ACTING_SECONDS, "reason": reason}
    why = [{"field": "", "old": "", "new": reason}] if reason else []
    audit.record(action=audit.Action.ACCESS, row=tenant, request=request, detail=BEGAN, changes=why)


# --- Phrases ---


@transaction.atomic
def draft_phrase(*, phrase: Phrase, text: str, by: User | None) -> None:
    """Keep `text` for `phrase` (stored or not) until it is published; the text that is heard already is no draft.

    Raises ValidationError for a text that could not be spoken.
    """
    text = text.strip()
    phrase.draft = "" if text == phrase.live_text else text
    phrase.drafted_by = by if phrase.draft else None
    phrase.full_clean()
    phrase.save()


@transaction.atomic
def draft_phrases(*, rows: Iterable[tuple[str, str, str]], by: User | None) -> int:
    """Drafts of (key, language, text), all or none; how many. Raises ValidationError."""
    own = {(phrase.key, phrase.language): phrase for phrase in Phrase.objects.all()}
    count = 0
    for key, language, text in rows:
        phrase = own.get((key, language)) or Phrase(key=key, language=language)
        draft_phrase(phrase=phrase, text=text, by=by)
        count += 1
    return count


@transaction.atomic
def discard_drafts(*, key: str = "", language: str = "") -> int:
    """Throw the draft of a phrase away, or all of the tenant acted for; how many there were."""
    drafts = Phrase.objects.exclude(draft="")
    if key:
        drafts = drafts.filter(key=key, language=language)
    return drafts.update(draft="", drafted_by=None)


@transaction.atomic
def publish_drafts(*, by: User | None) -> list[PhraseChange]:
    """All drafts of the tenant acted for are heard from the next call on, or none.

    Returns what has changed; the caller has it spoken (`providers.services.phrases_changed`).
    Raises ValidationError naming a phrase whose draft cannot be spoken.
    """
    phrases = list(Phrase.objects.select_for_update().exclude(draft=""))
    changes = []
    for phrase in phrases:
        before, phrase.text, phrase.draft, phrase.drafted_by = phrase.live_text, phrase.draft, "", None
        try:
            phrase.full_clean()
        except ValidationError as error:
            raise ValidationError(f"{phrase}: {' '.join(error.messages)}") from None
        phrase.save()
        changes.append(PhraseChange(phrase=phrase, before=before, after=phrase.text, changed_by=by))
    return PhraseChange.objects.bulk_create(changes)


# --- Hours ---


@transaction.atomic
def set_week(*, rows: Iterable[tuple[int, datetime.time, datetime.time]]) -> None:
    """The company's own hours are (weekday, opens, closes) from the next call on; none: it always answers.

    The rows do not overlap.
    """
    OpeningHours.objects.filter(transfer_target=None).delete()
    OpeningHours.objects.bulk_create(
        OpeningHours(weekday=weekday, opens=opens, closes=closes) for weekday, opens, closes in rows
    )


@transaction.atomic
def add_public_holidays(*, today: datetime.date) -> int:
    """The public holidays of France that the tenant acted for has not got yet; how many were added."""
    own = list(Holiday.objects.all())
    dates = {holiday.date for holiday in own}
    yearly = {(holiday.date.month, holiday.date.day) for holiday in own if holiday.every_year}
    added = [
        Holiday(date=holiday.date, name=holiday.name, every_year=holiday.every_year)
        for holiday in public_holidays.of_france(today)
        if holiday.date not in dates and (holiday.date.month, holiday.date.day) not in yearly
    ]
    return len(Holiday.objects.bulk_create(added))


def server_announced(*, server: AsteriskServer, address: str | None) -> None:
    """Remember that a server's dialplan works, and where it asks from; a busy one is written once a minute."""
    if address is None:
        return
    now = timezone.now()
    is_news = server.announced_at is None or server.announced_at < now - datetime.timedelta(minutes=1)
    if is_news or server.announced_from != address:
        AsteriskServer.objects.filter(pk=server.pk).update(announced_at=now, announced_from=address)


def heard_voice(*, tenant: Tenant, voice: str) -> None:
    """Somebody of the company has listened to a voice (its id; empty: the platform's)."""
    if tenant.heard_voice != voice:
        Tenant.objects.filter(pk=tenant.pk).update(heard_voice=voice)


def phrases_reviewed(*, tenant: Tenant) -> None:
    """Somebody of the company has read the phrases, and keeps them."""
    Tenant.objects.filter(pk=tenant.pk).update(phrases_reviewed_at=timezone.now())


def close_first_steps(*, tenant: Tenant) -> None:
    """The checklist is done with: it shows on the dashboard no more."""
    Tenant.objects.filter(pk=tenant.pk).update(first_steps_closed_at=timezone.now())
