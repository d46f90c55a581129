"""Piper: text to speech on this machine, with a voice of its own."""

from providers.piper.text_to_speech import PiperTextToSpeech

__all__ = ["PiperTextToSpeech"]
