"""Everything that is measured; docs/monitoring.md says what for.

Processes that take calls keep no number per frame: what happens 50 times a second is
added up and told once a second (`telephony/audiosocket/server.py`), the rest happens
once a turn or once a call. No label names a company: what is told by company comes
from the database (`voicebot_site/metrics.py`).

The names of the first block are those of the voicebot that this one replaces, with its
labels: dashboards made for that one go on.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from prometheus_client import Counter, Gauge, Histogram
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

OTHER: Final = "other"
UNKNOWN: Final = "unknown"
# Of a label whose values companies make up: the number of series must have an end.
MOST_VALUES: Final = 60


class Bounded:
    """The first `most` values of a label stay what they are, all later ones are "other"."""

    def __init__(self, most: int = MOST_VALUES) -> None:
        self._most = most
        self._known: set[str] = set()

    def __call__(self, value: str) -> str:
        if value not in self._known:
            if len(self._known) >= self._most:
                return OTHER
            self._known.add(value)
        return value


problem_types = Bounded()
tags = Bounded()

_SECONDS: Final = (0.05, 0.1, 0.2, 0.3, 0.45, 0.6, 0.9, 1.2, 1.8, 2.5, 4, 8)

# --- As its predecessor had them ------------------------------------------------

calls_total = Counter("voicebot_calls_total", "Calls that ended.", ["status", "problem_type"])
call_duration_seconds = Histogram(
    "voicebot_call_duration_seconds", "Length of calls.", buckets=(5, 15, 30, 60, 120, 180, 300, 600, 900, 1800)
)
client_sentiment = Counter("voicebot_client_sentiment_total", "How callers felt, by call.", ["sentiment"])
tickets_created = Counter("voicebot_tickets_created_total", "Tickets, as they were when opened.", ["severity", "tag"])
elevenlabs_requests = Counter(
    "voicebot_elevenlabs_requests_total",
    "What ElevenLabs' voices said: from the store (cache_hit) or asked for (api_call).",
    ["type"],
)
elevenlabs_characters = Counter("voicebot_elevenlabs_characters_total", "Characters that ElevenLabs spoke.")
deepgram_requests = Counter("voicebot_deepgram_requests_total", "Streams that Deepgram heard.")
deepgram_audio_seconds = Counter("voicebot_deepgram_audio_seconds_total", "Seconds of audio that Deepgram heard.")
groq_requests = Counter("voicebot_groq_requests_total", "Questions to Groq.", ["model"])
groq_tokens_input = Counter("voicebot_groq_tokens_input_total", "Tokens that Groq read.")
groq_tokens_output = Counter("voicebot_groq_tokens_output_total", "Tokens that Groq wrote.")
tts_response_seconds = Histogram(
    "voicebot_tts_response_seconds", "Until the first sound of what a vendor speaks.", buckets=_SECONDS
)
stt_response_seconds = Histogram(
    "voicebot_stt_response_seconds", "Until a vendor of speech-to-text listens.", buckets=_SECONDS
)
llm_response_seconds = Histogram(
    "voicebot_llm_response_seconds", "Until a language model's first token.", buckets=_SECONDS
)
active_calls = Gauge("voicebot_active_calls", "Calls in progress.", multiprocess_mode="livesum")
errors = Counter("voicebot_errors_total", "Errors that calls met, vendors' too.", ["error_type", "component"])

# --- Calls ------------------------------------------------------------------------

response_seconds = Histogram(
    "voicebot_response_seconds",
    "From the end of the caller's words to the bot's first.",
    buckets=(0.2, 0.3, 0.45, 0.6, 0.9, 1.2, 1.8, 2.5, 4, 8),
)
scenes = Counter("voicebot_scenes_total", "Scenes of the script that calls entered.", ["scene"])
barge_ins = Counter("voicebot_barge_ins_total", "Times that a caller interrupted the bot.")
spoken = Counter(
    "voicebot_spoken_characters_total", "Characters that the bot said: from the store or by a vendor.", ["source"]
)
failed_recordings = Counter(
    "voicebot_failed_recordings_total", "Recordings given up: the disk is full, gone or too slow."
)
scribe_entries = Gauge(
    "voicebot_scribe_entries", "What calls have yet to write to the database.", multiprocess_mode="livesum"
)

# --- Money: the formulas of docs/roi.md, over any time; by company they are in the database ---

resolved_calls = Counter("voicebot_resolved_calls_total", "Calls that the bot resolved, by what the caller said.")
human_cost = Counter("voicebot_human_cost_eur_total", "What people would have cost for the resolved calls, in euros.")
cache_savings = Counter("voicebot_cache_savings_eur_total", "What the phrase store saved, in euros.")

# --- Vendors ----------------------------------------------------------------------

vendor_requests = Counter("voicebot_vendor_requests_total", "Vendor calls.", ["kind", "provider", "model"])
vendor_cost = Counter("voicebot_vendor_cost_eur_total", "What they cost, in euros.", ["kind", "provider", "model"])
vendor_tokens = Counter(
    "voicebot_vendor_tokens_total", "Tokens: input, cached (a part of input), output.", ["provider", "model", "type"]
)
vendor_characters = Counter("voicebot_vendor_characters_total", "Characters spoken.", ["provider", "model"])
vendor_audio_seconds = Counter("voicebot_vendor_audio_seconds_total", "Audio heard.", ["provider", "model"])
vendor_latency_seconds = Histogram(
    "voicebot_vendor_latency_seconds", "Until a vendor's first answer.", ["kind", "provider"], buckets=_SECONDS
)
vendor_failures = Counter("voicebot_vendor_failures_total", "Vendors that failed.", ["kind", "provider", "failure"])
open_circuits = Gauge(
    "voicebot_vendor_circuits_open",
    "Accounts at a vendor that calls leave alone after failures.",
    ["kind", "provider"],
    multiprocess_mode="livesum",
)
unpriced_usage = Counter(
    "voicebot_unpriced_usage_total", "Vendor calls whose cost is unknown for want of a price.", ["provider", "model"]
)

# --- The line ---------------------------------------------------------------------

refused_connections = Counter(
    "voicebot_refused_connections_total", "AudioSocket connections that did not become a call.", ["reason"]
)
busy_calls = Counter("voicebot_busy_calls_total", "Calls that were told that all lines are busy.", ["limit"])
scanners = Counter("voicebot_scanners_total", "Connections to the AudioSocket port that spoke otherwise.", ["kind"])
ignored_frames = Counter("voicebot_ignored_frames_total", "Caller's frames that could not be used.", ["reason"])
cut_calls = Counter("voicebot_cut_calls_total", "Calls hung up on for what came over their line.", ["reason"])
dropped_frames = Counter(
    "voicebot_dropped_frames_total", "Frames given up on either way, for want of a reader.", ["way"]
)
sent_frames = Counter("voicebot_sent_frames_total", "Frames of 20 ms that were due to be sent.")
late_frames = Counter("voicebot_late_frames_total", "Frames sent more than 20 ms after they were due.")
schedule_gaps = Counter("voicebot_schedule_gaps_total", "Calls whose schedule was given up after a stall.")
event_loop_lag_seconds = Histogram(
    "voicebot_event_loop_lag_seconds",
    "How much later than asked for the event loop of the calls came back, once a second.",
    buckets=(0.001, 0.002, 0.005, 0.01, 0.02, 0.04, 0.06, 0.1, 0.25, 1),
)

# --- Of the supervisor ----------------------------------------------------------------


class Supervision:
    """What the supervisor of the workers knows. A collector: no worker may count any of it into its files."""

    def __init__(self) -> None:
        self.unserved_connections = 0
        self.lost_workers = 0
        self.ready_workers = 0
        self.is_stopping = False
        self.state_of: dict[str, str] = {}  # by worker, for people
        self.calls_of: dict[str, int] = {}  # by worker

    def readiness(self) -> tuple[bool, dict[str, str]]:
        """Whether balancers should send calls, and how each worker is."""
        return self.ready_workers > 0 and not self.is_stopping, self.state_of

    def collect(self) -> Iterator[Metric]:
        yield CounterMetricFamily(
            "voicebot_unserved_connections_total",
            "Connections refused because no worker could take them.",
            self.unserved_connections,
        )
        yield CounterMetricFamily("voicebot_lost_workers_total", "Workers that died or were killed.", self.lost_workers)
        yield GaugeMetricFamily("voicebot_ready_workers", "Workers that take calls.", self.ready_workers)
        calls = GaugeMetricFamily("voicebot_worker_calls", "Connections that a worker serves.", labels=["worker"])
        for worker, number in list(self.calls_of.items()):
            calls.add_metric([worker], number)
        yield calls


# --- Tasks --------------------------------------------------------------------------

task_seconds = Histogram(
    "voicebot_task_seconds", "How long tasks took.", ["task"], buckets=(0.05, 0.2, 1, 5, 15, 60, 300, 1800)
)
tasks = Counter("voicebot_tasks_total", "Tasks that ended.", ["task", "state"])

# A count that begins at 0 is seen to grow; one that appears with 1 is not.
for _counter, _values in (
    (client_sentiment, ("positive", "neutral", "negative")),
    (elevenlabs_requests, ("cache_hit", "api_call")),
    (spoken, ("store", "vendor")),
    (dropped_frames, ("in", "out")),
    (ignored_frames, ("length", "unknown")),
    (refused_connections, ("full",)),
):
    for _value in _values:
        _counter.labels(_value)
