"""`lorechat status`: how far each source is, and what became of each URL."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from data_contracts.verdict import Verdict
from orchestration.commands.option import Json, Sources
from orchestration.commands.output import print_json, print_table
from orchestration.error import BadInput

if TYPE_CHECKING:
    from data_contracts.source import Source
    from lake import Lake
    from orchestration.commands.source_state import SourceState
    from orchestration.last_run import LastRun
    from retrieval.vector_store import VectorStore

_ORDERS = ("instruction_like", "hidden_instructions")


def status(
    source: Sources = None,
    pages: Annotated[bool, typer.Option("--pages", help="List every URL with its verdict and the reason.")] = False,
    verdict: Annotated[list[Verdict] | None, typer.Option(help="With --pages: only these verdicts.")] = None,
    picture: Annotated[Path | None, typer.Option(help="Draw one source's pages by state into this SVG file.")] = None,
    as_json: Json = False,
) -> None:
    """Show how far each source is: pages, documents, chunks, embeddings, the last crawl and the live index.

    A run of Dagster that failed or still goes on is told, too, with the reason.

    \b
    Examples:
      lorechat status
      lorechat status handbook --pages
      lorechat status --pages --verdict error --verdict gone
      lorechat status handbook --picture handbook.svg
      lorechat status --json
    """
    from orchestration.commands.source_choice import choose_sources
    from orchestration.commands.source_state import source_state
    from orchestration.last_run import last_runs
    from orchestration.settings import PipelineSettings

    settings = PipelineSettings()
    lake = settings.lake()
    chosen = choose_sources(settings.catalog(), source)
    if pages or verdict:
        _show_pages(chosen, lake, {one.value for one in verdict or Verdict}, as_json)
        return
    store = settings.store()
    if picture is not None:
        _draw(chosen, lake, store, picture)
        return
    states = [source_state(one, lake, store) for one in chosen]
    runs = last_runs(settings, [one.name for one in chosen])
    if as_json:
        for state in states:
            run = runs.get(state.source)
            print_json({**asdict(state), "last_run": asdict(run) if run else None})
    else:
        _show_states(states)
        _show_runs(runs)


def _draw(sources: list[Source], lake: Lake, store: VectorStore, path: Path) -> None:
    from assets.flow_picture import flow_svg
    from lake.flow_count import flow_counts
    from retrieval.presence import live_urls

    if len(sources) != 1:
        raise BadInput(f"--picture draws one source, and there are {len(sources)}: name one")
    name = sources[0].name
    try:
        path.write_text(flow_svg(flow_counts(lake, name, live_urls(store, name))), encoding="utf-8")
    except OSError as error:
        raise BadInput(f"{path}: {error.strerror}. Give a file that can be written") from error


def _show_states(states: list[SourceState]) -> None:
    columns = ("source", "pages", "documents", "chunks", "embeddings", "quarantined", "crawled (UTC)", "indexed chunks")
    print_table(
        columns,
        [
            (
                state.source,
                state.pages,
                *(state.rows[table] for table in ("documents", "chunks", "embeddings", "quarantine")),
                state.crawled_at,
                state.indexed_chunks,
            )
            for state in states
        ],
        right=tuple(column for column in columns if column not in ("source", "crawled (UTC)")),
    )
    for state in states:
        seen = ", ".join(f"{count:,} {verdict}" for verdict, count in sorted(state.verdicts.items()))
        last = f"last crawl {state.outcome}: {seen}" if state.crawled_at else "not crawled yet"
        typer.echo(f"{state.source}: {last}")
        if orders := [f"{state.flags[flag]:,} {flag}" for flag in _ORDERS if flag in state.flags]:
            typer.echo(f"{state.source}: pages that give orders to language models: {', '.join(orders)}")


def _show_runs(runs: dict[str, LastRun]) -> None:
    """Say what goes on in Dagster and what failed there; what went well needs no words."""
    for source, run in runs.items():
        if run.status != "success":
            typer.echo(f"{source}: {run.job} {run.status} at {run.at:%F %T} UTC (run {run.run_id[:8]})")
            if run.reason:
                typer.echo(f"  {run.reason}")


def _show_pages(sources: list[Source], lake: Lake, verdicts: set[str], as_json: bool) -> None:
    from orchestration.commands.source_state import page_verdicts

    rows = [
        {"source": source.name, **row}
        for source in sources
        for row in page_verdicts(source.name, lake).iter_rows(named=True)
        if row["verdict"] in verdicts
    ]
    if as_json:
        for row in rows:
            print_json(row)
    elif rows:
        print_table(("verdict", "url", "reason"), [(row["verdict"], row["url"], row["reason"]) for row in rows])
    else:
        typer.echo("no such page yet; crawl first: lorechat crawl", err=True)
