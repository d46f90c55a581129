"""Two companies to look at: `demo` speaks French, `acme` English; docs/demo-data.md lists everything.

What is there already stays as it is, so the command may be run again at any time.
"""

from __future__ import annotations

import datetime
from argparse import ArgumentParser
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from companies.models import Customer
from companies.services import remember_caller, remember_company
from tenants.models import AsteriskServer, FaqEntry, Membership, OpeningHours, ProblemType, Tenant, TransferTarget
from tenants.scope import acting_for
from tenants.services import add_member, create_tenant
from tickets.services import create as open_by_hand

#: Everybody's, the administrator's too.
PASSWORD: Final = "voicebot-demo"
ADMINISTRATOR: Final = "admin"


@dataclass(frozen=True, kw_only=True)
class Demo:
    slug: str
    name: str
    language: str
    time_zone: str
    networks: tuple[str, ...]
    companies: tuple[str, ...]
    #: telephone, first name, last name, e-mail, company
    customers: tuple[tuple[str, str, str, str, str], ...]
    people: tuple[tuple[str, Membership.Role], ...]
    #: question, other wordings, spoken answer
    questions: tuple[tuple[str, str, str], ...]
    on_call: str


DEMO: Final = Demo(
    slug="demo",
    name="Démo Télécom",
    language="fr",
    time_zone="Europe/Paris",
    networks=("127.0.0.1/32", "127.0.0.2/32"),
    companies=(
        *("CARvertical", "Vetodok", "RCF Elec", "L'ONAsoft", "SNCF", "Total", "TechCorp", "DataSolutions"),
        *("CloudInnovate", "SecureNet", "MediaPlus", "Boulangerie Martin", "Clinique des Lilas", "Transports Girard"),
    ),
    # All but the first are numbers that the French regulator keeps free for fiction.
    customers=(
        ("+33612345678", "Pierre", "MARTIN", "pierre.martin@carvertical.example", "CARvertical"),
        ("+33639980001", "Marie", "DUBOIS", "marie.dubois@vetodok.example", "Vetodok"),
        ("+33639980002", "Julien", "LEFEBVRE", "julien.lefebvre@rcf-elec.example", "RCF Elec"),
        ("+33639980003", "Camille", "MOREAU", "camille.moreau@lonasoft.example", "L'ONAsoft"),
        ("+33639980004", "Ahmed", "BENALI", "ahmed.benali@techcorp.example", "TechCorp"),
        ("+33639980005", "Sophie", "GARCIA", "sophie.garcia@datasolutions.example", "DataSolutions"),
        ("+33639980006", "Thomas", "NGUYEN", "thomas.nguyen@cloudinnovate.example", "CloudInnovate"),
        ("+33639980007", "Élodie", "PETIT", "elodie.petit@securenet.example", "SecureNet"),
        ("+33199000008", "Nicolas", "GIRARD", "", "Transports Girard"),
        ("+33199000009", "Fatou", "DIALLO", "", "Clinique des Lilas"),
        ("+33639980010", "Lucas", "BERNARD", "lucas.bernard@carvertical.example", "CARvertical"),
        ("+33639980011", "Inès", "ROBERT", "ines.robert@vetodok.example", "Vetodok"),
        ("+33639980012", "Hugo", "RICHARD", "hugo.richard@rcf-elec.example", "RCF Elec"),
        ("+33639980013", "Chloé", "DURAND", "chloe.durand@lonasoft.example", "L'ONAsoft"),
        ("+33639980014", "Karim", "HADDAD", "karim.haddad@sncf.example", "SNCF"),
        ("+33639980015", "Manon", "SIMON", "manon.simon@total.example", "Total"),
        ("+33639980016", "Antoine", "LAURENT", "antoine.laurent@techcorp.example", "TechCorp"),
        ("+33639980017", "Léa", "MICHEL", "lea.michel@datasolutions.example", "DataSolutions"),
        ("+33639980018", "Yanis", "LEROY", "yanis.leroy@cloudinnovate.example", "CloudInnovate"),
        ("+33639980019", "Sarah", "ROUX", "sarah.roux@securenet.example", "SecureNet"),
        ("+33639980020", "Maxime", "DAVID", "maxime.david@mediaplus.example", "MediaPlus"),
        ("+33639980021", "Jade", "BERTRAND", "jade.bertrand@carvertical.example", "CARvertical"),
        ("+33639980022", "Nathan", "MOREL", "nathan.morel@vetodok.example", "Vetodok"),
        ("+33639980023", "Aïcha", "TRAORÉ", "aicha.traore@rcf-elec.example", "RCF Elec"),
        ("+33639980024", "Paul", "FOURNIER", "paul.fournier@lonasoft.example", "L'ONAsoft"),
        ("+33639980025", "Louise", "GIRAUD", "louise.giraud@sncf.example", "SNCF"),
        ("+33639980026", "Mathis", "BONNET", "mathis.bonnet@total.example", "Total"),
        ("+33639980027", "Zoé", "DUPONT", "zoe.dupont@techcorp.example", "TechCorp"),
        ("+33639980028", "Gabriel", "LAMBERT", "gabriel.lambert@datasolutions.example", "DataSolutions"),
        ("+33639980029", "Alice", "FONTAINE", "alice.fontaine@cloudinnovate.example", "CloudInnovate"),
        ("+33639980030", "Raphaël", "ROUSSEAU", "raphael.rousseau@securenet.example", "SecureNet"),
        ("+33639980031", "Emma", "VINCENT", "emma.vincent@mediaplus.example", "MediaPlus"),
        ("+33639980032", "Arthur", "MULLER", "arthur.muller@carvertical.example", "CARvertical"),
        ("+33639980033", "Rose", "LEFÈVRE", "rose.lefevre@vetodok.example", "Vetodok"),
        ("+33639980034", "Jules", "FAURE", "jules.faure@sncf.example", "SNCF"),
        ("+33639980035", "Anna", "ANDRÉ", "anna.andre@total.example", "Total"),
    ),
    people=(("demo-owner", Membership.Role.OWNER), ("demo-agent", Membership.Role.AGENT)),
    questions=(
        (
            "Quels sont vos horaires ?",
            "À quelle heure ouvrez-vous ?\nQuand est-ce que vous êtes ouverts ?\nVous fermez à quelle heure ?",
            "Nous répondons tous les jours, à toute heure.",
        ),
        (
            "Quelle est votre adresse ?",
            "Où êtes-vous situés ?\nOù se trouvent vos bureaux ?",
            "Nos bureaux se trouvent à Rennes, au douze, rue de la Monnaie.",
        ),
        (
            "Combien coûte une intervention ?",
            "Quel est le prix d'un dépannage ?\nQuels sont vos tarifs ?\nEst-ce que c'est payant ?",
            "Le dépannage par téléphone est compris dans votre abonnement. Un déplacement coûte soixante euros.",
        ),
    ),
    on_call="Astreinte",
)
ACME: Final = Demo(
    slug="acme",
    name="Acme",
    language="en",
    time_zone="Europe/London",
    networks=("127.0.0.3/32",),
    companies=("Globex", "Initech", "Umbrella Books", "Hooli"),
    # Numbers that the British regulator keeps free for fiction.
    customers=(
        ("+447700900001", "Emma", "SMITH", "emma.smith@globex.example", "Globex"),
        ("+447700900002", "Oliver", "JONES", "oliver.jones@initech.example", "Initech"),
    ),
    people=(("acme-owner", Membership.Role.OWNER), ("acme-agent", Membership.Role.AGENT)),
    questions=(
        (
            "What are your opening hours?",
            "When are you open?\nWhat time do you close?",
            "We answer every day, at any hour.",
        ),
        (
            "What is your address?",
            "Where are you located?\nWhere is your office?",
            "Our office is in Leeds, at twelve Albion Street.",
        ),
        (
            "How much does a visit cost?",
            "What are your prices?\nDo I have to pay for this?",
            "Help on the telephone is part of your contract. A visit costs sixty pounds.",
        ),
    ),
    on_call="On call",
)
#: Who has an open ticket, so that a call from this number meets the question about it.
WAITING: Final = "+33639980001"


