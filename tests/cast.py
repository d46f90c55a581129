"""The cast of every suite: two companies that must never see each other.

Alpha has an owner and a teammate; Bravo has the outsider; the platform has staff.
Each company has one row of every owned model, and its name is in every text of it,
so that 'Bravo' in an answer to somebody of Alpha is a leak.
"""

from __future__ import annotations

import dataclasses
import datetime
import uuid
from dataclasses import dataclass
from decimal import Decimal
from importlib import import_module

from django.apps import apps
from django.contrib.auth.models import User

from calls.models import Announcement, Call, SpendDay, SpendLimit, Turn, Usage
from companies.models import Company, Customer, Import
from providers.models import Price
from providers.prices import billing_day
from tenants.models import (
    SCOPES,
    ApiKey,
    AsteriskServer,
    AuditEntry,
    ClonedVoice,
    ConnectionTest,
    FaqEntry,
    Holiday,
    IdempotentAnswer,
    Invitation,
    Keyword,
    Membership,
    OpeningHours,
    Phrase,
    PhraseChange,
    PhraseRun,
    ProblemType,
    Pronunciation,
    RemedyStep,
    Tenant,
    Tombstone,
    TransferTarget,
    VendorChoice,
    VendorKey,
    WebhookAttempt,
    WebhookEndpoint,
    WebhookMessage,
    digest_token,
)
from tenants.scope import TenantModel, acting_for, configuring
from tickets.models import Comment, RoiDay, Ticket, WeeklyReport


@dataclass(frozen=True, kw_only=True)
class House:
    """A tenant and one row of each kind that it owns."""

    tenant: Tenant
    server: AsteriskServer
    transfer_target: TransferTarget
    night_target: TransferTarget  # switched off, so that its hours matter to nobody
    opening_hours: OpeningHours  # of the night target: the house is always open
    holiday: Holiday
    phrase: Phrase
    phrase_change: PhraseChange
    phrase_run: PhraseRun
    connection_test: ConnectionTest
    pronunciation: Pronunciation
    vendor_choice: VendorChoice
    vendor_key: VendorKey
    cloned_voice: ClonedVoice
    faq_entry: FaqEntry
    problem_type: ProblemType
    step: RemedyStep
    api_key: ApiKey
    idempotent_answer: IdempotentAnswer
    tombstone: Tombstone
    keyword: Keyword
    webhook: WebhookEndpoint  # switched off, so that nothing that a test does is told
    webhook_message: WebhookMessage
    webhook_attempt: WebhookAttempt
    company: Company
    customer: Customer
    import_run: Import
    announcement: Announcement
    call: Call
    turn: Turn
    usage: Usage
    spend_day: SpendDay
    spend_limit: SpendLimit  # so high that nobody reaches it
    ticket: Ticket
    weekly_report: WeeklyReport
    comment: Comment
    audit_entry: AuditEntry
    roi_day: RoiDay
    invitation: Invitation

    @property
    def rows(self) -> list[TenantModel]:
        values = (getattr(self, field.name) for field in dataclasses.fields(self))
        return [value for value in values if isinstance(value, TenantModel)]


@dataclass(frozen=True, kw_only=True)
class Cast:
    alpha: House
    bravo: House
    owner: User  # of Alpha
    teammate: User  # of Alpha, an agent
    outsider: User  # owner of Bravo
    staff: User  # of the platform, member of nothing


def secret_of(name: str) -> str:
    """What the house `name` opens the API with."""
    return f"vbk_{name.lower()}"


def api_key(name: str) -> ApiKey:
    """A key that may everything."""
    return ApiKey.objects.create(
        name=f"{name} CRM",
        scopes=[scope for scope, _label in SCOPES],
        shown=secret_of(name),
        digest=digest_token(secret_of(name)),
    )


def list_prices() -> None:
    """What the migrations write; a transactional test before this one may have emptied the tables."""
    lists = [import_module(f"providers.migrations.{name}") for name in ("0002_list_prices", "0003_more_list_prices")]
    if Price.objects.count() < sum(len(each.PRICES) for each in lists):
        for each in lists:
            each.add_prices(apps, None)


