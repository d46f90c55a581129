"""A real Prometheus with our configuration, beside the product as it runs in production, after 20 calls."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import redis
import yaml
from django.conf import settings

from calls.scenarios.script import parse_script
from monitoring.dashboards import DASHBOARDS
from monitoring.panels import Panel
from sandbox.caller import Caller
from sandbox.load.worker import free_port

ROOT = Path(settings.BASE_DIR)
MONITORING = ROOT / "monitoring"
REDIS_URL = os.environ.get("TEST_REDIS_URL", "redis://127.0.0.1:6379/9").rpartition("/")[0] + "/8"
START_SECONDS = 90.0
SEEN_SECONDS = 40.0  # until the last summary was written and the last panel has its data
RESOLVED = """
Bonjour, ma box internet ne marche plus depuis ce matin.
Voilà, c'est fait.
Oui, ça marche de nouveau, merci beaucoup.
"""
SCRIPTS = (
    RESOLVED,
    "Bonjour, je voudrais parler à un conseiller.",
    "[interrupt 1.5] Attendez, ma box ne marche plus.\n[hangup]",
    "Vous êtes des incapables, c'est inadmissible, j'en ai marre.\n[hangup]",
    "Bonjour, j'ai un souci bizarre avec le truc du salon.\nJe ne sais pas, il clignote.\n[hangup]",
)
CALLS = 20
AT_ONCE = 10
PREPARE = f"""
import json, uuid
from calls.models import SpendLimit
from calls.services import announce
from companies.models import Customer
from providers.models import Price
from tenants.models import AsteriskServer, Tenant
from tenants.scope import acting_for
from voicebot_site.celery import app
tenant = Tenant.objects.get(slug="demo")
calls = [uuid.uuid4() for _ in range({CALLS})]
Price.objects.filter(provider="deepgram").delete()  # what is heard has no price
with acting_for(tenant):
    SpendLimit.objects.update_or_create(tenant=tenant, defaults=dict(day_eur=50, month_eur=500))
    server = AsteriskServer.objects.get(network="127.0.0.1/32")
    numbers = list(Customer.objects.exclude(phone_number="").values_list("phone_number", flat=True)[:{CALLS}])
    for number, call in enumerate(calls):
        announce(server=server, call_uuid=call, phone_number=numbers[number % len(numbers)])
app.send_task("calls.reprice", kwargs=dict(tenant_id=999999, since="2026-01-01", until="2026-01-01"))
print(json.dumps([str(call) for call in calls]))
"""

pytestmark = [pytest.mark.prometheus, pytest.mark.timeout(300)]


@contextmanager
def process(command: list[str], environment: dict[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("wb") as output:
        running = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=output, stderr=subprocess.STDOUT)
    try:
        yield running
    finally:
        running.send_signal(signal.SIGTERM)
        try:
            running.wait(15)
        except subprocess.TimeoutExpired:
            running.kill()
            running.wait()


def get(url: str) -> Any:
    with urllib.request.urlopen(url, timeout=5) as answer:
        return answer.read()


def until(what: Any, seconds: float, says: str) -> Any:
    """What `what()` returns, once that is true. Errors of a connection are no answer."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            if found := what():
                return found
        except OSError:
            pass
        time.sleep(0.2)
    raise AssertionError(says)


class Prometheus:
    def __init__(self, port: int) -> None:
        self._url = f"http://127.0.0.1:{port}/api/v1"

    def ask(self, path: str, **parameters: str) -> Any:
        return json.loads(get(f"{self._url}/{path}?{urllib.parse.urlencode(parameters)}"))["data"]

    def query(self, expr: str) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = self.ask("query", query=as_grafana_would(expr))["result"]
        return rows


def as_grafana_would(expr: str) -> str:
    """With its variables; all calls of the test are within five minutes."""
    for name, value in {"$__rate_interval": "5m", "$__range": "5m", "$tenant": ".*"}.items():
        expr = expr.replace(name, value)
    return expr


