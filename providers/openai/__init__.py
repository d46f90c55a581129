"""OpenAI's chat completions, and any server that speaks them, such as Ollama and vLLM."""

from providers.extras import extra

with extra("openai"):
    from providers.openai.language_model import OpenAICompatibleLanguageModel, OpenAILanguageModel

__all__ = ["OpenAICompatibleLanguageModel", "OpenAILanguageModel"]
