"""What a company configures, and its account and people."""

from tenants.admin import accounts, phrases, problems, servers

__all__ = ["accounts", "phrases", "problems", "servers"]
