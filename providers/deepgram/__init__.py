"""Deepgram: streaming speech to text over a websocket (listen v1: nova models, v2: Flux)."""

from providers.deepgram.speech_to_text import DeepgramSpeechToText

__all__ = ["DeepgramSpeechToText"]
