"""Vendors in order of preference that look like one: when one fails, the next is asked."""

from providers.failover.language_model import FailoverLanguageModel
from providers.failover.speech_to_text import FailoverSpeechToText
from providers.failover.text_to_speech import FailoverTextToSpeech

__all__ = ["FailoverLanguageModel", "FailoverSpeechToText", "FailoverTextToSpeech"]