class Command(BaseCommand):
    help = "Create the demo companies, their people and their customers."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--force", action="store_true", help="also into what looks like a production database")

    def handle(self, *, force: bool, **_options: Any) -> None:
        if settings.DATABASE_URL and not settings.DEBUG and not force:
            raise CommandError(
                "DATABASE_URL is set and DEBUG is off: this looks like production, and the demo's passwords are "
                "public. Use --force if you are sure."
            )
        seed()
        self.stdout.write(f"Companies: {DEMO.slug} ({', '.join(DEMO.networks)}), {ACME.slug} ({ACME.networks[0]})")
        people = [ADMINISTRATOR, *(username for demo in (DEMO, ACME) for username, _role in demo.people)]
        self.stdout.write(f"Sign in at {settings.SITE_URL}/admin/ as {', '.join(people)}; password: {PASSWORD}")


@transaction.atomic
def seed() -> None:
    """The platform's administrator, and both companies with their people."""
    person(ADMINISTRATOR, is_superuser=True)
    for demo in (DEMO, ACME):
        tenant = Tenant.objects.filter(slug=demo.slug).first()
        if tenant is None:
            tenant = create_tenant(slug=demo.slug, name=demo.name, language=demo.language)
            tenant.time_zone = demo.time_zone
            tenant.save(update_fields=["time_zone"])
        for username, role in demo.people:
            if not tenant.memberships.filter(user=(user := person(username))).exists():
                add_member(tenant=tenant, user=user, role=role)
        with acting_for(tenant):
            furnish(demo)


