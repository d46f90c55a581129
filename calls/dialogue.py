"""Turn-taking: say, ask and listen, as the script of a call uses them.

Whatever may happen at any moment (the caller hangs up, stays silent, is angry, asks for
a person; the call is too long; a vendor is gone) is an exception here, raised from
whichever wait it happens in and caught once, where the script ends.

All times are seconds on the call's clock, which counts the bot's frames.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import TypeVar

from calls import metrics
from calls.audio import CallAudio
from calls.fates import (
    CallEnds,
    CallerAngry,
    CallerGone,
    CallerSilent,
    CallerWantsHuman,
    CallTooLong,
    CannotHear,
    CannotSpeak,
    ServiceStops,
)
from calls.hearing import Hearing
from calls.models import Turn
from calls.scribe import Said, Scribe
from calls.settings import CallSettings, Spoken
from calls.speaking import Speaking, Speech
from calls.turns import (
    DIGIT_SECONDS,
    FAREWELL_SECONDS,
    LAST_WORDS_SECONDS,
    MOST_ASIDES,
    SETTLE_SECONDS,
    UNFINISHED_SECONDS,
    WITHOUT_ENDPOINT_SECONDS,
    Heard,
    Patience,
)
from calls.understanding import is_angry, is_backchannel, is_noise, is_unfinished, wants_human

logger = logging.getLogger(__name__)

Value = TypeVar("Value")


async def _no_aside(text: str) -> bool:
    return False


class Dialogue:
    """One call's conversation with its caller."""

    def __init__(
        self, settings: CallSettings, audio: CallAudio, hearing: Hearing, speaking: Speaking, scribe: Scribe
    ) -> None:
        self.settings = settings
        self._audio = audio
        self._hearing = hearing
        self._speaking = speaking
        self._scribe = scribe
        self._news = asyncio.Event()
        self._fate: CallEnds | None = None
        self._end_of_time: CallEnds = CallTooLong()
        self._is_protected = False  # what is being said must be heard
        self._digits = ""
        self._caller_ended_at: float | None = None  # of the turn that the bot has not answered yet
        self._quiet_since = 0.0
        self._ends_at = settings.max_seconds
        self._is_warned = settings.max_seconds <= settings.warning_seconds
        # Answers what the caller says instead of an answer (a question about the company,
        # say); whether it did, and our question is asked again. The script may set it.
        self.aside: Callable[[str], Awaitable[bool]] = _no_aside
        self.said_meanwhile = ""  # by the caller while the last phrase was played, and taken for no answer

    # What comes from outside; called in the event loop, never blocks.

    def wake(self) -> None:
        """Something changed: words came, a playback began or ended."""
        self._news.set()

    def press(self, digit: str) -> None:
        """A key of the telephone."""
        if digit == "#" and not self._digits:
            return  # the end of a number that was complete without it
        if len(self._digits) < 32:
            self._digits += digit
        self.wake()

    def end(self, fate: CallEnds) -> None:
        """Take the conversation out of its script at its next wait."""
        if not isinstance(self._fate, CallerGone):
            self._fate = fate
        self.wake()

    def stop_within(self, seconds: float) -> None:
        """End the script in so many seconds at the latest, for a person to take over."""
        self._ends_at = min(self._ends_at, self._audio.now + max(seconds, 0.0))
        self._end_of_time, self._is_warned = ServiceStops(), True
        self.wake()

    # What the script uses.

    @property
    def now(self) -> float:
        """Seconds of the call's clock."""
        return self._audio.now

    def enter(self, scene: str) -> None:
        """Name the scene that begins; it is stored, shown live and counted."""
        metrics.scenes.labels(scene).inc()
        self._scribe.enter(scene)

    async def say(self, key: str, **values: str) -> str:
        """Say a phrase of the tenant, until its end or the caller's interruption; the words that were heard."""
        return await self.speak(self.settings.phrases[key], values)

    async def speak(self, phrase: Spoken, values: Mapping[str, str] | None = None) -> str:
        """Say what is no phrase of the preset; as `say`."""
        await self._let_the_caller_finish()
        answers_turn_of = self._caller_ended_at
        speech = self._speaking.start(phrase, values or {})
        self._scribe.show("speaking", text=speech.text)
        interrupted, pressed = False, len(self._digits)
        self._is_protected = not phrase.interruptible
        try:
            while not speech.is_over:
                if phrase.interruptible and self._is_interrupting(speech):
                    interrupted = True
                    metrics.barge_ins.inc()
                    break
                if len(self._digits) > pressed and phrase.interruptible:
                    interrupted = True
                    break
                await self._next()
        finally:
            self._is_protected = False
            self._audio.stop()
            speech.cancel()
            self._quiet_since = self._audio.now
            self._note(speech, interrupted, answers_turn_of)
        self.said_meanwhile = "" if interrupted else self._drop_backchannel()
        if speech.error is not None:
            logger.warning("«%s» was cut: %s", phrase.key, speech.error)
            if not speech.playback.frames_played:
                raise CannotSpeak(phrase.key) from speech.error
        return speech.heard

    async def ask(
        self,
        key: str,
        understand: Callable[[str], Value | None],
        *,
        patience: Patience = Patience.NORMAL,
        retry: str = "",
        attempts: int = 2,
        last: str = "",
        meaning: Mapping[str, Value] | None = None,
        keys: int = 0,
        values: Mapping[str, str] | None = None,
    ) -> Value | None:
        """Ask until the answer is understood; None after `attempts` that were not.

        `retry` is the phrase for the second question on, `last` one more after all of them.
        The answer may be keyed in: one key with a `meaning`, or up to `keys` that are
        understood like words. A caller who spoke before the question may have answered it.
        """
        if self._has_words:
            value = understand((await self.listen(patience, understand)).text)
            if value is not None:
                return value
        questions = [key, *[retry or key] * (attempts - 1), *([last] if last else [])]
        question, asides = key, 0
        while questions:
            await self.say(question, **(values or {}))
            heard = await self.listen(patience, understand, keys=keys or bool(meaning))
            if heard.digits:
                value = meaning.get(heard.digits) if meaning else understand(heard.digits)
            else:
                value = understand(heard.text)
                is_clear = value is not None and patience is Patience.SHORT
                if not is_clear and asides < MOST_ASIDES and await self.aside(heard.text):
                    question, asides = key, asides + 1
                    continue
            if value is not None:
                return value
            questions.pop(0)
            question = questions[0] if questions else key
        return None

    async def listen(
        self, patience: Patience, understand: Callable[[str], object] | None = None, *, keys: int = 0
    ) -> Heard:
        """Wait for the caller's turn and return it. `keys`: how many digits make an answer."""
        asked_again = False
        while True:
            if self._digits and (digits := await self._take_digits(keys)):
                return Heard(digits=digits)
            remaining = self._until_turn_ends(patience, understand)
            if remaining is not None and remaining <= 0:
                return self._take_turn()
            if remaining is None:
                silent_for = self._audio.now - self._quiet_since
                remaining = self.settings.silence_seconds - silent_for
                if remaining <= 0:
                    if asked_again:
                        raise CallerSilent
                    asked_again = True
                    await self.say("still_there")
                    continue
                remaining = min(remaining, await self._warn_in_time())
            await self._next(max(remaining, 0.01))

    async def hear_within(self, seconds: float, patience: Patience) -> Heard | None:
        """The caller's turn if it begins within so many seconds; None: the caller is busy, not silent."""
        until = self._audio.now + seconds
        while not self._has_words and not self._digits:
            if (remaining := until - self._audio.now) <= 0:
                return None
            await self._next(min(remaining, await self._warn_in_time()))
        return await self.listen(patience, keys=1)

    async def overheard(self) -> str:
        """What the caller said into the last phrase, or is saying now."""
        if self._has_words:
            return (await self.listen(Patience.SHORT)).text
        return self.said_meanwhile

    async def meanwhile(self, work: asyncio.Future[Value]) -> Value:
        """Wait for something slow; a filler tells the caller when it takes longer than a breath."""
        loop = asyncio.get_running_loop()
        work.add_done_callback(lambda _: self.wake())
        filler_at = loop.time() + self.settings.filler_seconds
        try:
            while not work.done():
                if loop.time() >= filler_at:
                    filler_at = float("inf")
                    await self.say("filler")
                    continue
                await self._next(min(filler_at - loop.time(), 1.0))
        except CallEnds:
            work.cancel()
            raise
        return work.result()

    def leave_nothing_unsaid(self) -> None:
        """At the end: what the caller was just saying belongs to the transcript."""
        if self._hearing.utterance:
            self._take_turn(check=False)

    # Waiting.

    @property
    def _has_words(self) -> bool:
        """Whether the caller has said something; «euh» is nothing."""
        return not is_noise(self._hearing.utterance.text)

    async def _warn_in_time(self) -> float:
        """Tell the caller, once, that the end is near; seconds until that is due."""
        if self._is_warned:
            return float("inf")
        remaining = self._ends_at - self.settings.warning_seconds - self._audio.now
        if remaining <= 0:
            self._is_warned = True
            await self.say("too_long_warning")
        return max(remaining, 0.01)

    async def _next(self, timeout: float | None = None) -> None:
        """Wait for news, or for `timeout` seconds; raise what ends the script."""
        if self._fate is None and self._hearing.error is not None:
            self._fate, self._hearing.error = CannotHear(str(self._hearing.error)), None
        if self._fate is None and self._audio.now >= self._ends_at:
            self._ends_at += FAREWELL_SECONDS
            self._fate = self._end_of_time
        if self._due_fate() is None:
            bound = max(self._ends_at - self._audio.now, 0.02)
            try:
                async with asyncio.timeout(min(timeout, bound) if timeout is not None else bound):
                    await self._news.wait()
            except TimeoutError:
                return
            self._news.clear()
        if (fate := self._due_fate()) is not None:
            if not isinstance(fate, CallerGone):  # a caller who is gone stays gone
                self._fate = None
            raise fate

    def _due_fate(self) -> CallEnds | None:
        """What ends the script now; all but the caller's hang-up waits for what must be heard."""
        return self._fate if isinstance(self._fate, CallerGone) or not self._is_protected else None

    async def _let_the_caller_finish(self) -> None:
        """Never begin to talk into a sentence of the caller (after a barge-in, say)."""
        until = self._audio.now + SETTLE_SECONDS
        utterance = self._hearing.utterance
        while utterance and not utterance.has_ended and self._audio.now < until:
            if self._audio.now - utterance.end > WITHOUT_ENDPOINT_SECONDS:
                break
            await self._next(0.1)
            utterance = self._hearing.utterance
        if utterance and self._takes_over(utterance.text):
            self._take_turn()

    # The end of the caller's turn.

    def _until_turn_ends(self, patience: Patience, understand: Callable[[str], object] | None) -> float | None:
        """Seconds until the turn is over if nothing more is said; None: nothing was said yet."""
        utterance = self._hearing.utterance
        if not utterance or is_noise(utterance.text):
            return None
        silence = self._audio.now - utterance.end
        if utterance.has_ended and patience is Patience.SHORT and understand and understand(utterance.text) is not None:
            return 0.0  # «oui» after a yes-or-no question needs no second of silence
        pause = patience.value
        if is_unfinished(utterance.text, self.settings.language):
            pause += UNFINISHED_SECONDS
        if not utterance.has_ended:
            pause += WITHOUT_ENDPOINT_SECONDS
        return pause - silence

    def _take_turn(self, *, check: bool = True) -> Heard:
        utterance = self._hearing.take()
        self._caller_ended_at = utterance.end
        self._quiet_since = max(self._quiet_since, utterance.end)
        self._scribe.turn(
            Said(
                speaker=Turn.Speaker.CALLER,
                text=utterance.text,
                started_at=utterance.start,
                ended_at=utterance.end,
                confidence=utterance.confidence,
            )
        )
        if check and (fate := self._takes_over(utterance.text)):
            raise fate
        return Heard(text=utterance.text)

    def _takes_over(self, text: str) -> CallEnds | None:
        """What the caller wants instead of the script, whatever was asked."""
        if is_angry(text, self.settings.anger_words, self.settings.language):
            return CallerAngry(text)
        return CallerWantsHuman(text) if wants_human(text, self.settings.language) else None

    async def _take_digits(self, keys: int) -> str:
        """The keys of one answer; several end with «#» or a pause. A zero alone asks for a person."""
        until = self._audio.now + DIGIT_SECONDS
        while len(self._digits) < keys and not self._digits.endswith("#") and self._audio.now < until:
            pressed = len(self._digits)
            await self._next(until - self._audio.now)
            if len(self._digits) > pressed:
                until = self._audio.now + DIGIT_SECONDS
        digits, self._digits = self._digits.removesuffix("#"), ""
        now = self._quiet_since = self._audio.now
        self._scribe.turn(Said(speaker=Turn.Speaker.CALLER, text=f"[{digits}]", started_at=now, ended_at=now))
        if digits and not digits.strip("0"):
            raise CallerWantsHuman
        return digits if keys else ""

    # Barge-in.

    def _is_interrupting(self, speech: Speech) -> bool:
        """Words of the caller that began after the bot did; «hum» and noise are none."""
        utterance, began = self._hearing.utterance, speech.playback.started_at
        if not utterance or began is None or utterance.end <= began:
            return False
        return not is_noise(utterance.text) and not is_backchannel(utterance.text, self.settings.language)

    def _drop_backchannel(self) -> str:
        """What was said while the bot spoke is no answer, unless it came with the last words."""
        utterance = self._hearing.utterance
        if not utterance or utterance.end >= self._audio.now - LAST_WORDS_SECONDS:
            return ""
        heard = self._take_turn()
        self._caller_ended_at = None
        return heard.text

    def _note(self, speech: Speech, interrupted: bool, answers_turn_of: float | None) -> None:
        began = speech.playback.started_at
        if began is None:
            return
        response = None
        if answers_turn_of is not None and began >= answers_turn_of:
            response = round(began - answers_turn_of, 3)
            metrics.response_seconds.observe(response)
        self._caller_ended_at = None
        complete = not interrupted and speech.is_over
        self._scribe.turn(
            Said(
                speaker=Turn.Speaker.BOT,
                text=speech.text if complete and speech.error is None else speech.heard,
                started_at=began,
                ended_at=self._audio.now,
                phrase=speech.phrase.key,
                was_interrupted=not complete,
                response_seconds=response,
                text_to_speech_seconds=speech.synthesis_seconds,
            )
        )
