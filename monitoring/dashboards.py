"""Grafana's dashboards, as few words as they can be said in.

    python -m monitoring.dashboards     # writes monitoring/grafana/dashboards/*.json

Amounts and counts over a range are of what Prometheus saw: it misses what happened
before its first scrape of a process. Exact to the cent are the panels "by company",
which show the rows that the admin shows (docs/roi.md).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

from monitoring.panels import (
    Dashboard,
    Panel,
    Query,
    as_json,
    during,
    lines,
    median_and_worst,
    pace,
    quantile,
    share,
    stat,
)

FOLDER: Final = Path(__file__).parent / "grafana" / "dashboards"


def of_companies(figure: str) -> str:
    """Of each company; every web process tells the same."""
    return f'max by (tenant) (voicebot_roi_{figure}{{tenant=~"$tenant",period="30d"}})'


CALLS: Final = during("voicebot_calls_total")
FAILED: Final = during('voicebot_calls_total{status=~"failed|dropped"}')
COST: Final = during("voicebot_vendor_cost_eur_total")
STORE: Final = during('voicebot_spoken_characters_total{source="store"}')

ROI = Dashboard(
    uid="voicebot-roi",
    title="Voicebot: return and business",
    since="now-24h",
    by_company=True,
    panels=(
        stat("Cost per call", f"{COST} / {CALLS}", unit="currencyEUR", text="What vendors cost ÷ calls."),
        stat(
            "Savings against a person",
            f"{during('voicebot_human_cost_eur_total')} - {COST}",
            unit="currencyEUR",
            steps=((None, "red"), (0, "green")),
            text="A person's cost of each resolved call − what vendors cost for all.",
        ),
        stat(
            "Automatic resolution",
            f"{during('voicebot_resolved_calls_total')} / {CALLS}",
            unit="percentunit",
            steps=((None, "red"), (0.5, "yellow"), (0.7, "green")),
            text="Calls that the bot resolved, by what the caller said, ÷ calls.",
        ),
        stat(
            "Said from the phrase store",
            f"{STORE} / {during('voicebot_spoken_characters_total')}",
            unit="percentunit",
            steps=((None, "yellow"), (0.5, "green")),
            text="Share of the characters for which no vendor was asked.",
        ),
        lines("Calls per hour", ("sum(increase(voicebot_calls_total[1h]))", "calls"), width=12),
        share("Problems", during("voicebot_calls_total", "problem_type"), "{{problem_type}}", width=12),
        share("Sentiment", during("voicebot_client_sentiment_total", "sentiment"), "{{sentiment}}"),
        stat(
            "Mean duration",
            f"{during('voicebot_call_duration_seconds_sum')} / {during('voicebot_call_duration_seconds_count')}",
            unit="s",
            steps=((None, "green"), (120, "yellow"), (300, "red")),
            width=8,
        ),
        lines(
            "Tickets by severity",
            ("sum by (severity) (increase(voicebot_tickets_created_total[1h]))", "{{severity}}"),
            stacked=True,
        ),
        lines(
            "Cost by vendor, per hour",
            ("sum by (kind, provider) (increase(voicebot_vendor_cost_eur_total[1h]))", "{{provider}} ({{kind}})"),
            unit="currencyEUR",
            stacked=True,
            width=24,
        ),
        stat("Saved by the phrase store", during("voicebot_cache_savings_eur_total"), unit="currencyEUR"),
        stat("Tickets", during("voicebot_tickets_created_total")),
        share("How calls end", during("voicebot_calls_total", "status"), "{{status}}", width=6),
        share("Tickets by tag", during("voicebot_tickets_created_total", "tag"), "{{tag}}", width=6),
        Panel(
            title="Cost per call by company, 30 days",
            queries=[Query(f"{of_companies('cost_eur')} / {of_companies('calls')}", "{{tenant}}")],
            kind="bargauge",
            unit="currencyEUR",
        ),
        Panel(
            title="Savings by company, 30 days",
            queries=[Query(f"{of_companies('human_eur')} - {of_companies('cost_eur')}", "{{tenant}}")],
            kind="bargauge",
            unit="currencyEUR",
        ),
        Panel(
            title="Automatic resolution by company, 30 days",
            queries=[Query(f"{of_companies('resolved')} / {of_companies('calls')}", "{{tenant}}")],
            kind="bargauge",
            unit="percentunit",
            steps=((None, "red"), (0.5, "yellow"), (0.7, "green")),
        ),
        Panel(
            title="Saved by the phrase store by company, 30 days",
            queries=[Query(of_companies("cached_eur"), "{{tenant}}")],
            kind="bargauge",
            unit="currencyEUR",
        ),
        Panel(
            title="Mean duration by company, 30 days",
            queries=[Query(f"{of_companies('handled_seconds')} / {of_companies('calls')}", "{{tenant}}")],
            kind="bargauge",
            unit="s",
        ),
        Panel(
            title="Tickets that wait, by company",
            queries=[Query('max by (tenant) (voicebot_tenant_open_tickets{tenant=~"$tenant"})', "{{tenant}}")],
            kind="bargauge",
        ),
    ),
)

LIVE = Dashboard(
    uid="voicebot-calls",
    title="Voicebot: calls and latency",
    since="now-3h",
    by_company=True,
    panels=(
        stat("Calls in progress", "sum(voicebot_active_calls)"),
        stat(
            "Answer within, 19 of 20",
            quantile(0.95, "voicebot_response_seconds").replace("$__rate_interval", "$__range"),
            unit="s",
            steps=((None, "green"), (1.2, "yellow"), (1.8, "red")),
            text="From the caller's last word to the bot's first.",
        ),
        stat(
            "Failed and dropped",
            f"({FAILED} or vector(0)) / {CALLS}",
            unit="percentunit",
            steps=((None, "green"), (0.02, "yellow"), (0.1, "red")),
        ),
        stat("Barge-ins per call", f"{during('voicebot_barge_ins_total')} / {CALLS}"),
        lines("Calls in progress", ("sum(voicebot_active_calls)", "all"), width=12),
        lines(
            "By company",
            ('max by (tenant) (voicebot_tenant_calls{tenant=~"$tenant"})', "{{tenant}}"),
            stacked=True,
            width=12,
        ),
        median_and_worst("From the caller's words to the bot's", "voicebot_response_seconds"),
        median_and_worst("Length of calls", "voicebot_call_duration_seconds"),
        lines("How calls end", (pace("voicebot_calls_total", "status"), "{{status}}"), stacked=True, unit="cps"),
        median_and_worst("Speech to text: until it listens", "voicebot_stt_response_seconds"),
        median_and_worst("Language model: first token", "voicebot_llm_response_seconds"),
        median_and_worst("Text to speech: first sound", "voicebot_tts_response_seconds"),
        lines("Scenes", (pace("voicebot_scenes_total", "scene"), "{{scene}}"), stacked=True, unit="cps", width=12),
        lines(
            "Errors that calls met",
            (pace("voicebot_errors_total", "component, error_type"), "{{component}}: {{error_type}}"),
            unit="cps",
            width=12,
        ),
    ),
)

VENDORS = Dashboard(
    uid="voicebot-vendors",
    title="Voicebot: vendors and cost",
    since="now-24h",
    by_company=True,
    panels=(
        stat("Cost", COST, unit="currencyEUR"),
        stat("Vendor calls", during("voicebot_vendor_requests_total")),
        stat(
            "Failures",
            f"{during('voicebot_vendor_failures_total')} or vector(0)",
            steps=((None, "green"), (1, "yellow"), (50, "red")),
        ),
        stat(
            "Without a price",
            f"{during('voicebot_unpriced_usage_total')} or vector(0)",
            steps=((None, "green"), (1, "red")),
        ),
        lines(
            "Cost per hour",
            ("sum by (provider, model) (increase(voicebot_vendor_cost_eur_total[1h]))", "{{provider}} {{model}}"),
            unit="currencyEUR",
            stacked=True,
            width=12,
        ),
        lines(
            "Requests",
            (pace("voicebot_vendor_requests_total", "kind, provider"), "{{provider}} ({{kind}})"),
            unit="reqps",
            width=12,
        ),
        lines(
            "Tokens",
            (pace("voicebot_vendor_tokens_total", "provider, model, type"), "{{provider}} {{model}}, {{type}}"),
            unit="cps",
        ),
        lines("Characters", (pace("voicebot_vendor_characters_total", "provider, model"), "{{provider}} {{model}}")),
        lines("Seconds of audio", (pace("voicebot_vendor_audio_seconds_total", "provider"), "{{provider}}")),
        lines(
            "First answer, 19 of 20",
            (quantile(0.95, "voicebot_vendor_latency_seconds", "kind, provider"), "{{provider}} ({{kind}})"),
            unit="s",
        ),
        lines(
            "Failures",
            (pace("voicebot_vendor_failures_total", "provider, failure"), "{{provider}}: {{failure}}"),
            unit="cps",
        ),
        lines(
            "Left alone after failures",
            ("sum by (kind, provider) (voicebot_vendor_circuits_open)", "{{provider}} ({{kind}})"),
            steps=((None, "green"), (1, "red")),
        ),
        Panel(
            title="Spent of the limit",
            queries=[Query('voicebot:spend:share{tenant=~"$tenant"}', "{{tenant}}, this {{period}}")],
            kind="bargauge",
            unit="percentunit",
            steps=((None, "green"), (0.8, "yellow"), (1, "red")),
        ),
        Panel(
            title="Spent of the platform's limit",
            queries=[Query("voicebot:platform_spend:share", "this {{period}}")],
            kind="bargauge",
            unit="percentunit",
            steps=((None, "green"), (0.8, "yellow"), (1, "red")),
        ),
        Panel(
            title="Spent by company",
            queries=[
                Query('max by (tenant, period) (voicebot_spend_eur{tenant=~"$tenant"})', "{{tenant}}, this {{period}}")
            ],
            kind="bargauge",
            unit="currencyEUR",
        ),
        lines(
            "ElevenLabs",
            (pace("voicebot_elevenlabs_requests_total", "type"), "{{type}}"),
            (pace("voicebot_elevenlabs_characters_total"), "characters"),
        ),
        lines(
            "Deepgram",
            (pace("voicebot_deepgram_requests_total"), "streams"),
            (pace("voicebot_deepgram_audio_seconds_total"), "seconds of audio"),
        ),
        lines(
            "Groq",
            (pace("voicebot_groq_requests_total", "model"), "{{model}}"),
            (pace("voicebot_groq_tokens_input_total"), "tokens read"),
            (pace("voicebot_groq_tokens_output_total"), "tokens written"),
        ),
    ),
)

PLATFORM = Dashboard(
    uid="voicebot-platform",
    title="Voicebot: platform",
    since="now-3h",
    panels=(
        Panel(
            title="Answers",
            queries=[Query("min by (job) (up)", "{{job}}")],
            kind="stat",
            steps=((None, "red"), (1, "green")),
            width=12,
        ),
        stat("Workers that take calls", "sum(voicebot_ready_workers)", steps=((None, "red"), (1, "green"))),
        stat(
            "Workers lost",
            during("voicebot_lost_workers_total"),
            steps=((None, "green"), (1, "red")),
        ),
        lines("Calls by worker", ("voicebot_worker_calls", "{{instance}} worker {{worker}}"), stacked=True),
        lines(
            "The calls' event loop comes late by",
            (quantile(0.5, "voicebot_event_loop_lag_seconds"), "half of the times"),
            (quantile(0.99, "voicebot_event_loop_lag_seconds"), "99 of 100"),
            unit="s",
        ),
        lines(
            "Frames late, of those sent",
            (f"{pace('voicebot_late_frames_total')} / {pace('voicebot_sent_frames_total')}", "late"),
            unit="percentunit",
        ),
        lines(
            "Frames given up",
            (pace("voicebot_dropped_frames_total", "way"), "{{way}}"),
            (pace("voicebot_schedule_gaps_total"), "gaps after a stall"),
            (pace("voicebot_ignored_frames_total", "reason"), "unusable: {{reason}}"),
            unit="cps",
        ),
        lines(
            "Connections that became no call",
            (pace("voicebot_refused_connections_total", "reason"), "{{reason}}"),
            (pace("voicebot_unserved_connections_total"), "no worker"),
            (pace("voicebot_scanners_total", "kind"), "spoke {{kind}}"),
            unit="cps",
        ),
        lines(
            "Waiting",
            ("max by (queue) (voicebot_queue_length)", "tasks: {{queue}}"),
            ("max(voicebot_queue_unacknowledged)", "tasks taken"),
            ("max(voicebot_webhooks_pending)", "webhooks"),
            ("sum(voicebot_scribe_entries)", "entries of calls"),
        ),
        lines("Tasks", (pace("voicebot_tasks_total", "task, state"), "{{task}}: {{state}}"), unit="cps"),
        lines("Tasks take, 19 of 20", (quantile(0.95, "voicebot_task_seconds", "task"), "{{task}}"), unit="s"),
        lines(
            "Web: answers",
            (pace("django_http_responses_total_by_status_total", "status"), "{{status}}"),
            unit="reqps",
            stacked=True,
        ),
        lines(
            "Web: slowest pages, 19 of 20",
            (
                "topk(10, histogram_quantile(0.95, sum by (le, view) "
                "(rate(django_http_requests_latency_seconds_by_view_method_bucket[$__rate_interval]))))",
                "{{view}}",
            ),
            unit="s",
        ),
        lines("Web: database queries", (pace("django_db_execute_total", "vendor"), "{{vendor}}"), unit="cps"),
        lines("Web: memory", ('process_resident_memory_bytes{job="web"}', "{{instance}}"), unit="bytes"),
    ),
)

DASHBOARDS: Final = (ROI, LIVE, VENDORS, PLATFORM)


def write() -> None:
    for dashboard in DASHBOARDS:
        path = FOLDER / f"{dashboard.uid}.json"
        path.write_text(json.dumps(as_json(dashboard), indent=2, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    write()
