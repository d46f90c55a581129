"""Vendors as they write themselves."""

from __future__ import annotations

from typing import Final

NAMES: Final = {
    "anthropic": "Anthropic",
    "deepgram": "Deepgram",
    "elevenlabs": "ElevenLabs",
    "gemini": "Google Gemini",
    "groq": "Groq",
    "ollama": "Ollama",
    "openai": "OpenAI",
    "piper": "Piper",
    "vosk": "Vosk",
}


def name_of(provider: str) -> str:
    """Of a key of settings.PROVIDERS; one that was added keeps its key."""
    return NAMES.get(provider, provider)
