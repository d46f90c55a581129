"""ElevenLabs: streaming text to speech over HTTP."""

from providers.elevenlabs.text_to_speech import ElevenLabsTextToSpeech

__all__ = ["ElevenLabsTextToSpeech"]
