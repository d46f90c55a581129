"""A tenant, its people, and what a company configures."""

from tenants.models.accounts import Membership, Tenant, validate_time_zone
from tenants.models.api import SCOPES, ApiKey, IdempotentAnswer
from tenants.models.audit import AuditEntry
from tenants.models.connection import ConnectionTest
from tenants.models.hours import Holiday, OpeningHours
from tenants.models.jobs import JobRun
from tenants.models.people import Authenticator, Invitation, SignIn
from tenants.models.problems import Keyword, ProblemType, RemedyStep, Severity
from tenants.models.speech import FaqEntry, Phrase, PhraseChange
from tenants.models.telephony import AsteriskServer, TransferTarget, digest_token, new_token, validate_network
from tenants.models.vendors import VendorChoice, VendorKey
from tenants.models.voices import ClonedVoice, PhraseRun, Pronunciation
from tenants.models.webhooks import WebhookAttempt, WebhookEndpoint, WebhookEvent, WebhookMessage
from tenants.sync import Tombstone

__all__ = [
    "SCOPES",
    "ApiKey",
    "AsteriskServer",
    "AuditEntry",
    "Authenticator",
    "ClonedVoice",
    "ConnectionTest",
    "FaqEntry",
    "Holiday",
    "IdempotentAnswer",
    "Invitation",
    "JobRun",
    "Keyword",
    "Membership",
    "OpeningHours",
    "Phrase",
    "PhraseChange",
    "PhraseRun",
    "ProblemType",
    "Pronunciation",
    "RemedyStep",
    "Severity",
    "SignIn",
    "Tenant",
    "Tombstone",
    "TransferTarget",
    "VendorChoice",
    "VendorKey",
    "WebhookAttempt",
    "WebhookEndpoint",
    "WebhookEvent",
    "WebhookMessage",
    "digest_token",
    "new_token",
    "validate_network",
    "validate_time_zone",
]
