"""The asset `raw_html`: a source's pages as they were fetched."""

import dagster as dg
from pydantic import Field

from assets.arrival_metadata import arrival_metadata
from assets.change_picture import change_image
from assets.flow import Flow
from assets.inbox_metadata import inbox_metadata
from assets.lineage_metadata import lineage_metadata, why_link
from assets.metadata import markdown_table, stage_metadata, table_metadata
from assets.policy import site_asset
from assets.stage_run import content_version, failures_explained
from scrapers.revision import CRAWLER

_HAS_PAGES = "source_has_pages"


class RawHtmlConfig(dg.Config):
    """What a run may be told besides the source."""

    accept_removals: bool = Field(
        default=False, description="let pages go although more vanish than the source's removal.max_share allows"
    )
    inbox_only: bool = Field(default=False, description="read what was dropped into the inbox and leave the site alone")


@site_asset(
    "raw_html",
    after=None,
    pool="crawl",
    kinds={"scrapy", "deltalake"},
    code_version=CRAWLER,
    checks={_HAS_PAGES: "At least one page exists, so there is something to answer from."},
)
def raw_html(
    context: dg.AssetExecutionContext, config: RawHtmlConfig, flow: dg.ResourceParam[Flow]
) -> dg.MaterializeResult:  # type: ignore[type-arg]  # the check specs forbid to name the value's type
    """The website's pages, byte for byte as fetched, one row per version.

    Crawls within the source's scope and robots.txt, in a process of its own, and asks for each known page only whether
    it has changed. Pages are appended while the crawl runs, so a crawl that was cut off goes on where it stopped. Every
    URL seen has a row in `crawl_ledger` with a verdict and the reason for it. Pages dropped into the inbox come first.
    When more pages would vanish than the source allows, nothing is removed and the run fails until a person looked.
    """
    from assets.pages_arriving import bring_pages
    from assets.stages.arrival import changes_told
    from assets.stages.page_age import page_ages
    from assets.stages.view import page_view
    from data_contracts.page_version import PAGE_VERSIONS

    name = context.partition_key
    with failures_explained():
        arrival = bring_pages(context, flow, flow.source(name), config)
        report = arrival.stage_report(flow.lake)
        view = page_view(flow.lake, name, *arrival.crawl_ids)
        ages = page_ages(flow.lake, name)
    columns = ("url", "verdict", "reason", "discovered_from")
    return dg.MaterializeResult(
        data_version=content_version(*view.keys),
        metadata={
            **stage_metadata(report, rows=len(view.keys)),
            **table_metadata(flow.lake, PAGE_VERSIONS),
            **lineage_metadata(flow, name),
            **arrival_metadata(arrival.changes, ages),
            "changes": markdown_table(("pages", "count"), changes_told(arrival.changes)),
            "what became of the pages": dg.MetadataValue.md(change_image(arrival.changes)),
            "verdicts": markdown_table(("verdict", "URLs"), view.tallies.items()),
            "URLs without a page": markdown_table(
                columns,
                [[why_link(flow, name, row["url"]), *(row[column] for column in columns[1:])] for row in view.sample],
            ),
            "outcome": arrival.outcome,
            **inbox_metadata(arrival.inbox),
            "peak memory bytes": arrival.crawl.peak_memory_bytes if arrival.crawl else 0,
        },
        check_results=[
            dg.AssetCheckResult(check_name=_HAS_PAGES, passed=bool(view.keys), metadata={"pages": len(view.keys)})
        ],
    )
