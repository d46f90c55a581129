"""Anthropic: Claude, over its messages API."""

from providers.extras import extra

with extra("anthropic"):
    from providers.anthropic.language_model import AnthropicLanguageModel

__all__ = ["AnthropicLanguageModel"]
