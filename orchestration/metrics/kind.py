"""Every metric of the pipeline. What is `by` source has a series for each of the first sources and one for the rest."""

from __future__ import annotations

from data_contracts.metric_line import MetricKind

_ALL_AND_SOURCE = ((), ("source",))
_ASSET = (("asset",),)
_SOURCE = (("source",),)

PAGES_FETCHED = MetricKind("pages_fetched", "Count", _ALL_AND_SOURCE)
PAGES_CHANGED = MetricKind("pages_changed", "Count")
PAGES_NEW = MetricKind("pages_new", "Count")
PAGES_GONE = MetricKind("pages_gone", "Count")
PAGES_UNKNOWN = MetricKind("pages_unknown", "Count")
ROWS_ADDED = MetricKind("rows_added", "Count", _ASSET)
ROWS_QUARANTINED = MetricKind("rows_quarantined", "Count", _ASSET)
QUARANTINED_PERCENT = MetricKind("quarantined_percent", "Percent")
STEP_SECONDS = MetricKind("step_seconds", "Seconds", _ASSET)
EMBEDDING_DOLLARS = MetricKind("embedding_dollars", "None")

LIVE_PAGES = MetricKind("live_pages", "Count", _SOURCE)
OLDEST_PAGE_HOURS = MetricKind("oldest_page_hours", "None", _ALL_AND_SOURCE)
MEDIAN_PAGE_HOURS = MetricKind("median_page_hours", "None")
OVERDUE_HOURS = MetricKind("overdue_hours", "None", _ALL_AND_SOURCE)
RELEASE_HOURS = MetricKind("release_hours", "None", _SOURCE)
GOLDEN_RECALL = MetricKind("golden_recall", "Percent", _SOURCE)
HEADING_RECALL = MetricKind("heading_recall", "Percent", _SOURCE)

QUEUED_RUNS = MetricKind("queued_runs", "Count")
RUNNING_RUNS = MetricKind("running_runs", "Count")
OLDEST_QUEUED_SECONDS = MetricKind("oldest_queued_seconds", "Seconds")
RUNS_SUCCEEDED = MetricKind("runs_succeeded", "Count")
RUNS_RETRIED = MetricKind("runs_retried", "Count")
RUNS_FAILED = MetricKind("runs_failed", "Count")
