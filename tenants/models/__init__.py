"""A tenant, its people, and what a company configures."""

from tenants.models.accounts import Membership, Tenant, validate_time_zone
from tenants.models.hours import Holiday, OpeningHours
from tenants.models.problems import Keyword, ProblemType, RemedyStep, Severity
from tenants.models.speech import FaqEntry, Phrase
from tenants.models.telephony import AsteriskServer, TransferTarget, digest_token, new_token, validate_network

__all__ = [
    "AsteriskServer",
    "FaqEntry",
    "Holiday",
    "Keyword",
    "Membership",
    "OpeningHours",
    "Phrase",
    "ProblemType",
    "RemedyStep",
    "Severity",
    "Tenant",
    "TransferTarget",
    "digest_token",
    "new_token",
    "validate_network",
    "validate_time_zone",
]
