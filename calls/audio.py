"""The media session of a call: what the caller hears in the next 20 ms, and who listens.

Everything here runs in the event loop, called by the transport for every frame: no
awaits, no allocation that can be avoided. Times are seconds since the call began, on
the bot's frame clock.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from calls.recording import Recorder
from telephony.media import FRAME_BYTES, FRAME_SECONDS, SILENCE

# Goes to the listener and the recorder at once: what they do costs the same whatever the length. A transport that
# reads every 100 ms has now and then a frame less.
PIECE_BYTES = 4 * FRAME_BYTES
# Of the caller's audio, kept while speech-to-text connects or reconnects.
PREROLL_PIECES = 125
HOLE_BYTES = 6 * FRAME_BYTES  # more than the jitter of a line
LONG_HOLE_FRAMES = 15  # that are not waited for any longer


@dataclass(slots=True, eq=False)
class Playback:
    """One utterance of the bot: audio that grows while it is being played."""

    interruptible: bool = True
    frames_played: int = 0
    underruns: int = 0  # frames of silence because the vendor was slower than speech
    started_at: float | None = None
    _frames: deque[bytes] = field(default_factory=deque)
    _rest: bytes = b""
    _complete: bool = False

    def feed(self, pcm: bytes) -> None:
        """Add audio behind what is there."""
        pcm = self._rest + pcm
        whole = len(pcm) - len(pcm) % FRAME_BYTES
        self._frames.extend(pcm[at : at + FRAME_BYTES] for at in range(0, whole, FRAME_BYTES))
        self._rest = pcm[whole:]

    def complete(self) -> None:
        """No more audio will come."""
        if self._rest:
            self._frames.append(self._rest.ljust(FRAME_BYTES, b"\0"))
            self._rest = b""
        self._complete = True

    @property
    def frames_fed(self) -> int:
        return self.frames_played + len(self._frames)

    @property
    def is_complete(self) -> bool:
        return self._complete

    @property
    def is_over(self) -> bool:
        return self._complete and not self._frames

    def next_frame(self) -> bytes | None:
        """The next frame, or None: nothing has come yet."""
        if self._frames:
            self.frames_played += 1
            return self._frames.popleft()
        if self.frames_played and not self._complete:
            self.underruns += 1
        return None


class Tap(Protocol):
    """Hears both sides while somebody listens in; must return at once."""

    def caller(self, pcm: bytes) -> None: ...

    def bot(self, frame: bytes) -> None: ...


class CallAudio:
    """Implements telephony.media.MediaSession for one call."""

    def __init__(self, recorder: Recorder | None, on_change: Callable[[], None]) -> None:
        """`on_change` is called when a playback begins to sound, ends or is stopped."""
        self._recorder = recorder
        self._tap: Tap | None = None
        self._on_change = on_change
        self._playback: Playback | None = None
        self._listener: Callable[[bytes], None] | None = None
        self._piece = b""
        self._preroll: deque[bytes] = deque(maxlen=PREROLL_PIECES)
        self._frames = 0
        self._heard_bytes = 0
        self._frames_without_caller = 0

    @property
    def now(self) -> float:
        """Seconds of the call so far."""
        return self._frames * FRAME_SECONDS

    @property
    def is_playing(self) -> bool:
        return self._playback is not None

    def stop_recording(self) -> None:
        self._recorder = None

    def tap(self, tap: Tap | None) -> None:
        """Give both sides to `tap` as well, from now on; None: to nobody."""
        self._tap = tap

    # The caller.

    def hear(self, pcm: bytes) -> None:
        """What did not come was silence: while a key is pressed, or in hold.

        Without it the caller's clock (speech-to-text, the recording) falls behind the bot's. What is
        only late, after a stall of ours, comes in one piece and fills its own place.
        """
        self._frames_without_caller = 0
        missing = self._missing_bytes + FRAME_BYTES - len(pcm)  # its last frame belongs to the beat that is next
        if missing >= HOLE_BYTES:
            self._take(bytes(missing))
        self._take(pcm)

    @property
    def _missing_bytes(self) -> int:
        """By which the caller is behind the bot."""
        return self._frames * FRAME_BYTES - self._heard_bytes

    def _take(self, pcm: bytes) -> None:
        self._heard_bytes += len(pcm)
        if self._tap is not None:
            self._tap.caller(pcm)
        self._piece += pcm
        if len(self._piece) >= PIECE_BYTES:
            self._pass_on()

    def _pass_on(self) -> None:
        piece, self._piece = self._piece, b""
        if self._recorder is not None:
            self._recorder.caller(piece)
        if self._listener is not None:
            self._listener(piece)
        else:
            self._preroll.append(piece)

    def listen_with(self, listener: Callable[[bytes], None] | None) -> float:
        """Give the caller's audio to `listener`, first what it missed; None: to nobody yet.

        Returns when, on the call's clock, that audio begins.
        """
        if self._piece:
            self._pass_on()
        began = (self._heard_bytes - sum(map(len, self._preroll))) / (FRAME_BYTES / FRAME_SECONDS)
        if listener is not None:
            for pcm in self._preroll:
                listener(pcm)
            self._preroll.clear()
        self._listener = listener
        return began

    # The bot.

    def speak(self) -> bytes:
        self._frames += 1
        self._frames_without_caller += 1
        if self._frames_without_caller >= LONG_HOLE_FRAMES and (missing := self._missing_bytes) > 0:
            self._take(bytes(missing))
        frame = SILENCE
        if self._playback is not None:
            sound = self._playback.next_frame()
            if sound is not None:
                frame = sound
                if self._playback.started_at is None:
                    self._playback.started_at = self.now - FRAME_SECONDS
                    self._on_change()
            elif self._playback.is_over:
                self._playback = None
                self._on_change()
        if self._recorder is not None:
            self._recorder.bot(frame)
        if self._tap is not None:
            self._tap.bot(frame)
        return frame

    def skip(self, frames: int) -> None:
        self._frames += frames
        if self._recorder is not None:  # or the bot's side would fall behind the caller's
            self._recorder.bot(bytes(frames * FRAME_BYTES))

    def play(self, playback: Playback) -> None:
        """Make it sound from the next frame on, in place of what is playing."""
        self._playback = playback

    def stop(self) -> None:
        """Barge-in: silence from the next frame on."""
        if self._playback is not None:
            self._playback = None
            self._on_change()
