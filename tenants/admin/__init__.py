"""What a company configures, and its account and people."""

from tenants.admin import accounts, faq, phrases, problems, servers, vendors, voices

__all__ = ["accounts", "faq", "phrases", "problems", "servers", "vendors", "voices"]
