"""A stage for conversations: the real dialogue and flow, with time and voices of cardboard.

Time passes as fast as the machine allows: each frame of the call's clock is one turn of
the event loop. The caller answers what the bot says, line by line.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from calls.audio import CallAudio, Playback
from calls.case import Case, Ending
from calls.dialogue import CallerGone, Dialogue
from calls.flow import support
from calls.hearing import Utterance
from calls.scribe import Said
from calls.settings import CallSettings, Problem, Spoken
from calls.speaking import Speech
from calls.understanding import ProblemIndex
from providers.protocols import Failure, ProviderError, Transcript, Voice
from providers.segments import segments
from telephony.media import FRAME_BYTES, FRAME_SECONDS
from tenants import presets

FRAMES_PER_WORD = 15  # 0.3 s
ENDPOINTING_FRAMES = 15


def settings_of(language: str = "fr", **changes: Any) -> CallSettings:
    """The preset's settings, as a new tenant has them."""
    problems = {
        kind.code: Problem(
            id=number,
            code=kind.code,
            name=kind.name,
            tag=kind.tag,
            severity=kind.severity,
            steps=tuple(
                Spoken(f"{kind.code}_step_{index}", step.text, step.interruptible)
                for index, step in enumerate(kind.steps, 1)
            ),
        )
        for number, kind in enumerate(presets.problem_types(language), 1)
    }
    index = ProblemIndex({kind.code: list(kind.keywords) for kind in presets.problem_types(language)}, language)
    settings = CallSettings(
        tenant_id=1,
        language=language,
        voice=Voice(language),
        record=False,
        max_seconds=600.0,
        phrases={
            key: Spoken(key, phrase.text.replace("{tenant}", "Alpha"), phrase.interruptible)
            for key, phrase in presets.phrases(language).items()
        },
        problems=problems,
        problem_index=index,
        keyterms={},
        anger_words=("scandaleux",),
        censored={},
        companies=("CARvertical", "Vetodok"),
        transfer_extension="technician",
    )
    return replace(settings, **changes)


@dataclass
class Line:
    """What the caller does once the bot has said `after` (a phrase's key), or falls silent."""

    text: str = ""
    pause: float = 0.3  # seconds after the bot
    barge_in: float | None = None  # seconds into the bot's phrase, instead of after it
    keys: str = ""
    hang_up: bool = False
    stay_silent: bool = False


@dataclass
class FakeHearing:
    utterance: Utterance = field(default_factory=Utterance)
    error: ProviderError | None = None

    def take(self) -> Utterance:
        taken, self.utterance = self.utterance, Utterance()
        return taken


class FakeScribe:
    def __init__(self) -> None:
        self.scenes: list[str] = []
        self.said: list[Said] = []

    def enter(self, scene: str) -> None:
        self.scenes.append(scene)

    def turn(self, said: Said) -> None:
        self.said.append(said)

    def show(self, kind: str, **details: Any) -> None:
        pass


class FakeSpeaking:
    """Every word takes 0.3 s. `silent_from`: the key from which on the vendor does not answer."""

    def __init__(self, audio: CallAudio) -> None:
        self._audio = audio
        self.dumb = False

    def start(self, phrase: Spoken, values: Mapping[str, str]) -> Speech:
        parts = segments(phrase.text, values)
        speech = Speech(phrase, Playback(interruptible=phrase.interruptible), "".join(part.text for part in parts))
        self._audio.play(speech.playback)
        if self.dumb:
            speech.error = ProviderError("elevenlabs", Failure.UNREACHABLE)
        else:
            for part in parts:
                speech.begin_part(part.text)
                speech.playback.feed(bytes(FRAME_BYTES) * FRAMES_PER_WORD * max(1, len(part.text.split())))
        speech.playback.complete()
        return speech


class FakeDesk:
    def __init__(self, decision: str | None = None, caller: Case | None = None) -> None:
        self.decision = decision
        self.caller = caller

    async def look_up_caller(self, case: Case) -> None:
        if self.caller is not None:
            case.phone_number = self.caller.phone_number
            case.first_name = self.caller.first_name
            case.customer_id = self.caller.customer_id

    async def decide_problem(self, description: str, problems: Mapping[str, Problem]) -> str | None:
        return self.decision


class Stage:
    """Runs one conversation between the script and a caller."""

    def __init__(self, *lines: Line | str, settings: CallSettings | None = None, desk: FakeDesk | None = None) -> None:
        self.lines = [Line(line) if isinstance(line, str) else line for line in lines]
        self.settings = settings or settings_of()
        self.audio = CallAudio(None, lambda: self.dialogue.wake())
        self.hearing = FakeHearing()
        self.speaking = FakeSpeaking(self.audio)
        self.scribe = FakeScribe()
        self.desk = desk or FakeDesk()
        self.dialogue = Dialogue(self.settings, self.audio, self.hearing, self.speaking, self.scribe)  # type: ignore[arg-type]

    async def play(self, case: Case | None = None) -> Ending:
        """The whole support call. Raises TimeoutError when it does not end in an hour of the call."""
        self.case = case or Case()
        caller = asyncio.create_task(self._caller())
        clock = asyncio.create_task(self._clock())
        try:
            return await support(self.dialogue, self.case, self.desk)
        finally:
            for task in (caller, clock):
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await task

    @property
    def phrases(self) -> list[str]:
        """Keys of what the bot said, in order."""
        return [said.phrase for said in self.scribe.said if said.speaker == "bot"]

    def bot(self, key: str) -> Said:
        return next(said for said in self.scribe.said if said.phrase == key)

    async def _clock(self) -> None:
        while self.audio.now < 3600:
            self.audio.speak()
            self.dialogue.wake()
            await asyncio.sleep(0)
        raise TimeoutError

    async def _pass(self, seconds: float) -> None:
        until = self.audio.now + seconds
        while self.audio.now < until:  # noqa: ASYNC110 – the clock moves with the loop
            await asyncio.sleep(0)

    async def _caller(self) -> None:
        for line in self.lines:
            if line.barge_in is not None:
                while not self.audio.is_playing:  # noqa: ASYNC110
                    await asyncio.sleep(0)
                await self._pass(line.barge_in)
            else:
                await self._quiet()
                await self._pass(line.pause)
            if line.stay_silent:
                pass
            elif line.hang_up:
                self.dialogue.end(CallerGone())
            elif line.keys:
                for key in line.keys:
                    self.dialogue.press(key)
                    await self._pass(0.2)
            else:
                await self._say(line.text)

    async def _quiet(self) -> None:
        """Until the bot has spoken, and then been silent for half a second."""
        while not self.audio.is_playing:  # noqa: ASYNC110
            await asyncio.sleep(0)
        silent_since = self.audio.now
        while self.audio.now < silent_since + 0.5:
            if self.audio.is_playing:
                silent_since = self.audio.now
            await asyncio.sleep(0)

    async def _say(self, text: str) -> None:
        start, words = self.audio.now, text.split()
        for number in range(1, len(words) + 1):
            await self._pass(FRAMES_PER_WORD * FRAME_SECONDS)
            is_last = number == len(words)
            self._hear(Transcript(" ".join(words[:number]), is_last, False, start, self.audio.now))
        await self._pass(ENDPOINTING_FRAMES * FRAME_SECONDS)
        self._hear(Transcript("", True, True, self.audio.now, self.audio.now))

    def _hear(self, transcript: Transcript) -> None:
        self.hearing.utterance.add(transcript, 0.0)
        self.dialogue.wake()
