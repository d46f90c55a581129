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

from django.contrib.auth.models import User

from calls.models import Announcement, Call, SpendDay, SpendLimit, Turn, Usage
from companies.models import Company, Customer
from providers.prices import billing_day
from tenants.models import (
    AsteriskServer,
    ClonedVoice,
    FaqEntry,
    Holiday,
    Keyword,
    Membership,
    OpeningHours,
    Phrase,
    PhraseRun,
    ProblemType,
    Pronunciation,
    RemedyStep,
    Tenant,
    TransferTarget,
    VendorChoice,
    VendorKey,
)
from tenants.scope import TenantModel, acting_for
from tickets.models import Comment, Ticket


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
    phrase_run: PhraseRun
    pronunciation: Pronunciation
    vendor_choice: VendorChoice
    vendor_key: VendorKey
    cloned_voice: ClonedVoice
    faq_entry: FaqEntry
    problem_type: ProblemType
    step: RemedyStep
    keyword: Keyword
    company: Company
    customer: Customer
    announcement: Announcement
    call: Call
    turn: Turn
    usage: Usage
    spend_day: SpendDay
    spend_limit: SpendLimit  # so high that nobody reaches it
    ticket: Ticket
    comment: Comment

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


def house(name: str, *, network: str, phone_number: str) -> House:
    """A company account `name`, and one row of everything it can own."""
    tenant = Tenant.objects.create(slug=name.lower(), name=name)
    with acting_for(tenant):
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
        ticket = Ticket.objects.create(
            call=call,
            customer=customer,
            company=company,
            phone_number=phone_number,
            client_name=customer.full_name,
            problem_type=problem_type,
            description=f"{name} n'a plus internet",
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
            phrase=Phrase.objects.create(key="welcome", text=f"Bienvenue chez {name}."),
            phrase_run=PhraseRun.objects.create(state=PhraseRun.State.FAILED, reason=f"{name} is out of credits"),
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
            faq_entry=FaqEntry.objects.create(
                question=f"Où se trouve {name} ?", answer=f"{name} se trouve à Concarneau, près du port."
            ),
            problem_type=problem_type,
            step=RemedyStep.objects.create(problem_type=problem_type, text=f"Redémarrez la box de {name}."),
            keyword=Keyword.objects.create(
                text=f"box {name.lower()}", kind=Keyword.Kind.PROBLEM, problem_type=problem_type
            ),
            company=company,
            customer=customer,
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
            comment=Comment.objects.create(ticket=ticket, text=f"{name} a été rappelé."),
        )


def person(username: str, tenant: Tenant, role: Membership.Role) -> User:
    """Somebody of a company who may open the admin; signs in with `force_login` only."""
    user = User.objects.create_user(username, is_staff=True)
    Membership.objects.create(user=user, tenant=tenant, role=role)
    return user


def assemble() -> Cast:
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
