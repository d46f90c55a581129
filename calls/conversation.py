"""One call from its first frame to its ticket: puts the parts together, and ends them."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from functools import partial
from typing import Any

from django.db import DatabaseError, InterfaceError, OperationalError
from django.utils import timezone

from calls import journal, pbx, recording, services, transfers
from calls.audio import CallAudio
from calls.case import Case, Ending
from calls.db import in_database
from calls.dialogue import Dialogue
from calls.fates import CallerGone, Dismissed, TakenOver
from calls.flow import support
from calls.hearing import Hearing
from calls.live import Audience, Onlookers
from calls.models import Call
from calls.recording import Recorder
from calls.scribe import Scribe
from calls.settings import Answer, Problem
from calls.speaking import Speaking
from calls.thinking import choose_answer, decide_problem, word_answer
from companies.phone import international
from monitoring import metrics
from providers import registry
from providers.failover import FailoverLanguageModel
from providers.phrases import phrase_store
from providers.protocols import SpeechOptions
from telephony.media import Line

logger = logging.getLogger(__name__)

APOLOGY_SECONDS = 6.0
DATABASE_SECONDS = 3.0  # for what the caller waits for
LAST_HEARING_SECONDS = 2.0  # until the vendor has told what it heard before the hang-up
LATEST_FINISH_SECONDS = 600.0  # after which calls.abandoned has to do it, and knows less
LAST_WORDS_SECONDS = 20.0  # for a hand-over before the worker stops


class Conversation:
    """Holds one call. Control comes in through `press`, `caller_left` and `drain`."""

    def __init__(self, opening: services.Opening, line: Line, audience: Audience | None = None) -> None:
        """`audience`: who hears of the call instead of those at the Live page."""
        self._opening = opening
        self._call = opening.call
        self._line = line
        configured = opening.settings
        self._recorder = Recorder(recording.in_progress(opening.call)) if configured.record else None
        # No part refers back to us: what ended calls leave to the garbage collector stops those that go on.
        news = asyncio.Event()
        self._audio = CallAudio(self._recorder, news.set)
        self.onlookers = Onlookers(opening.call, self)
        self._scribe = Scribe(opening.call, audience or self.onlookers, opening.case.known)
        self._hearing = Hearing(
            self._audio,
            SpeechOptions(language=configured.language, keyterms=configured.keyterms, tag=f"call-{opening.call.uuid}"),
            None if opening.is_typed else configured.speech_to_text,
            on_change=news.set,
            on_usage=self._scribe.usage,
        )
        self._speaking = Speaking(
            self._audio,
            configured.voice,
            on_change=news.set,
            on_usage=self._scribe.usage,
            is_cached_only=opening.degraded,
        )
        self._models = FailoverLanguageModel(configured.language_model)
        self._dialogue = Dialogue(configured, self._audio, self._hearing, self._speaking, self._scribe, news)
        self._ending: Ending | None = None
        self._is_closed = False  # its row, with its ticket

    # Control.

    def press(self, digit: str) -> None:
        self._dialogue.press(digit)

    def read(self, text: str) -> None:
        """The caller says this, by the keyboard."""
        self._hearing.read(text)

    def caller_left(self, reason: str) -> None:
        """The line is gone; `reason` as in the hang-up event."""
        self._dialogue.end(CallerGone(reason))

    def drain(self, seconds: float) -> None:
        """The worker stops in so many seconds: hand the caller over before that."""
        self._dialogue.stop_within(seconds - LAST_WORDS_SECONDS)

    # What colleagues see, and ask for (calls.live.Steered).

    @property
    def tenant_id(self) -> int:
        return self._call.tenant.pk

    @property
    def audio(self) -> CallAudio:
        return self._audio

    def describe(self) -> dict[str, Any]:
        case = self._opening.case
        return {
            "scene": self._scribe.scene,
            "name": case.full_name,
            "company": case.company,
            "phone": case.phone_number,
            "problem": case.problem.name if case.problem else "",
            "mood": "angry" if case.is_angry else "person" if case.wants_human else "happy" if case.is_fixed else "",
            "hearing": self._hearing.utterance.text,
            "speaking": self._dialogue.saying,
        }

    def dismiss(self) -> None:
        self._dialogue.end(Dismissed())

    def hand_over(self, extension: str) -> bool:
        self._dialogue.end(TakenOver(extension))
        return self._ending is None

    def interject(self, text: str) -> bool:
        return self._dialogue.interject(text)

    # The call.

    async def hold(self, hang_up: Callable[[], Awaitable[None]]) -> None:
        """Converse, close the call with its ticket, mark the result for the dialplan, hang up."""
        call, case = self._call, self._opening.case
        writing = asyncio.create_task(self._scribe.run(), name=f"scribe-{call.uuid}")
        listen = self._hearing.deaf if self._opening.busy else self._hearing.run
        hearing = asyncio.create_task(listen(), name=f"hearing-{call.uuid}")
        journal.pen.follow(call, self._noted)
        self._line.connect(self._audio)
        if case.recording_refused:  # before the call was cut off
            self.stop_recording()
        self._scribe.show("started", number=case.phone_number)
        ending = Ending(Call.Status.FAILED, Call.EndReason.ERROR, error="the conversation broke off")
        try:
            # From disk to memory, while the caller hears the first silence: a few ms.
            await phrase_store().load(self._opening.settings.script_texts(), self._opening.settings.voice)
            ending = await support(self._dialogue, case, self, busy=self._opening.busy)
        except asyncio.CancelledError:
            ending = Ending(Call.Status.DROPPED, Call.EndReason.DRAIN, error="the worker was stopped")
            raise
        except Exception as error:
            logger.exception("call %s failed", call.uuid)
            metrics.errors.labels(type(error).__name__, "conversation").inc()
            ending = Ending(Call.Status.FAILED, Call.EndReason.ERROR, error=f"{type(error).__name__}: {error}")
            await self._apologise()
        finally:
            await to_the_end(self._end(ending, case, hearing, writing, hang_up))

    def _noted(self) -> Mapping[str, Any]:
        found = self._scribe.noted(self._dialogue.unfinished)
        return found | {"ending": asdict(self._ending)} if self._ending is not None else found

    async def _apologise(self) -> None:
        """Something of ours broke: say so if we still can, before a person takes over."""
        with contextlib.suppress(Exception):
            async with asyncio.timeout(APOLOGY_SECONDS):
                await self._dialogue.say("error")

    async def _end(
        self,
        ending: Ending,
        case: Case,
        hearing: asyncio.Task[None],
        writing: asyncio.Task[None],
        hang_up: Callable[[], Awaitable[None]],
    ) -> None:
        loop, self._ending = asyncio.get_running_loop(), ending
        try:
            if ending.reason == Call.EndReason.HANGUP:  # nobody waits: the last words may still be recognised
                hearing.cancel()
                await asyncio.wait([hearing], timeout=LAST_HEARING_SECONDS)
            await self._dialogue.leave_nothing_unsaid()
            await self._scribe.flush(1.0)  # the summary reads the turns
            is_finished = await self._finish(ending, case)
            # The dialplan may ask for the result as soon as it has the call back.
            if ending.reason != Call.EndReason.HANGUP:
                await pbx.leave_mark(self._opening.server, self._call.uuid, ending)
            await hang_up()
            hearing.cancel()  # closes the stream, which reports its usage
            await asyncio.wait([hearing])
            until = loop.time() + LATEST_FINISH_SECONDS
            while not is_finished and loop.time() < until:
                await asyncio.sleep(2)
                is_finished = await self._finish(ending, case)
            await self._scribe.flush()
            self._scribe.show("ended", status=str(ending.status), reason=str(ending.reason))
            await self._keep_recording(case)
            is_stored = await self._scribe.flush(5)
            journal.pen.leave(self._call)
            if is_stored and self._is_closed:
                await journal.forgotten(self._call)
        finally:
            journal.pen.leave(self._call)
            self.onlookers.close()
            hearing.cancel()
            writing.cancel()
            if self._scribe.trace is not None:
                self._scribe.trace.end(status=str(ending.status), reason=str(ending.reason), error=ending.error)

    async def _finish(self, ending: Ending, case: Case) -> bool:
        """Close the call with its ticket; False when the database does not let us now."""
        quality = services.LineQuality(self._line.late_frames, self._line.dropped_frames)
        speakers = self._opening.settings.voice.vendors or registry.defaults("tts")
        cached = services.Cached(self._speaking.cached_characters, speakers[0] if speakers else None)
        finish = partial(services.finish, ending=ending, case=case, quality=quality, cached=cached)
        try:
            async with asyncio.timeout(DATABASE_SECONDS):
                await in_database(finish, call_id=self._call.pk)
            self._is_closed = True
        except (OperationalError, InterfaceError, TimeoutError) as error:
            logger.warning("call %s is not closed yet: %s", self._call.uuid, str(error) or "too slow")
            return False
        except Exception:
            # The call stays open in the database: close_abandoned finds it and makes its ticket.
            logger.exception("call %s cannot be closed", self._call.uuid)
        return True

    async def _keep_recording(self, case: Case) -> None:
        if self._recorder is None:
            return
        is_whole = await self._recorder.close()
        with contextlib.suppress(DatabaseError, TimeoutError, OSError, Call.DoesNotExist):
            if case.recording_refused:
                await in_database(self._recorder.path.unlink, missing_ok=True)
            elif is_whole:
                await in_database(recording.keep, call_id=self._call.pk, path=self._recorder.path)

    # The script's desk (calls.flow.desk.Desk).

    async def look_up_caller(self, case: Case) -> None:
        if case.phone_number:
            return
        found = await pbx.who_calls(self._opening.server, self._call.uuid)
        if found is None:
            return
        case.phone_number, case.caller_name = international(found.number), case.caller_name or found.name
        with contextlib.suppress(DatabaseError, TimeoutError):
            async with asyncio.timeout(DATABASE_SECONDS):
                await in_database(services.recognise, self._call, case)

    async def go_on(self, case: Case) -> bool:
        cut, settings = case.cut, self._opening.settings
        with contextlib.suppress(DatabaseError, TimeoutError):
            async with asyncio.timeout(DATABASE_SECONDS):
                if cut is not None and await in_database(services.go_on, self._call, case, cut, settings):
                    if case.recording_refused:
                        self.stop_recording()
                    return True
        return False

    async def decide_problem(self, description: str, problems: Mapping[str, Problem]) -> str | None:
        if self._opening.degraded:
            return None
        asked = time.monotonic()
        code = await decide_problem(description, problems, self._models, self._scribe.usage)
        self._scribe.show("decided", value=code or "", seconds=round(time.monotonic() - asked, 3))
        return code

    async def choose_answer(self, question: str, answers: Sequence[Answer]) -> Answer | None:
        if self._opening.degraded:
            return None
        asked = time.monotonic()
        answer = await choose_answer(question, answers, self._models, self._scribe.usage)
        self._scribe.show("chosen", value=answer.text if answer else "", seconds=round(time.monotonic() - asked, 3))
        return answer

    def word_answer(self, question: str, answers: Sequence[Answer]) -> AsyncGenerator[str, None]:
        language = self._opening.settings.language
        known = () if self._opening.degraded else answers
        return word_answer(question, known, language, self._models, self._scribe.usage)

    async def free_target(self, *, on_call: bool = False, overflow: bool = False) -> str:
        candidates = [
            target
            for target in self._opening.settings.targets
            if (target.is_on_call or not on_call)
            and (target.takes_overflow or not overflow)
            and target.schedule.is_open(self.now())
        ]
        try:
            async with asyncio.timeout(DATABASE_SECONDS):
                return await in_database(transfers.free_target, candidates, call_id=self._call.pk)
        except (DatabaseError, TimeoutError):
            return candidates[0].extension if candidates else ""

    def now(self) -> datetime:
        return timezone.now()

    def stop_recording(self) -> None:
        self._audio.stop_recording()


async def to_the_end(work: Coroutine[Any, Any, None]) -> None:
    """Await `work` in spite of cancellations: what closes a call is bounded, and must not be lost."""
    task = asyncio.create_task(work)
    while not task.done():
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.wait([task])
    task.result()