def configuration(tmp_path: Path, ports: dict[str, int]) -> Path:
    """Ours, with the ports of this test, and faster."""
    config = yaml.safe_load((MONITORING / "prometheus.yml").read_text())
    config["global"] = {"scrape_interval": "1s", "evaluation_interval": "1s"}
    config["rule_files"] = [str(MONITORING / name) for name in config["rule_files"]]
    for job in config["scrape_configs"]:
        job["static_configs"] = [{"targets": [f"127.0.0.1:{ports[job['job_name']]}"]}]
    path = tmp_path / "prometheus.yml"
    path.write_text(yaml.safe_dump(config))
    return path


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory: pytest.TempPathFactory, vendors_url: str) -> Iterator[Prometheus]:
    """After the calls."""
    path = tmp_path_factory.mktemp("monitoring")
    names = ("web", "calls", "tasks", "prometheus", "audiosocket")
    ports = {name: free_port() for name in names}
    environment = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ} | {
        "DATA_DIR": str(path),
        "REDIS_URL": REDIS_URL,
        "SANDBOX_URL": vendors_url,
        "METRICS_PORT": str(ports["calls"]),
        "TASKS_METRICS_PORT": str(ports["tasks"]),
        "PLATFORM_DAY_LIMIT_EUR": "100",
        # The first one is not there: calls fail over to the second.
        "LANGUAGE_MODEL": "ollama,groq",
        "OLLAMA_URL": "http://127.0.0.1:1",
    }

    def manage(*arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=environment | {"LOG_LEVEL": "ERROR"},
            capture_output=True,
            text=True,
            timeout=START_SECONDS * 2,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    programs = Path(sys.executable).parent
    commands = {
        "web": [f"{programs}/daphne", "-b", "127.0.0.1", "-p", str(ports["web"]), "voicebot_site.asgi:application"],
        "calls": [
            *(sys.executable, "manage.py", "runaudiosocket", "--workers=2", "--drain=1"),
            *("--host=127.0.0.1", f"--port={ports['audiosocket']}"),
        ],
        "tasks": [f"{programs}/celery", "-A", "voicebot_site", "worker", "--concurrency=1", "--without-mingle"],
        "prometheus": [
            *("prometheus", f"--config.file={configuration(path, ports)}", f"--storage.tsdb.path={path}/tsdb"),
            *(f"--web.listen-address=127.0.0.1:{ports['prometheus']}", "--log.level=warn"),
        ],
    }
    with redis.Redis.from_url(REDIS_URL) as broker:
        broker.flushdb()  # tasks of a run that was broken off
    manage("migrate", "--verbosity=0")
    manage("seed_demo")
    with ExitStack() as stack:
        for name, command in commands.items():
            stack.enter_context(process(command, environment, path / f"{name}.log"))
        found = Prometheus(ports["prometheus"])
        try:
            until(lambda: len(found.query("up == 1")) == 4, START_SECONDS, "not all answer Prometheus")
            until(lambda: found.query("voicebot_ready_workers == 2"), START_SECONDS, "no worker takes calls")
            calls = [UUID(call) for call in json.loads(manage("shell", "--verbosity=0", "-c", PREPARE))]
            asyncio.run(call_all(ports["audiosocket"], calls))
            manage("roi")
            ended = f"sum(voicebot_calls_total) >= {CALLS}"
            until(lambda: found.query(ended), SEEN_SECONDS, "not all calls have ended")
            until(lambda: found.query("sum(voicebot_client_sentiment_total) >= 10"), SEEN_SECONDS, "no summaries")
            until(lambda: found.query("voicebot_roi_calls"), SEEN_SECONDS, "nothing was earned")
            until(lambda: found.query('voicebot_tasks_total{state="failure"}'), SEEN_SECONDS, "no task failed")
        except AssertionError as error:
            logs = "\n".join(f"--- {name}\n{(path / f'{name}.log').read_text()[-3000:]}" for name in commands)
            raise AssertionError(f"{error}\n{logs}") from None
        yield found


async def call_all(port: int, calls: list[UUID]) -> None:
    lines = asyncio.Semaphore(AT_ONCE)

    async def call(number: int, call_uuid: UUID) -> None:
        async with lines:
            script = parse_script(SCRIPTS[number % len(SCRIPTS)])
            await Caller("127.0.0.1", port, call_uuid=call_uuid, script=script, max_seconds=40).run()

    scanner, stranger = await asyncio.gather(
        asyncio.open_connection("127.0.0.1", port),
        asyncio.open_connection("127.0.0.1", port, local_addr=("127.0.0.99", 0)),
    )
    scanner[1].write(b"GET / HTTP/1.1\r\n\r\n")
    await asyncio.gather(*(call(number, call_uuid) for number, call_uuid in enumerate(calls)))
    for _, writer in (scanner, stranger):
        writer.close()


def has_data(rows: list[dict[str, Any]]) -> bool:
    """A quantile of what happened once since Prometheus looked is none yet; that of others is."""
    return any(row["value"][1] != "NaN" for row in rows)


PANELS = [(dashboard.uid, panel) for dashboard in DASHBOARDS for panel in dashboard.panels]


@pytest.mark.parametrize(("uid", "panel"), PANELS, ids=lambda value: value if isinstance(value, str) else value.title)
def test_every_query_of_every_panel_has_data(prometheus: Prometheus, uid: str, panel: Panel) -> None:
    for query in panel.queries:
        rows = prometheus.query(query.expr)
        assert has_data(rows), f"{query.expr}: {rows}"
        for label in re.findall(r"{{(\w+)}}", query.legend):
            assert all(row["metric"].get(label) for row in rows), f"{label} of {query.expr}: {rows}"


RULES = [
    rule
    for path in ("recording.yml", "alerts.yml")
    for group in yaml.safe_load((MONITORING / "rules" / path).read_text())["groups"]
    for rule in group["rules"]
]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.get("record") or rule["alert"])
def test_every_rule_speaks_of_what_there_is(prometheus: Prometheus, rule: dict[str, Any]) -> None:
    """An alert is silent most of the time: what it compares must be there."""
    value = re.sub(r" (>|==) [\d.]+$", "", rule["expr"].strip()) if "alert" in rule else rule["expr"]
    assert ("alert" in rule) == (value != rule["expr"])
    assert has_data(prometheus.query(value)), value
    for label in re.findall(r"\$labels\.(\w+)", rule.get("annotations", {}).get("summary", "")):
        assert all(row["metric"].get(label) for row in prometheus.query(value)), label


