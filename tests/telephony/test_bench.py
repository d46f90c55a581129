import json
from io import StringIO

from django.core.management import call_command

from telephony import bench


def test_the_worker_is_measured_beside_a_bare_echo(monkeypatch):
    monkeypatch.setattr(bench, "WARM_UP_SECONDS", 0.2)
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "voicebot_site.settings")  # the servers are processes
    out = StringIO()
    call_command("bench_media", calls=3, seconds=1, python=True, stdout=out)
    result = json.loads(out.getvalue().splitlines()[-1])
    assert result["calls"] == 3
    assert result["cpu_ms_per_call_second"] >= 0
    assert result["frame_lateness_p50_ms"] <= result["frame_lateness_p99_ms"] <= result["frame_lateness_max_ms"]
    assert "the worker costs" in out.getvalue()
