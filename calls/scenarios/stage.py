"""A stage for conversations: the real dialogue and flow, with time and voices of cardboard.

Time passes as fast as the machine allows: each frame of the call's clock is one turn of
the event loop. The caller does what the script says, and waits for the bot as the
sandbox's caller on a real line does.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, TypeVar

from calls.audio import CallAudio, Playback
from calls.case import Case, Ending
from calls.dialogue import Dialogue
from calls.fates import CallerGone
from calls.flow import support
from calls.hearing import Utterance
from calls.scenarios.loader import parse_lines
from calls.scenarios.scenario import Line, Vendors
from calls.scenarios.script import HangUp, Press, Say, StaySilent
from calls.scribe import Said
from calls.settings import Answer, CallSettings, Problem, Spoken
from calls.speaking import Speech
from providers.protocols import Failure, ProviderError, Transcript
from providers.segments import segments
from telephony.media import FRAME_BYTES, FRAME_SECONDS

LONGEST_CALL = 3600.0
FRAMES_PER_WORD = 15  # 0.3 s
ENDPOINTING_SECONDS = 0.3
ONSET_SECONDS = 0.06  # until it sounds like speech
TURN_GAP = 0.7  # seconds of silence after which the bot seems to have finished
PATIENCE = 12.0  # seconds without an answer, until the caller says the next thing all the same
KEY_FRAMES = 10  # that a key is pressed for

Value = TypeVar("Value")
Waiting = Generator[None, None, None]


@dataclass
class FakeHearing:
    utterance: Utterance = field(default_factory=Utterance)
    error: ProviderError | None = None
    expected: Sequence[str] = ()

    def expect(self, terms: Sequence[str]) -> None:
        self.expected = terms

    def take(self) -> Utterance:
        taken, self.utterance = self.utterance, Utterance()
        return taken

    async def make_sense(self, understand: Callable[[str], Value], text: str) -> Value:
        return understand(text)


class FakeScribe:
    def __init__(self) -> None:
        self.scenes: list[str] = []
        self.said: list[Said] = []

    def enter(self, scene: str) -> None:
        if self.scenes[-1:] != [scene]:
            self.scenes.append(scene)

    def turn(self, said: Said) -> None:
        self.said.append(said)

    def show(self, kind: str, **details: Any) -> None:
        pass


class FakeSpeaking:
    """Every word takes 0.3 s. A vendor that is gone leaves what is cached.

    A phrase of `lasting` (texts by key) lasts as long as its text there would.
    """

    def __init__(self, audio: CallAudio, vendors: Vendors, lasting: Mapping[str, str]) -> None:
        self._audio = audio
        self._vendors = vendors
        self._lasting = lasting
        self.speeches: list[Speech] = []

    def start(self, phrase: Spoken, values: Mapping[str, str]) -> Speech:
        parts = segments(phrase.text, values)
        text = "".join(part.text for part in parts).strip()
        usual = self._lasting.get(phrase.key, phrase.text)
        pace = _frames("".join(part.text for part in segments(usual, values))) / _frames(text)
        speech = Speech(phrase, Playback(interruptible=phrase.interruptible), text)
        self.speeches.append(speech)
        self._audio.play(speech.playback)
        until = self._vendors.speaks_until
        for part in parts:
            if until is not None and self._audio.now >= until and (part.is_value or not self._vendors.is_cached):
                speech.error = ProviderError("text-to-speech", Failure.UNREACHABLE)
                break
            speech.begin_part(part.text)
            speech.playback.feed(bytes(FRAME_BYTES) * round(_frames(part.text) * pace))
        speech.playback.complete()
        return speech

    def follow(self, phrase: Spoken, sentences: AsyncGenerator[str, None]) -> Speech:
        speech = Speech(phrase, Playback(interruptible=phrase.interruptible), "")
        self.speeches.append(speech)
        self._audio.play(speech.playback)
        speech.feed_with(asyncio.create_task(self._follow(speech, sentences)))
        return speech

    async def _follow(self, speech: Speech, sentences: AsyncGenerator[str, None]) -> None:
        async for sentence in sentences:
            speech.text = f"{speech.text} {sentence}".strip()
            speech.begin_part(f"{sentence} ")
            speech.playback.feed(bytes(FRAME_BYTES) * _frames(sentence))
        speech.playback.complete()


def _frames(text: str) -> int:
    return FRAMES_PER_WORD * max(1, len(text.split()))


class FakeDesk:
    """Knows what it is told. `free`: the extension of who can take the call."""

    def __init__(
        self,
        *,
        decision: str | None = None,
        choice: Answer | None = None,
        sentences: Sequence[str] = (),
        caller: Case | None = None,
        free: str = "technician",
        now: datetime = datetime(2026, 11, 20, 10, 0, tzinfo=UTC),
        problems: Mapping[str, Problem] | None = None,
    ) -> None:
        self.decision = decision
        self.choice = choice
        self.sentences = sentences
        self.caller = caller
        self.free = free
        self.problems = problems or {}
        self.time = now
        self.records = True

    def now(self) -> datetime:
        return self.time

    async def look_up_caller(self, case: Case) -> None:
        if self.caller is not None:
            case.phone_number = self.caller.phone_number
            case.first_name = self.caller.first_name
            case.customer_id = self.caller.customer_id

    async def go_on(self, case: Case) -> bool:
        if case.cut is None:
            return False
        case.recall(case.cut.known, self.problems)
        case.resumes_at, case.cut = case.cut.scene, None
        return True

    async def decide_problem(self, description: str, problems: Mapping[str, Problem]) -> str | None:
        return self.decision

    async def choose_answer(self, question: str, answers: Sequence[Answer]) -> Answer | None:
        return self.choice

    async def word_answer(self, question: str, answers: Sequence[Answer]) -> AsyncGenerator[str, None]:
        for sentence in self.sentences:
            yield sentence

    async def free_target(self, *, on_call: bool = False, overflow: bool = False) -> str:
        return self.free

    def stop_recording(self) -> None:
        self.records = False


class Stage:
    """Plays one conversation between the flow and a caller."""

    def __init__(
        self,
        *script: str | Line,
        settings: CallSettings,
        desk: FakeDesk | None = None,
        vendors: Vendors | None = None,
        lasting: Mapping[str, str] | None = None,
    ) -> None:
        """`script`: what the caller does, in the notation of `calls.scenarios.loader.parse_lines`.

        `lasting`: texts by key that phrases last as long as, whatever they say.
        """
        lines = [line for part in script for line in (parse_lines(part) if isinstance(part, str) else [part])]
        self.settings = settings
        self.vendors = vendors or Vendors()
        self._news = asyncio.Event()
        self.audio = CallAudio(None, self._news.set)
        self.hearing = FakeHearing()
        self.speaking = FakeSpeaking(self.audio, self.vendors, lasting or {})
        self.scribe = FakeScribe()
        self.desk = desk or FakeDesk()
        self.dialogue = Dialogue(
            settings,
            self.audio,
            self.hearing,  # type: ignore[arg-type]
            self.speaking,  # type: ignore[arg-type]
            self.scribe,  # type: ignore[arg-type]
            self._news,
        )
        self.said: list[Line] = []  # what the caller really did
        self._lines = deque(lines)
        self._skipped: list[Line] = []
        self._answered = 0  # so many of the bot's phrases
        self._finished = 0.0  # the caller's turn
        self._turn_began = self._last_sound = float("-inf")  # the bot's
        self._is_deaf = False

    @property
    def unsaid(self) -> list[Line]:
        """Lines that the caller had no occasion to say."""
        return [*self._skipped, *self._lines]

    @property
    def phrases(self) -> list[str]:
        """Keys of what the bot said, in order."""
        return [said.phrase for said in self.scribe.said if said.speaker == "bot"]

    def bot(self, key: str) -> Said:
        return next(said for said in self.scribe.said if said.phrase == key)

    async def play(self, case: Case | None = None, *, busy: bool = False) -> Ending:
        """The whole support call, from a copy of `case`; `busy` as for `support`.

        Raises TimeoutError when it does not end in an hour of the call.
        """
        self.case = replace(case) if case else Case()
        caller = self._call()
        call = asyncio.create_task(support(self.dialogue, self.case, self.desk, busy=busy))
        try:
            while not call.done():
                if self.audio.now >= LONGEST_CALL:
                    raise TimeoutError("the call does not end")
                self._pass_frame()
                next(caller, None)
                self._news.set()
                await asyncio.sleep(0)
            await self.dialogue.leave_nothing_unsaid()
            return call.result()
        finally:
            call.cancel()
            await asyncio.wait([call])

    def _pass_frame(self) -> None:
        self.audio.speak()
        now = self.audio.now
        if self.audio.is_playing:
            if now - self._last_sound > TURN_GAP:
                self._turn_began = now
            self._last_sound = now
        until = self.vendors.hears_until
        if until is not None and now >= until and not self._is_deaf:
            self._is_deaf = True
            self.hearing.error = ProviderError("speech-to-text", Failure.UNREACHABLE)

    # The caller: a generator that goes on a frame at a time.

    def _call(self) -> Waiting:
        while self._lines:
            while (line := self._due()) is None:
                yield
            self.said.append(line)
            match line.step:
                case HangUp():
                    self.dialogue.end(CallerGone())
                case StaySilent(seconds):
                    yield from self._pass(seconds)
                case Press(keys):
                    for key in keys:
                        self.dialogue.press(key)
                        yield from self._pass(KEY_FRAMES * FRAME_SECONDS)
                    self._end_turn()
                case Say() as step:
                    yield from self._say(step)
                    self._end_turn()

    def _due(self) -> Line | None:
        """The first line whose time has come; those before it have no occasion any more.

        A line without a key belongs to the one before it.
        """
        asked = {speech.phrase.key: speech for speech in self.speaking.speeches[self._answered :]}
        for number, line in enumerate(self._lines):
            if number and not line.after:
                continue
            if line.after and line.after not in asked:
                continue
            if not self._may_begin(line, asked.get(line.after)):
                return None
            for _ in range(number):
                self._skipped.append(self._lines.popleft())
            return self._lines.popleft()
        return None

    def _may_begin(self, line: Line, asked: Speech | None) -> bool:
        now = self.audio.now
        if isinstance(line.step, HangUp) and asked is None:
            return True
        if isinstance(line.step, Say) and (seconds := line.step.interrupt_after) is not None:
            if asked is not None:
                began = asked.playback.started_at
                if began is not None and not asked.is_over and now - began >= seconds:
                    return True
            elif self._turn_began > self._finished and now - self._turn_began >= seconds:
                return True
        has_answered = self._last_sound > self._finished
        return (has_answered and now - self._last_sound >= TURN_GAP) or (
            now - max(self._last_sound, self._finished) >= PATIENCE
        )

    def _end_turn(self) -> None:
        self._finished = self.audio.now
        # What is being said now is still to be answered.
        self._answered = len(self.speaking.speeches) - self.audio.is_playing

    def _pass(self, seconds: float) -> Waiting:
        until = self.audio.now + seconds
        while self.audio.now < until:
            yield

    def _say(self, step: Say) -> Waiting:
        has_ended = True
        for part in step.parts:
            if isinstance(part, str):
                yield from self._utter(part.split())
                has_ended = False
            else:
                if not has_ended and part > ENDPOINTING_SECONDS:
                    yield from self._end_speech()
                    part -= ENDPOINTING_SECONDS
                    has_ended = True
                yield from self._pass(part)
        if not has_ended:
            yield from self._end_speech()

    def _utter(self, words: Sequence[str]) -> Waiting:
        start = self.audio.now
        yield from self._pass(ONSET_SECONDS)
        self.hearing.utterance.has_ended = False  # as Hearing does when it sounds like speech
        for number in range(1, len(words) + 1):
            yield from self._pass(start + number * FRAMES_PER_WORD * FRAME_SECONDS - self.audio.now)
            self._hear(Transcript(" ".join(words[:number]), number == len(words), False, start, self.audio.now))

    def _end_speech(self) -> Waiting:
        yield from self._pass(ENDPOINTING_SECONDS)
        self._hear(Transcript("", True, True, self.audio.now, self.audio.now))

    def _hear(self, transcript: Transcript) -> None:
        if not self._is_deaf:
            self.hearing.utterance.add(transcript, 0.0)
            self._news.set()