@cache
def password_hash() -> str:
    """Hashing is slow on purpose; one public password needs it once."""
    return make_password(PASSWORD)


def person(username: str, *, is_superuser: bool = False) -> User:
    known = User.objects.filter(username=username).first()
    return known or User.objects.create(
        username=username, password=password_hash(), is_staff=True, is_superuser=is_superuser
    )


def furnish(demo: Demo) -> None:
    """The rows of the company acted for, where they are missing."""
    for number, network in enumerate(demo.networks, start=1):
        AsteriskServer.objects.get_or_create(network=network, defaults={"name": f"{demo.name} {number}"})
    for name in demo.companies:
        remember_company(name=name)
    if not OpeningHours.objects.filter(transfer_target=None).exists():  # around the clock: the demo always answers
        midnight = datetime.time()
        OpeningHours.objects.bulk_create(
            OpeningHours(weekday=weekday, opens=midnight, closes=midnight) for weekday in OpeningHours.Weekday
        )
    for position, (question, other_wordings, answer) in enumerate(demo.questions):
        FaqEntry.objects.get_or_create(
            question=question,
            language=demo.language,
            defaults={"other_wordings": other_wordings, "answer": answer, "position": position},
        )
    TransferTarget.objects.get_or_create(
        extension="oncall", defaults={"name": demo.on_call, "position": 1, "is_on_call": True}
    )
    known = set(Customer.objects.values_list("phone_number", flat=True))
    for phone_number, first_name, last_name, email, company in demo.customers:
        if phone_number not in known:
            remember_caller(
                phone_number=phone_number, first_name=first_name, last_name=last_name, email=email, company=company
            )
    waiting = Customer.objects.filter(phone_number=WAITING, tickets=None).first()
    if waiting is not None:
        problem = ProblemType.objects.filter(code="internet").first()
        open_by_hand(
            customer=waiting,
            company=waiting.company,
            phone_number=waiting.phone_number,
            client_name=waiting.full_name,
            client_email=waiting.email,
            problem_type=problem,
            description="La fibre est coupée depuis ce matin.",
            tag=problem.tag if problem else "",
        )
