"""`lorechat status`: how far each source is, and what became of each URL."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from data_contracts.verdict import Verdict
from orchestration.commands.option import Json, Sources
from orchestration.commands.output import print_json, print_table

if TYPE_CHECKING:
    from data_contracts.source import Source
    from lake import Lake
    from orchestration.commands.source_state import SourceState


def status(
    source: Sources = None,
    pages: Annotated[bool, typer.Option("--pages", help="List every URL with its verdict and the reason.")] = False,
    verdict: Annotated[list[Verdict] | None, typer.Option(help="With --pages: only these verdicts.")] = None,
    as_json: Json = False,
) -> None:
    """Show how far each source is: pages, documents, chunks, embeddings, the last crawl and the live index.

    \b
    Examples:
      lorechat status
      lorechat status handbook --pages
      lorechat status --pages --verdict error --verdict gone
      lorechat status --json
    """
    from orchestration.commands.source_choice import choose_sources
    from orchestration.commands.source_state import source_state
    from orchestration.settings import PipelineSettings

    settings = PipelineSettings()
    lake = settings.lake()
    chosen = choose_sources(settings.catalog(), source)
    if pages or verdict:
        _show_pages(chosen, lake, {one.value for one in verdict or Verdict}, as_json)
        return
    store = settings.store()
    states = [source_state(one, lake, store) for one in chosen]
    if as_json:
        for state in states:
            print_json(asdict(state))
    else:
        _show_states(states)


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
