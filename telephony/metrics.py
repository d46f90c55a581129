"""What Prometheus learns of the telephony of one process."""

from __future__ import annotations

from prometheus_client import Counter, Gauge

active_calls = Gauge("voicebot_active_calls", "Calls in progress.", multiprocess_mode="livesum")
refused_connections = Counter(
    "voicebot_refused_connections", "AudioSocket connections that did not become a call.", ["reason"]
)
scanners = Counter("voicebot_scanners", "Connections to the AudioSocket port that spoke something else.", ["kind"])
ignored_frames = Counter("voicebot_ignored_frames", "Caller's frames that could not be used.", ["reason"])
dropped_frames = Counter("voicebot_dropped_frames", "Frames given up on either way, for want of a reader.", ["way"])
late_frames = Counter("voicebot_late_frames", "Frames sent more than 20 ms after they were due.")
schedule_gaps = Counter("voicebot_schedule_gaps", "Calls whose schedule was given up after a stall.")
