"""Groq: chat completions of open models, fast."""

from providers.groq.language_model import GroqLanguageModel

__all__ = ["GroqLanguageModel"]
