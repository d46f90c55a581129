"""What a company configures, and its account and people."""

from tenants.admin import (
    accounts,
    audit,
    faq,
    jobs,
    keys,
    people,
    phrases,
    problems,
    servers,
    vendors,
    voices,
    webhooks,
    week,
)

__all__ = [
    "accounts",
    "audit",
    "faq",
    "jobs",
    "keys",
    "people",
    "phrases",
    "problems",
    "servers",
    "vendors",
    "voices",
    "webhooks",
    "week",
]
