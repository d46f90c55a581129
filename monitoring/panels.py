"""What a dashboard is made of, and what Grafana wants of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

SOURCE: Final = {"type": "prometheus", "uid": "prometheus"}
GRID: Final = 24  # Grafana's columns


@dataclass(frozen=True, slots=True)
class Query:
    expr: str
    legend: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    title: str
    queries: Sequence[Query]
    kind: str = "timeseries"  # Grafana's: stat, timeseries, piechart, bargauge, table
    unit: str = "short"
    text: str = ""
    # Value -> colour from there on.
    steps: Sequence[tuple[float | None, str]] = ((None, "green"),)
    width: int = 8
    stacked: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Dashboard:
    uid: str
    title: str
    since: str
    panels: Sequence[Panel]
    by_company: bool = False  # has the variable $tenant


def stat(title: str, expr: str, **more: Any) -> Panel:
    return Panel(title=title, queries=[Query(expr)], kind="stat", **{"width": 6, **more})


def lines(title: str, *queries: tuple[str, str], **more: Any) -> Panel:
    return Panel(title=title, queries=[Query(*query) for query in queries], **more)


def share(title: str, expr: str, legend: str, **more: Any) -> Panel:
    return Panel(title=title, queries=[Query(expr, legend)], kind="piechart", **more)


def during(metric: str, by: str = "") -> str:
    """How much a counter grew in the time that is shown."""
    return f"sum{f' by ({by}) ' if by else ''}(increase({metric}[$__range]))"


def pace(metric: str, by: str = "") -> str:
    """How fast it grows, per second."""
    return f"sum{f' by ({by}) ' if by else ''}(rate({metric}[$__rate_interval]))"


def quantile(share: float, histogram: str, by: str = "") -> str:
    labels = f"le, {by}" if by else "le"
    return f"histogram_quantile({share}, sum by ({labels}) (rate({histogram}_bucket[$__rate_interval])))"


def median_and_worst(title: str, histogram: str, **more: Any) -> Panel:
    queries = [(quantile(0.5, histogram), "half of them"), (quantile(0.95, histogram), "19 of 20")]
    return lines(title, *queries, **{"unit": "s", **more})


def as_json(dashboard: Dashboard) -> dict[str, Any]:
    """As Grafana's API and its files have it."""
    panels, x, y = [], 0, 0
    for number, panel in enumerate(dashboard.panels, 1):
        if x + panel.width > GRID:
            x, y = 0, y + 8
        panels.append(_panel(panel, number, {"x": x, "y": y, "w": panel.width, "h": 8}))
        x += panel.width
    return {
        "uid": dashboard.uid,
        "title": dashboard.title,
        "tags": ["voicebot"],
        "schemaVersion": 39,
        "editable": False,
        "graphTooltip": 1,
        "refresh": "30s",
        "time": {"from": dashboard.since, "to": "now"},
        "timezone": "browser",
        "templating": {"list": [_TENANT] if dashboard.by_company else []},
        "links": [{"type": "dashboards", "tags": ["voicebot"], "title": "Voicebot", "asDropdown": False}],
        "annotations": {"list": []},
        "panels": panels,
    }


_TENANT: Final = {
    "name": "tenant",
    "label": "Company",
    "type": "query",
    "datasource": SOURCE,
    "query": {"query": "label_values(voicebot_tenant_open_tickets, tenant)", "refId": "tenant"},
    "refresh": 2,
    "sort": 1,
    "multi": True,
    "includeAll": True,
    "allValue": ".*",
    "current": {"text": ["All"], "value": ["$__all"]},
}


def _panel(panel: Panel, number: int, place: dict[str, int]) -> dict[str, Any]:
    is_summed_up = panel.kind != "timeseries"
    custom = {"fillOpacity": 10, "showPoints": "never", "stacking": {"mode": "normal" if panel.stacked else "none"}}
    options: dict[str, Any] = {"legend": {"displayMode": "list", "placement": "bottom", "showLegend": True}}
    if is_summed_up:
        options["reduceOptions"] = {"calcs": ["lastNotNull"], "fields": "", "values": False}
    if panel.kind == "bargauge":
        options |= {"orientation": "horizontal", "displayMode": "basic"}
    return {
        "id": number,
        "type": panel.kind,
        "title": panel.title,
        "description": panel.text,
        "datasource": SOURCE,
        "gridPos": place,
        "fieldConfig": {
            "defaults": {
                "unit": panel.unit,
                "noValue": "–",
                "color": {"mode": "palette-classic" if panel.kind in ("timeseries", "piechart") else "thresholds"},
                "thresholds": {
                    "mode": "absolute",
                    "steps": [{"value": value, "color": colour} for value, colour in panel.steps],
                },
                "custom": {} if is_summed_up else custom,
            },
            "overrides": [],
        },
        "options": options,
        "targets": [
            {
                "refId": chr(ord("A") + index),
                "datasource": SOURCE,
                "expr": query.expr,
                "legendFormat": query.legend or "__auto",
                "instant": is_summed_up,
                "range": not is_summed_up,
            }
            for index, query in enumerate(panel.queries)
        ],
    }
