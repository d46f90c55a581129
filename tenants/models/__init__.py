"""A tenant, its people, and what a company configures."""

from tenants.models.accounts import Membership, Tenant, validate_time_zone
from tenants.models.hours import Holiday, OpeningHours
from tenants.models.problems import Keyword, ProblemType, RemedyStep, Severity
from tenants.models.speech import FaqEntry, Phrase
from tenants.models.telephony import AsteriskServer, TransferTarget, digest_token, new_token, validate_network
from tenants.models.vendors import VendorChoice, VendorKey
from tenants.models.voices import ClonedVoice, PhraseRun, Pronunciation

__all__ = [
    "AsteriskServer",
    "ClonedVoice",
    "FaqEntry",
    "Holiday",
    "Keyword",
    "Membership",
    "OpeningHours",
    "Phrase",
    "PhraseRun",
    "ProblemType",
    "Pronunciation",
    "RemedyStep",
    "Severity",
    "Tenant",
    "TransferTarget",
    "VendorChoice",
    "VendorKey",
    "digest_token",
    "new_token",
    "validate_network",
    "validate_time_zone",
]
