"""What the estimates assume. Change it to what you see: each says where its number is from."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any


def _of(value: Any, says: str) -> Any:
    return field(default=value, metadata={"says": says})


@dataclass(frozen=True, slots=True)
class AtRest:
    """A month in which nobody asks."""

    run_hours: float = _of(30, "hours of Dagster's runs: a recrawl of an hour every night")
    worker_hours: float = _of(10, "hours of workers in ECS: a few backfills")
    log_gigabytes: float = _of(10, "GB of logs in CloudWatch")
    data_gigabytes: float = _of(50, "GB in S3")


@dataclass(frozen=True, slots=True)
class Asking:
    """One question with its answer, and when people ask."""

    busy_hours: float = _of(220, "hours of the month in which people ask: ten on each of 22 days")
    peak: float = _of(3, "times the usual rate in the tenth of these hours that is the busiest")
    cpu_seconds: float = _of(0.3, "core seconds in the chat: twice what `benches overhead` measures, for slower cores")
    cpu_share: float = _of(0.7, "share of a task's cores in use from which another task starts (infra/parts)")
    questions_per_visit: float = _of(3, "questions of one visit, after which the page is opened anew")
    requests_per_visit: float = _of(25, "requests that opening the page takes")
    requests_per_question: float = _of(3, "further requests; a WebSocket counts once")
    visit_kilobytes: float = _of(1_500, "KB that opening the page sends, once compressed")
    question_kilobytes: float = _of(60, "KB that a question with its answer, passages and panel sends")
    index_requests: float = _of(12, "operations of the index: two searches, and the neighbours of ten passages")
    index_kilobytes: float = _of(40, "KB from and to the index")
    tokens_read: float = _of(2_500, "tokens shown to a model: twice what `benches overhead` measures, for the history")
    tokens_written: float = _of(250, "tokens of an answer")
    log_kilobytes: float = _of(3, "KB of the chat's log")
    firewall_kilobytes: float = _of(1.5, "KB of the firewall's log for each request")
    database_kilobytes: float = _of(12, "KB kept of each turn in PostgreSQL")
    lake_writes: float = _of(4, "PUT or LIST requests for the turn's row in the lake")
    lake_reads: float = _of(6, "GET requests for the same")


@dataclass(frozen=True, slots=True)
class Reading:
    """One new page, from the website to the index. A page that has not changed costs next to nothing."""

    crawled_per_second: float = _of(2.0, "pages: what a polite crawl of one site does; the crawler could do 80")
    chunks: float = _of(12, "passages of a page: 8 and 27 on the benchmark's two sites")
    cleaned_per_core_second: float = _of(20, "pages cleaned and cut; `benches pipeline` measures 45 on faster cores")
    embedded_per_core_second: float = _of(27, "passages: half of what `benches embedding` measures, for slower cores")
    stored_kilobytes: float = _of(60, "KB in the lake: HTML, markdown, passages and vectors, compressed")
    page_kilobytes: float = _of(80, "KB of a page over the network")
    index_kilobytes: float = _of(4.5, "KB of a passage in the index: vector, terms, text")
    lake_requests: float = _of(0.5, "PUT requests: batches of pages and passages, five tables")
    function_seconds: float = _of(1.5, "seconds of the function for a page that is dropped instead of crawled")


def listed(*groups: object) -> str:
    """Return all assumptions as a table in markdown."""
    rows = [
        f"| {type(group).__name__} | {getattr(group, one.name):g} | {one.metadata['says']} |"
        for group in groups
        for one in fields(group)  # type: ignore[arg-type]  # they are dataclasses
    ]
    return "\n".join(["| part | value | what it is, and where it is from |", "| --- | --: | --- |", *rows])
