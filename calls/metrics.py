"""What Prometheus knows of calls."""

from prometheus_client import Counter, Gauge, Histogram

calls_total = Counter("voicebot_calls_total", "Calls that ended", ["status", "problem_type"])
call_duration_seconds = Histogram(
    "voicebot_call_duration_seconds", "Length of calls", buckets=(5, 15, 30, 60, 120, 180, 300, 600, 900, 1800)
)
response_seconds = Histogram(
    "voicebot_response_seconds",
    "From the end of the caller's words to the bot's first",
    buckets=(0.2, 0.3, 0.45, 0.6, 0.9, 1.2, 1.8, 2.5, 4, 8),
)
scenes = Counter("voicebot_scenes_total", "Scenes of the script that calls entered", ["scene"])
barge_ins = Counter("voicebot_barge_ins_total", "Times that a caller interrupted the bot")
errors = Counter("voicebot_errors_total", "Errors that a call met", ["error_type", "component"])
unpriced_usage = Counter(
    "voicebot_unpriced_usage_total", "Vendor calls whose cost is unknown for want of a price", ["provider", "model"]
)
spend_share = Gauge(
    "voicebot_spend_share",
    "What was spent of a limit, 1 is all; `whose` is a company account's number or the platform",
    ["whose", "period"],
    multiprocess_mode="mostrecent",
)
