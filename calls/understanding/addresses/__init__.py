"""Dictated e-mail addresses, as they were learnt from sentences."""
