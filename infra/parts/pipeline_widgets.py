"""The dashboard's rows about the pipeline. The sensor `metrics` in Dagster writes these figures every minute."""

from __future__ import annotations

from aws_cdk import aws_cloudwatch as cloudwatch

from infra.config.stage_config import StageConfig
from infra.parts.graph import graph
from infra.parts.own_metric import own_metric, search_by

Row = list[cloudwatch.GraphWidget]

_CHANGES = {"pages_new": "new", "pages_changed": "changed", "pages_gone": "gone", "pages_unknown": "unknown"}


def pipeline_widgets(config: StageConfig) -> list[Row]:
    """Return rows about pages, freshness, work, releases and runs."""

    def total(name: str, label: str) -> cloudwatch.Metric:
        return own_metric(config, name, "Sum", label)

    def worst(name: str, label: str) -> cloudwatch.Metric:
        return own_metric(config, name, "Maximum", label)

    pages = [
        graph(
            "Pages crawled",
            total("pages_fetched", "all"),
            search_by(config, "pages_fetched", "source", ""),
        ),
        graph("What became of pages", *(total(name, label) for name, label in _CHANGES.items())),
        graph("Pages that exist", search_by(config, "live_pages", "source", "", "Maximum")),
    ]
    freshness = [
        graph(
            "Hours since pages were seen",
            worst("oldest_page_hours", "oldest page of all"),
            worst("median_page_hours", "median page, worst source"),
            search_by(config, "oldest_page_hours", "source", "oldest: ", "Maximum"),
        ),
        graph(
            "Hours that recrawls are late",
            worst("overdue_hours", "worst source"),
            search_by(config, "overdue_hours", "source", "", "Maximum"),
        ),
        graph(
            "Runs that wait and go on",
            worst("queued_runs", "waiting"),
            worst("running_runs", "running"),
        ),
    ]
    work = [
        graph("Rows made: versions, documents, chunks, vectors", search_by(config, "rows_added", "asset", "")),
        graph(
            "Quarantine",
            search_by(config, "rows_quarantined", "asset", ""),
            worst("quarantined_percent", "worst share, %"),
        ),
        graph("Seconds of assets", search_by(config, "step_seconds", "asset", "", "Maximum")),
    ]
    releases = [
        graph("Hours since the live release was built", search_by(config, "release_hours", "source", "", "Maximum")),
        graph(
            "Recall of the live release, %",
            search_by(config, "golden_recall", "source", "golden: ", "Minimum"),
            search_by(config, "heading_recall", "source", "headings: ", "Minimum"),
        ),
        graph("Dollars of embeddings", total("embedding_dollars", "dollars")),
    ]
    runs = [
        graph(
            "Runs that ended",
            total("runs_succeeded", "well"),
            total("runs_retried", "failed, run again"),
            total("runs_failed", "failed"),
        ),
        graph("Seconds that the oldest run waits", worst("oldest_queued_seconds", "oldest")),
    ]
    return [pages, freshness, work, releases, runs]
