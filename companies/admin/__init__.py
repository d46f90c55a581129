"""The screens of customers and of the companies they call for."""

from companies.admin import screens  # noqa: F401  registers them
