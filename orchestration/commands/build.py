"""`lorechat build`: turn what was crawled into a live index, without Dagster."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING

import typer

from orchestration.commands.crawl import AcceptRemovals
from orchestration.commands.option import Json, Sources
from orchestration.commands.output import print_json
from orchestration.commands.progress_display import ProgressDisplay

if TYPE_CHECKING:
    from assets.stages.report import StageReport
    from data_contracts.progress import Progress
    from data_contracts.source import Source
    from lake import Lake
    from orchestration.settings import PipelineSettings
    from retrieval.embedder import Embedder


def build(source: Sources = None, accept_removals: AcceptRemovals = False, as_json: Json = False) -> None:
    """Make what is missing: documents, chunks, embeddings, and the index that answers.

    A source that was never crawled is crawled first; otherwise the stored pages are used, and those dropped into its
    inbox. Running it again does nothing that was done already.

    \b
    Examples:
      lorechat build
      lorechat build handbook --json
    """
    from orchestration.commands.source_choice import choose_sources
    from orchestration.settings import PipelineSettings

    settings = PipelineSettings()
    chosen = choose_sources(settings.catalog(), source)
    lake, embedder = settings.lake(), settings.embedder()
    for one in chosen:
        with ProgressDisplay(quiet=as_json) as display:
            display.say(f"Building {one.name} ({one.display_title})")
            _read_inbox(one, lake, settings, display, accept_removals)
            _crawl_first(one, lake, settings, display)
            reports = list(_run_stages(one, lake, embedder, settings, display.show))
        for report in reports:
            _tell(report, as_json)


def _read_inbox(
    source: Source, lake: Lake, settings: PipelineSettings, display: ProgressDisplay, accept_removals: bool
) -> None:
    from assets.stages.inbox import WAITS, ingest_inbox

    if not source.inbox:
        return
    settle = settings.inbox_settle_seconds
    inbox = ingest_inbox(
        source,
        lake,
        settings.objects(),
        on_progress=display.show,
        settle_seconds=settle,
        waits=WAITS,
        accept_removals=accept_removals,
    )
    if inbox is not None:
        display.say(
            f"Inbox: {inbox.files:,} files with {inbox.pages:,} pages read, {inbox.rejected:,} lines put aside"
            + (f"; {inbox.unsettled:,} files changed in the last {settle:g} s and wait" if inbox.unsettled else "")
        )


def _crawl_first(source: Source, lake: Lake, settings: PipelineSettings, display: ProgressDisplay) -> None:
    from scrapers.crawl import crawl_source

    if source.is_crawled and not _was_crawled(lake, source.name):
        crawl_source(source, lake, on_progress=display.show, environment=settings.environment())


def _was_crawled(lake: Lake, source: str) -> bool:
    import polars as pl

    from data_contracts.crawl_ledger import CRAWLS
    from scrapers.known_page import INBOX_PREFIX

    crawls = lake.scan(CRAWLS, source=source).filter(~pl.col("crawl_id").str.starts_with(INBOX_PREFIX))
    return not crawls.head(1).collect().is_empty()


def _run_stages(
    source: Source, lake: Lake, embedder: Embedder, settings: PipelineSettings, show: Callable[[Progress], None]
) -> Iterator[StageReport]:
    from assets.stages.embedding import embed_chunks
    from assets.stages.export import export_documents
    from assets.stages.extraction import extract_documents
    from assets.stages.gates import chunk_gates, document_gates, refuse_failing
    from assets.stages.golden import parse_questions
    from assets.stages.release import release_index
    from assets.stages.splitting import split_documents

    chunking = settings.chunking()
    crew = settings.crew()
    yield extract_documents(source, lake, on_progress=show, crew=crew)
    refuse_failing(source, document_gates(source, lake))
    if settings.export:
        export_documents(source, lake, settings.objects())
    yield split_documents(source, lake, embedder, chunking, on_progress=show, crew=crew)
    refuse_failing(source, chunk_gates(source, lake, chunking, embedder.tokenizer_id))
    yield embed_chunks(source, lake, embedder, chunking, on_progress=show, crew=crew)
    data = settings.catalog().questions(source.name)
    yield release_index(
        source,
        lake,
        embedder,
        settings.store(),
        chunking,
        on_progress=show,
        keep=settings.keep_releases,
        golden=() if data is None else parse_questions(data, source, name=f"{source.name}.questions.yaml"),
        open_embedder=settings.open_embedder,
    ).report


def _tell(report: StageReport, as_json: bool) -> None:
    if as_json:
        row = asdict(report)
        del row["curve"], row["batches"]
        print_json({**row, "rate": round(report.rate, 2)})
    else:
        typer.echo(
            f"{report.source} {report.stage}: {report.added:,} added, {report.skipped:,} there already, "
            f"{report.quarantined:,} quarantined, {report.seconds:.1f} s"
        )
