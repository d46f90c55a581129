"""Turn-taking: say, ask and listen, as the script of a call uses them.

Whatever may happen at any moment (the caller hangs up, stays silent, is angry, asks for
a person; the call is too long; a vendor is gone) is an exception here, raised from
whichever wait it happens in and caught once, where the script ends.

All times are seconds on the call's clock, which counts the bot's frames.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import lru_cache, partial
from typing import Final, Protocol, TypeVar

from calls.audio import CallAudio
from calls.course import Course
from calls.dictation import Dictation
from calls.fates import (
    CallEnds,
    CallerSilent,
    CannotSpeak,
    TakenOver,
)
from calls.floor import LINE, Floor, Where
from calls.hearing import Hearing
from calls.keypad import Keypad
from calls.scribe import Said, Scribe
from calls.settings import CallSettings, Spoken
from calls.speaking import Speaking, Speech
from calls.turns import (
    MOST_ASIDES,
    SETTLE_SECONDS,
    WITHOUT_ENDPOINT_SECONDS,
    Heard,
    Patience,
)
from calls.understanding import Certainty, asks_to_wait, only_is_present
from monitoring import metrics

logger = logging.getLogger(__name__)

Value = TypeVar("Value")

MOST_HEARD: Final = 8  # looked at more than once, before their turn is over and after it
MOST_LINES: Final = 5  # of colleagues that wait to be said
TOLD: Final = Spoken("faq_in_other_words", "")  # what the language model writes


Listener = Callable[[str], Awaitable[None]]


class Aside(Protocol):
    """Answers what the caller says instead of an answer, or beside one; whether it did."""

    async def __call__(self, text: str, *, answered: bool = False) -> bool: ...


async def _no_aside(text: str, *, answered: bool = False) -> bool:
    return False


async def _no_listener(text: str) -> None:
    pass


class Dialogue:
    """One call's conversation with its caller."""

    def __init__(
        self,
        settings: CallSettings,
        audio: CallAudio,
        hearing: Hearing,
        speaking: Speaking,
        scribe: Scribe,
        news: asyncio.Event,
    ) -> None:
        """`news` is set by whatever the script may be waiting for: words, a playback's beginning or end."""
        self.settings = settings
        self._audio = audio
        self._hearing = hearing
        self._speaking = speaking
        self._scribe = scribe
        self._news = news
        self._course = Course(settings, audio, hearing, news)
        self._lines: deque[str] = deque()
        self._floor = Floor(settings, audio, hearing, scribe)
        self._keypad = Keypad(audio, self._course, self._floor, scribe, news)
        self._dictation: Dictation | None = None  # the last one: the caller may go on with it
        self._listener: Listener = _no_listener
        self.aside: Aside = _no_aside  # when it did, our question is asked again; the script may set it
        self.asked = ""  # the question that was asked last
        self.saying = ""  # the phrase that is being said
        self.said_meanwhile = ""  # by the caller while the last phrase was played, and taken for no answer

    # What comes from outside; called in the event loop, never blocks.

    def press(self, digit: str) -> None:
        """A key of the telephone."""
        self._keypad.press(digit)

    def end(self, fate: CallEnds) -> None:
        """Take the conversation out of its script at its next wait."""
        self._course.end(fate)

    def interject(self, text: str) -> bool:
        """Say what a colleague wrote, as soon as nobody speaks; False: too much waits already."""
        if len(self._lines) >= MOST_LINES:
            return False
        self._lines.append(text)
        self._news.set()
        return True

    def stop_within(self, seconds: float) -> None:
        """End the script in so many seconds at the latest, for a person to take over."""
        self._course.stop_within(seconds)

    # What the script uses.

    @property
    def now(self) -> float:
        """Seconds of the call's clock."""
        return self._audio.now

    def hand_turns_to(self, listener: Listener | None) -> None:
        """Have `listener` told every turn of the caller, whatever it answers."""
        self._listener = listener or _no_listener

    def enter(self, scene: str) -> None:
        """Name the scene that begins; it is stored, shown live and counted."""
        metrics.scenes.labels(scene).inc()
        self._scribe.enter(scene)

    async def say(self, key: str, **values: str) -> str:
        """Say a phrase of the tenant, until its end or the caller's interruption; the words that were heard."""
        return await self.speak(self.settings.phrases[key], values)

    async def speak(self, phrase: Spoken, values: Mapping[str, str] | None = None) -> str:
        """Say what is no phrase of the preset; as `say`."""
        await self._say_lines()
        heard = await self._utter(lambda: self._speaking.start(phrase, values or {}))
        await self._say_lines()
        return heard

    async def _say_lines(self) -> None:
        """What colleagues wrote, while the caller is silent; what was said into our own phrase stays known."""
        while self._lines and not self.has_words and not self._keypad.pressed:
            said_meanwhile = self.said_meanwhile
            line = self._lines.popleft()
            try:
                await self._utter(partial(self._speaking.start, LINE, {"line": line}))
            except CannotSpeak:
                self._scribe.show("unsaid", text=line)
            self.said_meanwhile = said_meanwhile

    async def tell(self, sentences: AsyncGenerator[str, None]) -> str:
        """Say what is still being written, each sentence as soon as it is there; as `say`."""
        await self._say_lines()
        return await self._utter(lambda: self._speaking.follow(TOLD, sentences))

    async def _utter(self, start: Callable[[], Speech]) -> str:
        await self.let_the_caller_finish()
        answers_turn_of = self._floor.caller_ended_at
        speech = start()
        phrase, self.saying = speech.phrase, speech.text
        interrupted, pressed = False, len(self._keypad.pressed)
        # A colleague lets us finish; what must be heard, everybody.
        self._course.held = (TakenOver,) if phrase.interruptible else (CallEnds,)
        try:
            while not speech.is_over:
                if phrase.interruptible and self._floor.is_interrupted_by_caller(speech):
                    interrupted = True
                    metrics.barge_ins.inc()
                    break
                if len(self._keypad.pressed) > pressed and phrase.interruptible:
                    interrupted = True
                    break
                await self._course.next()
        finally:
            self._course.held, self.saying = (), ""
            self._audio.stop()
            speech.cancel()
            self._floor.quiet_since = self._audio.now
            self._floor.spoken(speech, interrupted, answers_turn_of)
            if self._dictation is not None and speech.playback.started_at is not None:
                self._dictation.bot_began(speech.playback.started_at)
        self._course.meet(TakenOver)  # now: these may have been the last words
        self.said_meanwhile = "" if interrupted else await self._drop_backchannel()
        if speech.error is not None:
            logger.warning("«%s» was cut: %s", phrase.key, speech.error)
            if not speech.playback.frames_played:
                raise CannotSpeak(phrase.key) from speech.error
        return speech.heard

    async def _drop_backchannel(self) -> str:
        if not self._floor.has_backchannel:
            return ""
        heard = await self._take()
        self._floor.caller_ended_at = None
        return heard.text

    async def _take(self, *, check: bool = True, may_answer: bool = False) -> Heard:
        """As `Floor.take`; the listener is told of the turn whatever it calls for."""
        text = self._hearing.utterance.text
        try:
            return self._floor.take(check=check, may_answer=may_answer)
        finally:
            await self._listener(text)

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
        dictation: Dictation | None = None,
    ) -> Value | None:
        """Ask until the answer is understood; None after `attempts` that were not.

        `retry` is the phrase for the second question on, `last` one more after all of them.
        The answer may be keyed in: one key with a `meaning`, or up to `keys` that are
        understood like words. A caller who spoke before the question, or into what was told
        beside it, may have answered it; or goes on with an answer that was a `dictation`, and
        is asked again. Who asks for a moment has it, at no cost.
        """
        questions = [key, *[retry or key] * (attempts - 1), *([last] if last else [])]
        keys = keys or bool(meaning)
        understand = lru_cache(MOST_HEARD)(understand)  # the same words are looked at until their turn is over
        question, asides = key, 0
        while questions:
            if self._keypad.pressed and not keys:
                await self._keypad.take(keys)  # pressed before the question, they do not answer it
            if self.has_words:
                heard = await self._hear_answer(patience, understand, dictation)
                value = None if heard is None else understand(heard.text)
                if heard is not None and asides < MOST_ASIDES and await self._is_aside(heard, value, patience):
                    question, asides = key, asides + 1
                elif heard is not None and value is not None:
                    self._show_understood(question, heard, value)
                    return value
            self.asked = question
            understand.cache_clear()  # what did not answer the last question may answer this one
            await self.say(question, **(values or {}))
            heard = await self._hear_answer(patience, understand, dictation, keys=keys)
            if heard is None:
                continue
            if heard.digits:
                value = meaning.get(heard.digits) if meaning else understand(heard.digits) if keys else None
            else:
                value = understand(heard.text)
                if asides < MOST_ASIDES and await self._is_aside(heard, value, patience):
                    question, asides = key, asides + 1
                    continue
                if value is None and asides < MOST_ASIDES and asks_to_wait(heard.text, self.settings.language):
                    question, asides = "take_your_time", asides + 1
                    continue
            self._show_understood(question, heard, value)
            if value is not None:
                return value
            questions.pop(0)
            question = questions[0] if questions else key
        return None

    async def _hear_answer(
        self,
        patience: Patience,
        understand: Callable[[str], Value | None],
        dictation: Dictation | None,
        *,
        keys: int = 0,
    ) -> Heard | None:
        """The caller's turn; None: it went on with an earlier answer. What goes on with `dictation` comes whole."""
        before, utterance = self._dictation, self._hearing.utterance
        if before is not None and utterance and before.is_open_to(utterance.start, utterance.text):
            patience = Patience.SPELLING
        heard = await self.listen(patience, understand, keys=keys)
        await self.make_sense(understand, heard.text)
        if before is not None and before.goes_on(heard):
            return replace(heard, text=before.text) if before is dictation else None
        if heard.text:
            self._heed(heard, understand(heard.text), patience)
        if dictation is not None and heard.text:
            dictation.begin(heard.text, understand)
            self._dictation = dictation
        return heard

    def _heed(self, heard: Heard, value: object, patience: Patience) -> None:
        """Raise what a turn calls for, unless it answers our question: a name, a company, letters are what they are.

        Anything makes a description; and «oui» may come beside a wish.
        """
        answers = value is not None and patience is not Patience.LONG
        is_named = answers and value not in ("", True, False)
        self._floor.heed(heard, Certainty.CERTAIN if is_named else Certainty.LIKELY, answers=answers)

    async def _is_aside(self, heard: Heard, value: object, patience: Patience) -> bool:
        """Whether it was something else than an answer; what came beside a clear «oui» has its reply, too."""
        if only_is_present(heard.text, self.settings.language):
            return True  # «oui, je suis là» answers `still_there`, and confirms nothing
        is_clear = value is not None and patience is Patience.SHORT
        return await self.aside(heard.text, answered=is_clear) and not is_clear

    async def make_sense(self, understand: Callable[[str], Value], text: str) -> Value:
        """What `understand` makes of words, in a thread: the frames of all calls wait for the event loop."""
        return await self._hearing.make_sense(understand, text)

    @contextmanager
    def expecting(self, terms: Sequence[str]) -> Iterator[None]:
        """Have these listened for while a question is open whose answer may be one of them."""
        self._hearing.expect(terms)
        try:
            yield
        finally:
            self._hearing.expect(())

    def _show_understood(self, question: str, heard: Heard, value: object) -> None:
        """For whoever tries the bot: what was made of an answer; None: nothing, and it is asked again."""
        plain = value if value is None or isinstance(value, bool) else str(value)
        self._scribe.show("understood", question=question, keys=heard.digits, value=plain)

    @contextmanager
    def answering(self, *wishes: type[CallEnds], where: Where = lambda text: True) -> Iterator[None]:
        """Have these wishes of the caller left to the script while a question is open that they answer.

        `where`: in which words they do.
        """
        before = self._floor.answered
        self._floor.answered = {**before, **dict.fromkeys(wishes, where)}
        try:
            yield
        finally:
            self._floor.answered = before

    def wish_of(self, text: str) -> type[CallEnds] | None:
        """What the caller wants instead of the script, also if it is left to the script."""
        return self._floor.wish_of(text)

    async def listen(
        self, patience: Patience, understand: Callable[[str], object] | None = None, *, keys: int = 0
    ) -> Heard:
        """Wait for the caller's turn and return it. `keys`: how many digits make an answer; 0: no key does."""
        asked_again = False
        while True:
            await self._say_lines()
            if self._keypad.pressed:
                digits = await self._keypad.take(keys)
                if keys or not self.has_words:
                    return Heard(digits=digits)
            remaining = self._floor.seconds_left(patience, understand)
            if remaining is not None and remaining <= 0:
                return await self._take(may_answer=understand is not None)
            if remaining is None:
                silent_for = self._audio.now - self._floor.quiet_since
                remaining = self.settings.silence_seconds - silent_for
                if remaining <= 0:
                    if asked_again:
                        raise CallerSilent
                    asked_again = True
                    await self.say("still_there")
                    continue
                remaining = min(remaining, await self._warn_in_time())
            await self._course.next(max(remaining, 0.01))

    async def hears_within(self, seconds: float) -> bool:
        """Whether a turn of the caller begins within so many seconds; who is busy may be silent."""
        until = self._audio.now + seconds
        while not self.has_words and not self._keypad.pressed:
            await self._say_lines()
            if (remaining := until - self._audio.now) <= 0:
                return False
            await self._course.next(min(remaining, await self._warn_in_time()))
        return True

    async def hear_within(self, seconds: float, patience: Patience) -> Heard | None:
        """The caller's turn if it begins within so many seconds."""
        return await self.listen(patience, keys=1) if await self.hears_within(seconds) else None

    async def overheard(self) -> str:
        """What the caller said into the last phrase, or is saying now."""
        if self.has_words:
            return (await self.listen(Patience.SHORT)).text
        return self.said_meanwhile

    async def meanwhile(self, work: asyncio.Future[Value]) -> Value:
        """Wait for something slow; a filler tells the caller when it takes longer than a breath."""
        loop = asyncio.get_running_loop()
        work.add_done_callback(lambda _: self._news.set())
        filler_at = loop.time() + self.settings.filler_seconds
        try:
            while not work.done():
                await self._say_lines()
                if loop.time() >= filler_at:
                    filler_at = float("inf")
                    await self.say("filler")
                    continue
                await self._course.next(min(filler_at - loop.time(), 1.0))
        except CallEnds:
            work.cancel()
            raise
        return work.result()

    async def leave_nothing_unsaid(self) -> None:
        """At the end: what the caller was just saying belongs to the transcript."""
        if self._hearing.utterance:
            await self._take(check=False)

    @property
    def unfinished(self) -> Said | None:
        """What the caller has said of a turn that goes on."""
        return self._floor.unfinished

    # Waiting.

    @property
    def has_words(self) -> bool:
        """Whether the caller has said something; «euh» is nothing."""
        return self._floor.has_words

    async def _warn_in_time(self) -> float:
        """Tell the caller, once, that the end is near; seconds until that is due."""
        remaining = self._course.seconds_to_warning
        if remaining <= 0:
            self._course.is_warned = True
            await self.say("too_long_warning")
        return max(remaining, 0.01)

    async def let_the_caller_finish(self) -> None:
        """Never begin to talk into a sentence of the caller (after a barge-in, say), or past who asks for a person."""
        until = self._audio.now + SETTLE_SECONDS
        utterance = self._hearing.utterance
        while utterance and not utterance.has_ended and self._audio.now < until:
            if self._audio.now - utterance.end > WITHOUT_ENDPOINT_SECONDS:
                break
            await self._course.next(0.1)
            utterance = self._hearing.utterance
        if utterance and self._floor.is_taken_over:
            await self._take()
        if self._keypad.asks_for_a_person:
            await self._keypad.take(0)