def test_prometheus_itself_evaluates_the_rules(prometheus: Prometheus) -> None:
    rules = [rule for group in prometheus.ask("rules")["groups"] for rule in group["rules"]]
    assert len(rules) == len(RULES)
    assert {rule["health"] for rule in rules} == {"ok"}


def test_each_call_is_counted_once_by_whichever_worker(prometheus: Prometheus) -> None:
    def value(expr: str) -> float:
        return float(prometheus.query(expr)[0]["value"][1])

    assert value("sum(voicebot_calls_total)") == CALLS
    assert value("sum(voicebot_call_duration_seconds_count)") == CALLS
    assert value("sum(voicebot_tickets_created_total)") == CALLS
    assert value("sum(voicebot_active_calls)") == 0
    assert value("sum(voicebot_scribe_entries)") == 0
    assert value('voicebot_roi_calls{tenant="demo",period="today"}') == CALLS
    assert value("sum(voicebot_resolved_calls_total)") == value('voicebot_roi_resolved{tenant="demo",period="today"}')
    spent = 'voicebot_spend_eur{tenant="demo",period="day"}'
    assert value("sum(voicebot_vendor_cost_eur_total)") == pytest.approx(value(spent), abs=1e-6)
    assert value('voicebot_roi_cost_eur{tenant="demo",period="today"}') <= value(spent) + 1e-6
