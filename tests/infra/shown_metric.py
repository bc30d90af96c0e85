"""The metrics that templates name: in widgets of the dashboard, and in alarms."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from tests.infra.written_stage import Stage


class Series(NamedTuple):
    """A metric with the names of its dimensions; values of dimensions do not matter here."""

    namespace: str
    name: str
    dimensions: frozenset[str]


def on_dashboard(stage: Stage) -> set[Series]:
    """Return the stage's own series that the dashboard shows."""
    body = stage.only("monitoring", "AWS::CloudWatch::Dashboard")["DashboardBody"]
    # References to other stacks' resources stand between pieces of JSON; what they are does not matter here.
    pieces = body["Fn::Join"][1]
    text = "".join(piece if isinstance(piece, str) else "reference" for piece in pieces)
    widgets = json.loads(text)["widgets"]
    rows = [row for widget in widgets for row in widget["properties"].get("metrics", [])]
    return {series for row in rows for series in _series(row) if series.namespace.startswith("LoreChat/")}


def in_alarms(stage: Stage) -> set[Series]:
    """Return the stage's own series that alarms watch."""
    alarms = stage.resources("monitoring", "AWS::CloudWatch::Alarm").values()
    return {
        Series(alarm["Namespace"], alarm["MetricName"], frozenset(one["Name"] for one in alarm["Dimensions"]))
        for alarm in alarms
        if str(alarm.get("Namespace", "")).startswith("LoreChat/")
    }


def written(line: dict[str, Any]) -> set[Series]:
    """Return the series that CloudWatch makes of a line in the embedded metric format."""
    return {
        Series(directive["Namespace"], metric["Name"], frozenset(names))
        for directive in line["_aws"]["CloudWatchMetrics"]
        for names in directive["Dimensions"]
        for metric in directive["Metrics"]
    }


def _series(row: list[Any]) -> Iterator[Series]:
    first = row[0]
    if isinstance(first, dict):
        found = re.fullmatch(r"SEARCH\('\{(.+?),(.+)\} MetricName=\"(\w+)\" .*", first["expression"])
        assert found, first
        yield Series(found[1], found[3], frozenset(found[2].split(",")))
        return
    names = [part for part in row if isinstance(part, str)]
    yield Series(names[0], names[1], frozenset(names[2::2]))
