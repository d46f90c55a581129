"""Vosk: speech to text on this machine, with a Kaldi model."""

from providers.vosk.speech_to_text import VoskSpeechToText

__all__ = ["VoskSpeechToText"]