def house(name: str, *, network: str, phone_number: str) -> House:
    """A company account `name`, and one row of everything it can own."""
    tenant = Tenant.objects.create(slug=name.lower(), name=name)
    with acting_for(tenant), configuring(Phrase):
        server = AsteriskServer.objects.create(name=f"{name} Asterisk", network=network)
        problem_type = ProblemType.objects.create(code="internet", name=f"{name} internet", tag="FIBRE_SYNCHRO")
        company = Company.objects.create(name=f"{name} Client")
        night_target = TransferTarget.objects.create(
            name=f"{name} nuit", extension="night", position=1, is_active=False
        )
        customer = Customer.objects.create(
            phone_number=phone_number, first_name="Pierre", last_name=f"MARTIN-{name}", company=company
        )
        call = Call.objects.create(
            uuid=uuid.uuid4(),
            server=server,
            phone_number=phone_number,
            customer=customer,
            problem_type=problem_type,
            worker=f"{name} worker",
        )
        phrase = Phrase.objects.create(key="welcome", text=f"Bienvenue chez {name}.")
        ticket = Ticket.objects.create(
            call=call,
            customer=customer,
            company=company,
            phone_number=phone_number,
            client_name=customer.full_name,
            problem_type=problem_type,
            description=f"{name} n'a plus internet",
        )
        webhook = WebhookEndpoint.objects.create(
            name=f"{name} CRM", url=f"https://{name.lower()}.example/hooks", is_active=False
        )
        webhook_message = WebhookMessage.objects.create(
            endpoint=webhook,
            event="ticket.created",
            subject=f"ticket:{name}",
            body=f'{{"type":"ticket.created","data":{{"client_name":"{name}"}}}}',
            state=WebhookMessage.State.DEAD,
        )
        return House(
            tenant=tenant,
            server=server,
            transfer_target=TransferTarget.objects.create(name=f"{name} technicien", extension="technician"),
            night_target=night_target,
            opening_hours=OpeningHours.objects.create(
                weekday=OpeningHours.Weekday.MONDAY,
                opens=datetime.time(20),
                closes=datetime.time(),
                transfer_target=night_target,
            ),
            holiday=Holiday.objects.create(date=datetime.date(2000, 1, 1), name=f"{name} holiday"),
            phrase=phrase,
            phrase_change=PhraseChange.objects.create(
                phrase=phrase, before=f"Bonjour de {name}.", after=f"Bienvenue chez {name}."
            ),
            phrase_run=PhraseRun.objects.create(state=PhraseRun.State.FAILED, reason=f"{name} is out of credits"),
            connection_test=ConnectionTest.objects.create(
                server=server,
                state=ConnectionTest.State.DONE,
                steps=[{"key": "ami", "state": "poor", "code": "denied", "values": {"user": f"{name} user"}}],
            ),
            vendor_choice=VendorChoice.objects.create(
                kind=VendorChoice.Kind.LANGUAGE_MODEL, provider="groq", model=f"{name} model"
            ),
            vendor_key=VendorKey.objects.create(provider="groq", api_key=f"{name} secret"),
            pronunciation=Pronunciation.objects.create(written=f"{name}net", spoken=f"{name} nette"),
            cloned_voice=ClonedVoice.objects.create(
                name=f"Voix de {name}",
                voice_id=f"voice-of-{name.lower()}",
                consent_by=f"Claire {name}",
                consent_statement=f"{name} may speak with my voice.",
            ),
            api_key=api_key(name),
            idempotent_answer=IdempotentAnswer.objects.create(who="key 0", key=name, body={"name": name}),
            tombstone=Tombstone.objects.create(resource="customers", object_id="0", external_id=f"{name}-0"),
            faq_entry=FaqEntry.objects.create(
                question=f"Où se trouve {name} ?", answer=f"{name} se trouve à Concarneau, près du port."
            ),
            problem_type=problem_type,
            step=RemedyStep.objects.create(problem_type=problem_type, text=f"Redémarrez la box de {name}."),
            keyword=Keyword.objects.create(
                text=f"box {name.lower()}", kind=Keyword.Kind.PROBLEM, problem_type=problem_type
            ),
            webhook=webhook,
            webhook_message=webhook_message,
            webhook_attempt=WebhookAttempt.objects.create(
                message=webhook_message, seconds=0.2, status_code=500, excerpt=f"{name} is out of order"
            ),
            company=company,
            customer=customer,
            import_run=Import.objects.create(
                kind=Import.Kind.CUSTOMERS,
                file_name=f"{name}.csv",
                columns=["phone_number", "last_name"],
                rows=[[2, {"phone_number": "0699999999", "last_name": f"{name} Petit"}]],
                total=1,
            ),
            announcement=Announcement.objects.create(
                call_uuid=uuid.uuid4(), server=server, phone_number=phone_number, caller_name=f"{name} caller"
            ),
            call=call,
            turn=Turn.objects.create(
                call=call,
                position=1,
                speaker=Turn.Speaker.CALLER,
                text=f"Bonjour {name}, ma box clignote.",
                started_at=1.0,
                ended_at=3.0,
            ),
            usage=Usage.objects.create(
                call=call,
                kind=Usage.Kind.SPEECH_TO_TEXT,
                provider="deepgram",
                model=f"{name} model",
                audio_seconds=Decimal("3.000"),
                cost_eur=Decimal("0.00030000"),
            ),
            spend_day=SpendDay.objects.create(day=billing_day(), cost_eur=Decimal("0.00030000")),
            spend_limit=SpendLimit.objects.create(month_eur=Decimal("9000000.00")),
            ticket=ticket,
            invitation=Invitation.objects.create(email=f"claire@{name.lower()}.example"),
            weekly_report=WeeklyReport.objects.create(monday=datetime.date(2000, 1, 3)),
            audit_entry=AuditEntry.objects.create(
                person_name=f"{name} owner",
                action=AuditEntry.Action.CHANGE,
                model="tickets.ticket",
                object_id=str(ticket.pk),
                label=f"{name} ticket",
                changes=[{"field": "status", "old": f"{name} old", "new": f"{name} new"}],
            ),
            comment=Comment.objects.create(ticket=ticket, text=f"{name} a été rappelé."),
            roi_day=RoiDay.objects.create(day=datetime.date(2000, 1, 1), calls=1, resolved=1),
        )


def person(username: str, tenant: Tenant, role: Membership.Role) -> User:
    """Somebody of a company who may open the admin; signs in with `force_login` only."""
    user = User.objects.create_user(username, is_staff=True)
    Membership.objects.create(user=user, tenant=tenant, role=role)
    return user


def assemble() -> Cast:
    list_prices()
    alpha = house("Alpha", network="192.0.2.0/28", phone_number="+33612345678")
    bravo = house("Bravo", network="198.51.100.7", phone_number="+33687654321")
    return Cast(
        alpha=alpha,
        bravo=bravo,
        owner=person("owner", alpha.tenant, Membership.Role.OWNER),
        teammate=person("teammate", alpha.tenant, Membership.Role.AGENT),
        outsider=person("outsider", bravo.tenant, Membership.Role.OWNER),
        staff=User.objects.create_superuser("staff"),
    )
