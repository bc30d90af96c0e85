"""The asset `raw_html`: a source's pages as they were fetched."""

import dagster as dg

from assets.flow import Flow
from assets.metadata import markdown_table, stage_metadata, table_metadata
from assets.policy import site_asset
from assets.stage_run import content_version, failures_explained
from scrapers.revision import CRAWLER

_HAS_PAGES = "source_has_pages"


@site_asset(
    "raw_html",
    after=None,
    pool="crawl",
    kinds={"scrapy", "deltalake"},
    code_version=CRAWLER,
    checks={_HAS_PAGES: "At least one page exists, so there is something to answer from."},
)
def raw_html(context: dg.AssetExecutionContext, flow: dg.ResourceParam[Flow]) -> dg.MaterializeResult:  # type: ignore[type-arg]
    """The website's pages, byte for byte as fetched, one row per version.

    Crawls within the source's scope and robots.txt, in a process of its own. Pages are appended while the crawl runs,
    so a crawl that was cut off goes on where it stopped. Every URL seen has a row in `crawl_ledger` with a verdict and
    the reason for it.
    """
    from assets.crawl_process import crawl_through_pipes
    from assets.stages.crawl import crawl_stage_report
    from assets.stages.view import page_view
    from data_contracts.page_version import PAGE_VERSIONS

    name = context.partition_key
    with failures_explained():
        crawl = crawl_through_pipes(context, flow.source(name), flow.lake, flow.environment)
        report = crawl_stage_report(flow.lake, crawl)
        view = page_view(flow.lake, name, crawl.crawl_id)
    columns = ("url", "verdict", "reason", "discovered_from")
    return dg.MaterializeResult(
        data_version=content_version(*view.keys),
        metadata={
            **stage_metadata(report, rows=len(view.keys)),
            **table_metadata(flow.lake, PAGE_VERSIONS),
            "verdicts": markdown_table(("verdict", "URLs"), view.tallies.items()),
            "URLs without a page": markdown_table(columns, [[row[name] for name in columns] for row in view.sample]),
            "outcome": f"{crawl.outcome} (crawl {crawl.crawl_id}{', resumed' if crawl.resumed else ''})",
            "peak memory bytes": crawl.peak_memory_bytes,
        },
        check_results=[
            dg.AssetCheckResult(check_name=_HAS_PAGES, passed=bool(view.keys), metadata={"pages": len(view.keys)})
        ],
    )
