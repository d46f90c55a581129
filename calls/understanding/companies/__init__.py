"""Names of companies, and how callers tell them."""
