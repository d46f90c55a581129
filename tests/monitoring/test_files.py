"""What Prometheus and Grafana are given: valid, current and explained."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest
import yaml
from django.conf import settings
from prometheus_client import REGISTRY

from monitoring import metrics
from monitoring.dashboards import DASHBOARDS, FOLDER
from monitoring.panels import as_json
from voicebot_site.metrics import EARNED

MONITORING = Path(settings.BASE_DIR, "monitoring")
DOCUMENT = Path(settings.BASE_DIR, "docs", "monitoring.md").read_text()
ALERTS = yaml.safe_load((MONITORING / "rules" / "alerts.yml").read_text())["groups"][0]["rules"]
#: name{labels} of the voicebot that this one replaces.
OF_OLD = {
    "voicebot_calls": {"status", "problem_type"},
    "voicebot_call_duration_seconds": set(),
    "voicebot_client_sentiment": {"sentiment"},
    "voicebot_tickets_created": {"severity", "tag"},
    "voicebot_elevenlabs_requests": {"type"},
    "voicebot_elevenlabs_characters": set(),
    "voicebot_deepgram_requests": set(),
    "voicebot_deepgram_audio_seconds": set(),
    "voicebot_groq_requests": {"model"},
    "voicebot_groq_tokens_input": set(),
    "voicebot_groq_tokens_output": set(),
    "voicebot_tts_response_seconds": set(),
    "voicebot_stt_response_seconds": set(),
    "voicebot_llm_response_seconds": set(),
    "voicebot_active_calls": set(),
    "voicebot_errors": {"error_type", "component"},
}


def test_the_names_of_old_are_kept_with_their_labels() -> None:
    found = {
        metric._name: set(metric._labelnames)
        for metric in vars(metrics).values()
        if hasattr(metric, "_labelnames") and metric._name in OF_OLD
    }
    assert found == OF_OLD
    assert {metric.name for metric in REGISTRY.collect()} >= OF_OLD.keys()


@pytest.mark.prometheus
@pytest.mark.parametrize(
    "arguments",
    [
        ("check", "config", "prometheus.yml"),
        ("check", "rules", "rules/recording.yml", "rules/alerts.yml"),
        ("test", "rules", "rules/tests.yml"),
    ],
    ids=" ".join,
)
def test_promtool_is_content(arguments: tuple[str, ...]) -> None:
    done = subprocess.run(["promtool", *arguments], cwd=MONITORING, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_alert_is_tested_to_speak_and_to_be_silent() -> None:
    text = (MONITORING / "rules" / "tests.yml").read_text()
    for alert in ALERTS:
        assert text.count(f"alertname: {alert['alert']}") == 1 + (alert["alert"] == "VoicebotCallsFail"), alert["alert"]
        assert f'alertname="{alert["alert"]}"' in text, alert["alert"]


def test_the_document_says_what_to_do_about_every_alert_and_no_other() -> None:
    assert re.findall(r"^\| `(Voicebot\w+)` \|", DOCUMENT, re.MULTILINE) == [alert["alert"] for alert in ALERTS]


def test_grafana_is_given_what_the_dashboards_say() -> None:
    assert {path.name for path in FOLDER.iterdir()} == {f"{dashboard.uid}.json" for dashboard in DASHBOARDS}
    for dashboard in DASHBOARDS:
        written = json.loads((FOLDER / f"{dashboard.uid}.json").read_text())
        assert written == as_json(dashboard), "run: python -m monitoring.dashboards"


def test_panels_lie_beside_each_other() -> None:
    for dashboard in DASHBOARDS:
        taken: set[tuple[int, int]] = set()
        for panel in as_json(dashboard)["panels"]:
            place = panel["gridPos"]
            cells = {(x, place["y"]) for x in range(place["x"], place["x"] + place["w"])}
            assert place["x"] + place["w"] <= 24
            assert not taken & cells, panel["title"]
            taken |= cells


def test_dashboards_and_rules_ask_for_numbers_that_there_are() -> None:
    known = {metric.name for metric in [*REGISTRY.collect(), *metrics.Supervision().collect()]}
    known |= {f"voicebot_roi_{name}" for name in EARNED}
    source = Path(settings.BASE_DIR, "voicebot_site", "metrics.py").read_text()
    known |= set(re.findall(r'"(voicebot_\w+)"', source))
    texts = [path.read_text() for path in [*FOLDER.iterdir(), *(MONITORING / "rules").iterdir()]]
    asked = {name for text in texts for name in re.findall(r"\b(voicebot_[a-z_]+)\b", text)}
    bare = {re.sub(r"_(total|bucket|sum|count)$", "", name) for name in asked}
    assert bare - known == set()
    assert len(bare) > 40
