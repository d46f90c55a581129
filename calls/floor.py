"""Whose turn it is: when the caller's ends, what interrupts the bot, and what each side has said.

All times are seconds on the call's clock, which counts the bot's frames.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from calls.audio import CallAudio
from calls.fates import CallEnds, CallerAngry, CallerWantsCallback, CallerWantsHuman
from calls.hearing import Hearing, Utterance
from calls.models import Turn
from calls.scribe import Said, Scribe
from calls.settings import CallSettings, Spoken
from calls.speaking import Speech
from calls.turns import LAST_WORDS_SECONDS, UNFINISHED_SECONDS, WITHOUT_ENDPOINT_SECONDS, Heard, Patience
from calls.understanding import (
    Certainty,
    how_angry,
    is_backchannel,
    is_half_dictated,
    is_noise,
    is_unfinished,
    only_leads_up,
    wants_callback,
    wants_visit,
    wish_for_human,
)
from monitoring import metrics

Where = Callable[[str], bool]  # in which words

LINE: Final = Spoken("", "{line}")  # what a colleague wrote; as a value it is said once and not kept


class Floor:
    """Who speaks in one call, and since when nobody does."""

    def __init__(self, settings: CallSettings, audio: CallAudio, hearing: Hearing, scribe: Scribe) -> None:
        self.quiet_since = 0.0
        self.caller_ended_at: float | None = None  # of the turn that the bot has not answered yet
        self.answered: Mapping[type[CallEnds], Where] = {}  # by the script itself, while a question is open
        self._settings = settings
        self._audio = audio
        self._hearing = hearing
        self._scribe = scribe
        self._looked_at = (("", Patience.NORMAL), False)
        self._was_angry = False  # as far as one could tell
        self._last_judged = Heard()

    @property
    def has_words(self) -> bool:
        """Whether the caller has said something; «euh» is nothing."""
        return not is_noise(self._hearing.utterance.text)

    def seconds_left(self, patience: Patience, understand: Callable[[str], object] | None) -> float | None:
        """Seconds until the turn is over if nothing more is said; None: nothing was said yet."""
        utterance = self._hearing.utterance
        if not utterance:
            return None
        silence = self._audio.now - utterance.end
        short = understand if patience is Patience.SHORT else None
        if is_noise(utterance.text) and not (short and isinstance(short(utterance.text), bool)):
            return None  # «mm-hm» is a «oui»
        if utterance.has_ended and short and short(utterance.text) is not None:
            return 0.0  # «oui» after a yes-or-no question needs no second of silence
        pause = patience.value
        may_be_half = patience is Patience.SPELLING and silence >= pause
        if self._is_unfinished(utterance.text, patience) or (may_be_half and self._is_half(utterance.text, understand)):
            pause += UNFINISHED_SECONDS
        if not utterance.has_ended:
            pause += WITHOUT_ENDPOINT_SECONDS
        return pause - silence

    def _is_unfinished(self, text: str, patience: Patience) -> bool:
        """Asked again and again of the same words, until their turn is over."""
        if (text, patience) != self._looked_at[0]:
            language = self._settings.language
            leads_up = patience is Patience.LONG and only_leads_up(text, language)
            self._looked_at = ((text, patience), leads_up or is_unfinished(text, language))
        return self._looked_at[1]

    def _is_half(self, text: str, understand: Callable[[str], object] | None) -> bool:
        """Of a number or an address; asked only when the turn seems over, as an address takes milliseconds to read."""
        if not is_half_dictated(text, self._settings.language):
            return False
        return understand is None or understand(text) is None

    def take(self, *, check: bool = True, may_answer: bool = False) -> Heard:
        """End the caller's turn. With `check`, raises the fate that the words call for.

        `may_answer`: only what is certain is raised; the rest waits for `heed`, until the answer is looked at.
        """
        utterance = self._hearing.take()
        self.caller_ended_at = utterance.end
        self.quiet_since = max(self.quiet_since, utterance.end)
        self._scribe.turn(_said(utterance))
        if not check:
            return Heard(text=utterance.text, started_at=utterance.start)
        heard = self._after_the_last(self._judged(utterance.text, utterance.start))
        self.heed(heard, Certainty.CERTAIN if may_answer else Certainty.LIKELY)
        return heard

    def _judged(self, text: str, started_at: float = 0.0) -> Heard:
        """Asked while the words wait, when they are taken, and by who keeps them."""
        if text != self._last_judged.text:
            language = self._settings.language
            self._last_judged = Heard(
                text=text,
                anger=how_angry(text, self._settings.anger_words, language),
                wish=max(wish_for_human(text, language), _wish_for_visit(text, language)),
                wants_callback=wants_callback(text, language),
            )
        return replace(self._last_judged, started_at=started_at)

    def _after_the_last(self, heard: Heard) -> Heard:
        """Of faint anger the second turn in a row is likely."""
        if heard.anger is Certainty.FAINT and self._was_angry:
            return replace(heard, anger=Certainty.LIKELY)
        return heard

    def heed(self, heard: Heard, at_least: Certainty = Certainty.LIKELY, *, answers: bool = False) -> None:
        """Raise the fate that a turn calls for so surely; of one that `answers`, anger is told by what is certain."""
        self._was_angry = heard.anger > Certainty.NO and not answers
        wish = _wish(heard, at_least, Certainty.CERTAIN if answers else at_least)
        if wish is not None and not self._is_answered(wish, heard.text):
            raise wish(heard.text)

    def _is_answered(self, wish: type[CallEnds], text: str) -> bool:
        return wish in self.answered and self.answered[wish](text)

    @property
    def unfinished(self) -> Said | None:
        """What the caller has said of a turn that goes on."""
        utterance = self._hearing.utterance
        return _said(utterance) if utterance else None

    @property
    def is_taken_over(self) -> bool:
        """Whether the words that wait call for something else than the script."""
        heard = self._after_the_last(self._judged(self._hearing.utterance.text))
        wish = _wish(heard, Certainty.LIKELY)
        return wish is not None and not self._is_answered(wish, heard.text)

    def wish_of(self, text: str) -> type[CallEnds] | None:
        """What the caller wants instead of the script, also if the script answers it itself."""
        return _wish(self._judged(text), Certainty.LIKELY)

    def is_interrupted_by_caller(self, speech: Speech) -> bool:
        """Words of the caller that began after the bot did; «hum» and noise are none."""
        utterance, began = self._hearing.utterance, speech.playback.started_at
        if not utterance or began is None or utterance.end <= began:
            return False
        return not is_noise(utterance.text) and not is_backchannel(utterance.text, self._settings.language)

    @property
    def has_backchannel(self) -> bool:
        """What was said while the bot spoke is no answer, unless it came with the last words."""
        utterance = self._hearing.utterance
        return bool(utterance) and utterance.end < self._audio.now - LAST_WORDS_SECONDS

    def spoken(self, speech: Speech, interrupted: bool, answers_turn_of: float | None) -> None:
        """Write down what was heard of the bot. `answers_turn_of`: when the caller's turn ended that it answers."""
        began = speech.playback.started_at
        if began is None:
            return
        response = None
        if answers_turn_of is not None and began >= answers_turn_of:
            response = round(began - answers_turn_of, 3)
            metrics.response_seconds.observe(response)
        self.caller_ended_at = None
        complete = not interrupted and speech.is_over
        self._scribe.turn(
            Said(
                speaker=Turn.Speaker.AGENT if speech.phrase is LINE else Turn.Speaker.BOT,
                text=speech.text if complete and speech.error is None else speech.heard,
                started_at=began,
                ended_at=self._audio.now,
                phrase=speech.phrase.key,
                was_interrupted=not complete,
                response_seconds=response,
                text_to_speech_seconds=speech.synthesis_seconds,
            )
        )


def _wish_for_visit(text: str, language: str) -> Certainty:
    """«Vous pouvez envoyer quelqu'un ?» is for a person to arrange."""
    return Certainty.LIKELY if wants_visit(text, language) else Certainty.NO


def _wish(heard: Heard, at_least: Certainty, angry_at_least: Certainty | None = None) -> type[CallEnds] | None:
    if heard.anger >= (angry_at_least or at_least):
        return CallerAngry
    if heard.wants_callback:
        return CallerWantsCallback
    return CallerWantsHuman if heard.wish >= at_least else None


def _said(utterance: Utterance) -> Said:
    return Said(
        speaker=Turn.Speaker.CALLER,
        text=utterance.text,
        started_at=utterance.start,
        ended_at=utterance.end,
        confidence=utterance.confidence,
    )
