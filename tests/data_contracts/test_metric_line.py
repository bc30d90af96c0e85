"""Lines of metrics against the schema of CloudWatch's specification of the embedded metric format."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from jsonschema import Draft202012Validator

from data_contracts.metric_line import MetricKind, metric_line

NAME = {"type": "string", "minLength": 1, "maxLength": 1024}
UNITS = "Seconds|Microseconds|Milliseconds|Bytes|Kilobytes|Megabytes|Gigabytes|Percent|Count|Count/Second|None"
METRIC = {
    "type": "object",
    "required": ["Name"],
    "additionalProperties": False,
    "properties": {
        "Name": NAME,
        "Unit": {"type": "string", "pattern": f"^({UNITS})$"},
        "StorageResolution": {"enum": [1, 60]},
    },
}
DIMENSIONS = {"type": "array", "items": {"type": "string", "minLength": 1, "maxLength": 250}, "maxItems": 30}
DIRECTIVE = {
    "type": "object",
    "required": ["Namespace", "Dimensions", "Metrics"],
    "additionalProperties": False,
    "properties": {
        "Namespace": NAME,
        "Dimensions": {"type": "array", "minItems": 1, "items": DIMENSIONS},
        "Metrics": {"type": "array", "minItems": 1, "maxItems": 100, "items": METRIC},
    },
}
SCHEMA = {
    "type": "object",
    "required": ["_aws"],
    "properties": {
        "_aws": {
            "type": "object",
            "required": ["Timestamp", "CloudWatchMetrics"],
            "properties": {
                "Timestamp": {"type": "integer"},
                "CloudWatchMetrics": {"type": "array", "items": DIRECTIVE},
            },
        }
    },
}

SPEED = MetricKind("speed", "Seconds")
PAGES = MetricKind("pages", "Count", ((), ("source",)))
AT = datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_a_line_is_valid_and_every_metric_and_dimension_that_it_names_has_a_value() -> None:
    text = metric_line("dev", AT, {SPEED: 0.25, PAGES: 7}, source="bees")
    assert text.endswith("\n")
    assert text.count("\n") == 1
    line = json.loads(text)
    Draft202012Validator(SCHEMA).validate(line)
    for directive in line["_aws"]["CloudWatchMetrics"]:
        assert directive["Namespace"] == "LoreChat/dev"
        assert all(isinstance(line[metric["Name"]], int | float) for metric in directive["Metrics"])
        assert all(isinstance(line[name], str) and line[name] for names in directive["Dimensions"] for name in names)
    assert line["_aws"]["Timestamp"] == 1_772_366_400_000


def test_a_metric_has_a_series_for_each_set_of_its_dimensions() -> None:
    line = json.loads(metric_line("dev", AT, {SPEED: 0.25, PAGES: 7}, source="bees"))
    sets = {
        metric["Name"]: directive["Dimensions"]
        for directive in line["_aws"]["CloudWatchMetrics"]
        for metric in directive["Metrics"]
    }
    assert sets == {"speed": [["stage"]], "pages": [["stage"], ["stage", "source"]]}


def test_an_empty_dimension_says_none_since_cloudwatch_refuses_it() -> None:
    assert json.loads(metric_line("dev", AT, {PAGES: 7}, source=""))["source"] == "none"


def test_what_is_no_number_is_no_line() -> None:
    with pytest.raises(ValueError, match="JSON"):
        metric_line("dev", AT, {SPEED: float("nan")})
