"""`lorechat trace`: from an answer's citations back to the bytes that were fetched."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from orchestration.commands.option import Json
from orchestration.commands.output import print_json
from orchestration.error import BadInput, NoSuchAnswer

if TYPE_CHECKING:
    from lake import Lake
    from lake.trace import Trace, Turn
    from orchestration.settings import PipelineSettings


def trace(
    answer: Annotated[
        str, typer.Argument(metavar="[ANSWER_ID]", help="The answer's id, or how it begins; none: the newest answer.")
    ] = "",
    citation: Annotated[int | None, typer.Option("--citation", "-n", min=1, help="Only this one.")] = None,
    save_html: Annotated[
        Path | None, typer.Option("--save-html", help="Write the raw bytes of the page there.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Follow an answer's citations to the passage, the markdown, the raw bytes and the crawl that fetched them.

    Every link of the chain is computed again: OK, BROKEN, or MISSING for what is not in the lake any more.

    \b
    Examples:
      lorechat trace
      lorechat trace 1a2b3c4d --citation 2 --save-html page.html
      lorechat trace 1a2b3c4d --json
    """
    from lake.trace import trace_citation
    from orchestration.settings import PipelineSettings

    settings = PipelineSettings()
    lake = settings.lake()
    turn = _turn(lake, answer)
    traces = [_cleaned_again(trace_citation(lake, turn, one), settings) for one in _citations(turn, citation)]
    if save_html is not None:
        _save(traces, save_html)
    if as_json:
        for found in traces:
            print_json(trace_row(turn, found))
        return
    typer.secho(f"{turn.question}", bold=True)
    typer.echo(f"asked {turn.asked_at:%Y-%m-%d %H:%M} UTC, answered by {turn.model}, answer {turn.turn_id}")
    for found in traces:
        _show(found, settings.dagster_address)
    if not traces:
        typer.echo("This answer cites nothing.")


def _cleaned_again(found: Trace, settings: PipelineSettings) -> Trace:
    """Add the check that takes the extractor, where the source is still set up as it was."""
    from assets.stages.cleaning_check import check_cleaning
    from scrapers.error import SourceError

    if found.version is None or found.document is None:
        return found
    try:
        source = settings.catalog().load(found.citation["source"])
    except SourceError:  # a source that is gone or broken now takes nothing from the rest of the chain
        return found
    check = check_cleaning(found.version, found.document, source.selectors)
    return found if check is None else replace(found, checks=(*found.checks, check))


def _turn(lake: Lake, answer: str) -> Turn:
    from lake.trace import find_turns, newest_turn

    name = answer.strip()
    newest = None if name else newest_turn(lake)
    found = [newest] if newest else find_turns(lake, name, is_prefix=True)
    if not found:
        wanted = f" whose id begins with {name!r}" if name else ""
        raise NoSuchAnswer(
            f"no answer{wanted} is kept in {lake.url}. `lorechat ask` prints each answer's id; "
            "in the chat, a citation's panel links to its trace"
        )
    if len(found) > 1:
        ids = ", ".join(turn.turn_id for turn in found[:5])
        raise NoSuchAnswer(f"{len(found)} answers have an id that begins with {answer!r}: {ids}. Give more of it")
    return found[0]


def _citations(turn: Turn, number: int | None) -> list[Any]:
    if number is None:
        return list(turn.citations)
    found = turn.citation(number)
    if found is None:
        there = ", ".join(str(one["number"]) for one in turn.citations) or "none"
        raise BadInput(f"answer {turn.turn_id} has no citation {number}; it has {there}")
    return [found]


def _save(traces: list[Trace], path: Path) -> None:
    if len(traces) != 1:
        raise BadInput(f"--save-html writes one page, and the answer cites {len(traces)}: choose with --citation")
    version = traces[0].version
    if version is None:
        raise BadInput(f"the bytes of {traces[0].citation['url']} are not in the lake any more")
    try:
        path.write_bytes(version["body"])
    except OSError as error:
        raise BadInput(f"{path}: {error.strerror}. Give a file that can be written") from error


def trace_row(turn: Turn, found: Trace) -> dict[str, Any]:
    """A trace as a JSON object; the bytes and the whole markdown stay in the lake."""
    chunk, document, version = found.chunk, found.document, found.version
    return {
        "answer": turn.turn_id,
        "question": turn.question,
        "citation": dict(found.citation),
        "passage": chunk["text"] if chunk else None,
        "slice": document["markdown"][chunk["start"] : chunk["end"]] if chunk and document else None,
        "chunk": dict(chunk) if chunk else None,
        "document": _without(document, "markdown", "anchors", "blocks"),
        "page_version": _without(version, "body", "outlinks"),
        "ledger": dict(found.sighting) if found.sighting else None,
        "crawl": asdict(found.crawl) if found.crawl else None,
        "discovered": found.discovered,
        "release": dict(found.release) if found.release else None,
        "erased_at": found.erased_at,
        "checks": [{"statement": one.statement, "outcome": one.outcome, "detail": one.detail} for one in found.checks],
        "whole": found.is_whole,
    }


def _without(row: Any, *names: str) -> dict[str, Any] | None:
    return None if row is None else {name: value for name, value in row.items() if name not in names}


def _show(found: Trace, dagster: str) -> None:
    from lake.trace_line import trace_lines

    cited = found.citation
    typer.echo()
    typer.secho(f"[{cited['number']}] {' > '.join(cited['heading_path']) or cited['title']}", bold=True)
    for line in trace_lines(found, dagster):
        typer.echo(f"  {line.topic:12}  {line.text}")
    if found.chunk is not None:
        typer.echo()
        for text in found.chunk["text"][found.chunk["prefix_chars"] :].splitlines():
            typer.echo(f"    | {text}")
        typer.echo()
    for check in found.checks:
        typer.echo(f"  {check.outcome:8}  {check.statement}: {check.detail}")
