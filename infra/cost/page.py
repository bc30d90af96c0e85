"""What new pages cost, once; and what they go on to cost every month."""

from __future__ import annotations

from infra.config.stage_config import StageConfig
from infra.cost import price
from infra.cost.assumption import Reading
from infra.cost.fargate import hour

_GIGABYTE = 1_000_000.0  # in KB
_FUNCTION_GIGABYTES = 3008 / 1024


def of_pages(config: StageConfig, pages: int, assumed: Reading = Reading()) -> dict[str, float]:  # noqa: B008  frozen
    """Return dollars by line, for pages that are crawled and made searchable."""
    worker = config.dagster.worker_size
    chunks = pages * assumed.chunks
    core_hours = (pages / assumed.cleaned_per_core_second + chunks / assumed.embedded_per_core_second) / 3600
    return {
        "Crawling (Fargate)": crawl_hours(pages, assumed) * hour(config, config.dagster.run_size),
        "Cleaning and embedding (Fargate)": core_hours / (worker.cpu / 1024) * hour(config, worker),
        "S3 requests": pages * assumed.lake_requests / 1_000 * price.WRITES_THOUSAND,
        "Upstash index, sending": chunks / 100_000 * price.INDEX_HUNDRED_THOUSAND,
    }


def of_keeping(pages: int, assumed: Reading = Reading()) -> dict[str, float]:  # noqa: B008  frozen
    """Return dollars a month by line, for pages that are there."""
    return {
        "S3": pages * assumed.stored_kilobytes / _GIGABYTE * price.OBJECT_GIGABYTE,
        "Upstash index, keeping": pages * assumed.chunks * assumed.index_kilobytes / _GIGABYTE * price.INDEX_GIGABYTE,
    }


def of_dropping(config: StageConfig, pages: int, assumed: Reading = Reading()) -> float:  # noqa: B008  frozen
    """Return dollars for pages that others drop, each in a file of its own, instead of having them crawled."""
    seconds = pages * assumed.function_seconds * _FUNCTION_GIGABYTES
    return (
        seconds * price.FUNCTION_GIGABYTE_SECOND[config.architecture]
        + pages / 1e6 * (price.FUNCTION_MILLION + 2 * price.TABLE_WRITE_MILLION + price.TABLE_READ_MILLION)
        + pages * 6 / 1_000 * price.WRITES_THOUSAND
    )


def crawl_hours(pages: int, assumed: Reading = Reading()) -> float:  # noqa: B008  frozen
    """Return hours of a crawl, if all pages are of one site. Several sites are crawled side by side."""
    return pages / assumed.crawled_per_second / 3600
