"""A call as a stereo WAV: caller left, bot right, exact to the frame; written, and kept.

The bot's side is the clock: it is one frame every 20 ms, whatever happens. Both sides
are collected in memory and handed over once a second to the one writer thread of the
process, so that a slow disk never delays a frame.
"""

from __future__ import annotations

import asyncio
import logging
import queue
import threading
import time
from collections.abc import Callable
from pathlib import Path

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile

from calls.models import Call
from monitoring import metrics
from telephony.media import FRAME_BYTES, SAMPLE_RATE
from telephony.wav import StereoWav
from voicebot_site.threads import stand_back

logger = logging.getLogger(__name__)

HANDOVER_FRAMES = 50
GATHER_SECONDS = 0.2  # to wake up for each recording would cost more than to write it
LONGEST_LEAD_BYTES = SAMPLE_RATE * 2  # a caller's second ahead of real time is a flood

_Job = tuple["Recorder", bytes, bytes] | tuple["Recorder", None, None]


class _Writer:
    """The thread that all recordings of the process share."""

    def __init__(self) -> None:
        self._jobs: queue.Queue[_Job] = queue.Queue(maxsize=10_000)
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def put(self, job: _Job) -> bool:
        with self._lock:
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="recordings", daemon=True)
                self._thread.start()
        try:
            self._jobs.put_nowait(job)
        except queue.Full:
            return False
        return True

    def _run(self) -> None:
        stand_back()
        while True:
            self._make(self._jobs.get())
            time.sleep(GATHER_SECONDS)
            while not self._jobs.empty():
                self._make(self._jobs.get())

    @staticmethod
    def _make(job: _Job) -> None:
        recorder, left, right = job
        try:
            if left is None or right is None:
                recorder.finish()
            else:
                recorder.write(left, right)
        except OSError as error:  # a full disk costs the recording, never the call
            recorder.fail(error)


_writer = _Writer()


class Recorder:
    """Collects both sides of one call; `close` makes the file whole."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.error: OSError | None = None
        self._loop = asyncio.get_running_loop()
        self._closed = asyncio.Event()
        self._wav: StereoWav | None = None
        self._caller = bytearray()
        self._rest = b""  # of the bot, that the caller has not come up to
        self._bot: list[bytes] = []
        #: Take the frame that goes to the caller now. Nothing but that: it is called 50 times a second in each call.
        self.bot: Callable[[bytes], None] = self._bot.append

    # In the event loop.

    def caller(self, pcm: bytes) -> None:
        """Take what the caller said just now; hands over every second."""
        if len(self._caller) - len(self._rest) - len(self._bot) * FRAME_BYTES < LONGEST_LEAD_BYTES:
            self._caller += pcm
        if len(self._bot) >= HANDOVER_FRAMES:
            self._hand_over()

    async def close(self, timeout: float = 10.0) -> bool:
        """Write the rest; whether the file is whole now. False: given up, or a disk that hangs."""
        if self._bot or self._rest:
            self._hand_over(pad=True)
        if not _writer.put((self, None, None)):
            return False
        try:
            async with asyncio.timeout(timeout):
                await self._closed.wait()
        except TimeoutError:
            return False
        return self.error is None and self._wav is not None

    def _hand_over(self, *, pad: bool = False) -> None:
        right = b"".join((self._rest, *self._bot))
        self._bot.clear()
        if pad:
            self._caller += bytes(max(0, len(right) - len(self._caller)))
        # What has not come from the caller yet keeps its place for the next time.
        length = min(len(self._caller), len(right))
        left = bytes(self._caller[:length])
        del self._caller[:length]
        self._rest = right[length:]
        if not _writer.put((self, left, right[:length])):
            self.fail(OSError("the disk does not keep up"))

    # In the writer's thread.

    def write(self, left: bytes, right: bytes) -> None:
        if self.error is not None:
            return
        if self._wav is None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._wav = StereoWav(self.path)
        self._wav.append(left, right)

    def finish(self) -> None:
        try:
            if self._wav is not None:
                self._wav.close()
        finally:
            self._loop.call_soon_threadsafe(self._closed.set)

    def fail(self, error: OSError) -> None:
        if self.error is not None:
            return
        self.error = error
        metrics.failed_recordings.inc()
        logger.error("recording %s is given up: %s", self.path.name, error)


def in_progress(call: Call) -> Path:
    """The file that a call is recorded to."""
    return Path(settings.DATA_DIR) / "in-progress" / f"{call.uuid}.wav"


def keep(*, call_id: int, path: Path) -> None:
    """Move a finished recording to where recordings live."""
    call = Call.objects.get(pk=call_id)
    with _FileOnDisk(path) as file:
        call.recording.save(path.name, file, save=False)
    call.save(update_fields=["recording"])


class _FileOnDisk(UploadedFile):  # type: ignore[type-arg]
    """A file on disk that the storage may take as it is: moved, not copied."""

    def __init__(self, path: Path) -> None:
        super().__init__(path.open("rb"), name=path.name, size=path.stat().st_size)
        self._path = str(path)

    def temporary_file_path(self) -> str:
        return self._path
