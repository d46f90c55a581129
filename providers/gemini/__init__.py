"""Google Gemini, over the Gemini Developer API."""

from providers.extras import extra

with extra("gemini"):
    from providers.gemini.language_model import GeminiLanguageModel

__all__ = ["GeminiLanguageModel"]
