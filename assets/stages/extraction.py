"""Page versions -> documents: clean the current pages that have no document under the extractor in use."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import polars as pl

from assets.stages.chosen import Chosen
from assets.stages.cleaning import Cleaned, RawPage, clean_pages
from assets.stages.live import answering_pages, live_pages
from assets.stages.meter import Meter, ProgressListener
from assets.stages.outbox import Outbox
from assets.stages.put_aside import put_aside, without
from assets.stages.report import StageReport
from assets.stages.shard import Shard
from assets.stages.workplace import Workforce
from assets.steps.clean import extractor_version
from data_contracts.document import DOCUMENTS, markdown_hash
from data_contracts.page_version import PAGE_VERSIONS
from data_contracts.source import Source
from lake import Lake

STAGE = "markdown"

_BATCH_PAGES = 32
_COLUMNS = ("page_version_id", "url", "content_type", "charset", "body")


def extract_documents(
    source: Source,
    lake: Lake,
    *,
    on_progress: ProgressListener,
    shard: Shard | None = None,
    crew: Workforce | None = None,
    apart: bool = False,
    chosen: Chosen | None = None,
) -> StageReport:
    """Clean what is missing (in the shard, or of the chosen pages), much of it by a crew's workers; `apart` as
    `clean_pages` says.

    Raises UpstreamEmpty and, with a crew, WorkerFailed, WorkerBusy.
    """
    version = extractor_version(source.selectors)
    pages = live_pages(lake, source.name)
    if shard is not None:
        pages = pages.filter(shard.where(pl.col("page_version_id")))
    pages = pages if chosen is None else chosen.of(pages.lazy()).collect()
    missing = _missing(lake, source.name, pages, version)
    meter = Meter(STAGE, "pages", total=missing.height, skipped=pages.height - missing.height, on_progress=on_progress)
    if crew is not None and (hands := crew.hands(STAGE, missing.height)) > 0:
        crew.run(STAGE, source, lake, meter, hands=hands)
    else:
        _extract(source, lake, missing, version, meter, apart)
    while (
        chosen is None
        and not (
            missing := _missing(lake, source.name, _stand_ins(lake, source.name, version, shard), version)
        ).is_empty()
    ):
        _extract(source, lake, missing, version, meter, apart)
    return meter.report(source.name, {"pages": pages.height})


def _extract(source: Source, lake: Lake, missing: pl.DataFrame, version: str, meter: Meter, apart: bool) -> None:
    outbox = Outbox(lake, DOCUMENTS, source.name, meter)
    for batch in clean_pages(_raw_pages(lake, source.name, missing), source.selectors, apart=apart):
        for cleaned in batch:
            if cleaned.result is None:
                meter.quarantined(_put_aside(lake, source.name, cleaned, version))
            else:
                outbox.put([_row(cleaned, version)], len(cleaned.result.markdown))
            meter.work(1, len(cleaned.page.body))
    outbox.flush()


def _stand_ins(lake: Lake, source: str, version: str, shard: Shard | None) -> pl.DataFrame:
    """The earlier versions that answer for pages whose current one was put aside; they may need cleaning, too.

    A worker does its share of those that it can know of; whoever runs the whole stage does the rest.
    """
    pages = live_pages(lake, source)
    found = answering_pages(lake, source, version, pages).join(pages, on="page_version_id", how="anti")
    return found if shard is None else found.filter(shard.where(pl.col("page_version_id")))


def _missing(lake: Lake, source: str, pages: pl.DataFrame, version: str) -> pl.DataFrame:
    """The page versions that have neither a document nor a place in quarantine under this extractor."""
    keys = pages.lazy().select("page_version_id")
    missing = lake.missing(keys, DOCUMENTS, source=source, where=pl.col("extractor_version") == version)
    aside = put_aside(lake, source, stages=(STAGE, DOCUMENTS.name), columns=("page_version_id", "extractor_version"))
    return without(missing, aside.filter(pl.col("extractor_version") == version).select("page_version_id"))


def _raw_pages(lake: Lake, source: str, missing: pl.DataFrame) -> Iterator[list[RawPage]]:
    for frame in lake.batches(PAGE_VERSIONS, missing, source=source, columns=_COLUMNS, rows=_BATCH_PAGES):
        yield [RawPage(**row) for row in frame.iter_rows(named=True)]


def _put_aside(lake: Lake, source: str, cleaned: Cleaned, version: str) -> int:
    """Keep a page that cannot be cleaned; its bytes stay in page_versions."""
    row = {"page_version_id": cleaned.page.page_version_id, "url": cleaned.page.url, "extractor_version": version}
    return lake.quarantine([row], source=source, stage=STAGE, rule=cleaned.rule, reason=cleaned.reason)


def _row(cleaned: Cleaned, version: str) -> dict[str, Any]:
    page, result = cleaned.page, cleaned.result
    assert result is not None  # noqa: S101 - told apart by the caller
    return {
        "page_version_id": page.page_version_id,
        "extractor_version": version,
        "url": page.url,
        "title": result.title,
        "source_text": result.source_text,
        "source_link": result.source_link,
        "content_type": page.content_type,
        "extracted_at": datetime.now(UTC),
        "markdown": result.markdown,
        "markdown_hash": markdown_hash(result.title, result.markdown, result.anchors),
        "anchors": [anchor._asdict() for anchor in result.anchors],
        "language": result.language,
        "flags": list(result.flags),
        "blocks": [block._asdict() for block in result.blocks],
    }
