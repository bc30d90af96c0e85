"""`lorechat search`: ranked passages, for a question or a file of them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from orchestration.commands.option import Json, OnlySources
from orchestration.commands.output import print_json
from orchestration.error import BadInput, NoSuchSource

if TYPE_CHECKING:
    from data_contracts.passage import ScoredPassage
    from orchestration.settings import PipelineSettings
    from retrieval.retriever import Retriever


def search(
    question: Annotated[str | None, typer.Argument(help="What to look for.")] = None,
    file: Annotated[Path | None, typer.Option(help='JSON lines, each with a "question"; one result line each.')] = None,
    source: OnlySources = None,
    limit: Annotated[int, typer.Option(min=1, help="Most passages a question.")] = 8,
    mode: Annotated[Literal["hybrid", "dense", "lexical"], typer.Option(help="Which scores rank.")] = "hybrid",
    as_json: Json = False,
) -> None:
    """Find the passages that fit a question best, from the live index of all sources or some.

    With --file the output is always JSON lines: each line of the file with its "passages" added.

    \b
    Examples:
      lorechat search "how does a recrawl work?"
      lorechat search "installation" --source handbook --limit 3 --mode lexical
      lorechat search --file questions.jsonl > results.jsonl
    """
    if (question is None) == (file is None):
        raise typer.BadParameter('give a question or --file, for instance: lorechat search "how do I install it?"')
    from orchestration.settings import PipelineSettings
    from retrieval.vector_store import SearchMode

    settings = PipelineSettings()
    questions = list(read_questions(file)) if file is not None else []
    retriever, sources = open_retriever(settings, source)
    if file is not None:
        for row in questions:
            found = retriever.search(row["question"], sources=sources, limit=limit, mode=SearchMode(mode))
            print_json({**row, "passages": [passage_row(scored) for scored in found]})
        return
    found = retriever.search(question or "", sources=sources, limit=limit, mode=SearchMode(mode))
    for rank, scored in enumerate(found, 1):
        if as_json:
            print_json({"rank": rank, **passage_row(scored)})
        else:
            _show(rank, scored)
    if not found:
        typer.echo("nothing found", err=True)


def open_retriever(settings: PipelineSettings, names: Sequence[str] | None) -> tuple[Retriever, list[str]]:
    """Return a retriever over the local index, and the sources to search. Raises NoSuchSource without any release."""
    from retrieval.retriever import Retriever

    store = settings.store()
    there = store.sources()
    unknown = [name for name in names or () if name not in there]
    if unknown or not there:
        missing = ", ".join(unknown) or "any source"
        known = f" Indexed are: {', '.join(there)}." if there else ""
        raise NoSuchSource(
            f"there is no index of {missing} in {settings.index_folder}.{known} Build one: lorechat build"
        )
    return Retriever(store, settings.embedder()), list(names or there)


def read_questions(file: Path) -> Iterator[dict[str, Any]]:
    """Yield the objects of a JSON lines file. Raises BadInput naming file and line of what is not a question."""
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{file}: cannot be read: {error}") from error
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError as error:
            raise BadInput(f"{file}, line {number}: is not JSON: {error}") from error
        if not isinstance(row, dict) or not isinstance(row.get("question"), str) or not row["question"].strip():
            raise BadInput(f'{file}, line {number}: needs a text under "question"')
        yield row


def passage_row(scored: ScoredPassage) -> dict[str, Any]:
    """A ranked passage as a JSON object."""
    row = asdict(scored.passage)
    return {"score": scored.score, "dense": scored.dense, "lexical": scored.lexical, **row}


def _show(rank: int, scored: ScoredPassage) -> None:
    passage = scored.passage
    place = f"{passage.url}#{passage.anchor}" if passage.anchor else passage.url
    typer.secho(f"[{rank}] {' > '.join(passage.heading_path) or passage.title}", bold=True)
    typer.secho(f"    {place}  score {scored.score:.3f}", dim=True)
    body = " ".join(passage.body.split())
    typer.echo(f"    {body[:280]}{'...' if len(body) > 280 else ''}\n")
