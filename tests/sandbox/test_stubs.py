"""The vendors of load tests keep to the protocols, and cost next to nothing."""

from providers import registry
from providers.protocols import (
    Message,
    SpeechEvent,
    SpeechOptions,
    SpeechStarted,
    StreamEnded,
    Transcript,
    UsageReport,
    Voice,
)
from sandbox.stubs import ANSWERS, StubLanguageModel, StubSpeechToText, StubTextToSpeech, is_loud
from sandbox.voice import render

SILENCE = bytes(320)


def test_the_settings_select_them(settings):
    settings.SPEECH_TO_TEXT = "sandbox.stubs.StubSpeechToText"
    settings.LANGUAGE_MODEL = "sandbox.stubs.StubLanguageModel"
    settings.TEXT_TO_SPEECH = "sandbox.stubs.StubTextToSpeech"
    assert isinstance(registry.speech_to_text(), StubSpeechToText)
    assert isinstance(registry.language_model(), StubLanguageModel)
    assert isinstance(registry.text_to_speech(), StubTextToSpeech)


async def test_any_speech_is_heard_as_the_next_answer():
    events: list[SpeechEvent] = []
    usages: list[UsageReport] = []
    stream = await StubSpeechToText().open(SpeechOptions(language="en"), events.append, usages.append)
    speech = render("Bonjour.", "fr")
    for audio in (bytes(16000), speech, bytes(16000), speech, bytes(16000)):
        for at in range(0, len(audio), 320):
            stream.send(audio[at : at + 320])
    await stream.close()
    assert [event.text for event in events if isinstance(event, Transcript)] == list(ANSWERS["en"][:2])
    assert [type(event) for event in events] == [SpeechStarted, Transcript, SpeechStarted, Transcript, StreamEnded]
    heard = next(event for event in events if isinstance(event, Transcript))
    assert heard.ends_speech
    assert 0.9 < heard.start < heard.end
    assert usages[0].audio_seconds > 0


async def test_a_click_is_no_answer():
    events: list[object] = []
    stream = await StubSpeechToText().open(SpeechOptions(language="fr"), events.append, lambda usage: None)
    for pcm in (b"\xff\x5f" * 160, *[SILENCE] * 50):
        stream.send(pcm)
    assert [type(event) for event in events] == [SpeechStarted]


async def test_the_bot_murmurs_for_as_long_as_the_text_takes():
    usages: list[object] = []
    voice = Voice("fr")
    short, long = [
        b"".join([pcm async for pcm in StubTextToSpeech().speak(text, voice, usages.append)])
        for text in ("Oui.", "Bonjour, que puis-je faire pour vous aujourd'hui ?")
    ]
    assert 0.5 <= len(short) / 16000 < len(long) / 16000 < 5
    assert sum(is_loud(long[at : at + 320]) for at in range(0, len(long), 320)) > len(long) / 320 * 0.9
    assert len(usages) == 2


async def test_the_model_decides_by_the_words():
    schema = {"type": "object", "properties": {"fixed": {"type": "string", "enum": ["yes", "no", "unclear"]}}}
    model, messages = StubLanguageModel(), [Message("user", "Oui, c'est exact.")]
    assert await model.decide(messages, schema, lambda usage: None) == {"fixed": "yes"}
    assert [piece async for piece in model.stream(messages, lambda usage: None)]


def test_silence_and_line_noise_are_not_loud():
    assert not is_loud(SILENCE)
    assert not is_loud(b"\x50\x00\xb0\xff" * 80)
