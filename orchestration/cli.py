"""The `lorechat` command. It assembles; what each verb does is in `orchestration.commands`.

Commands import what they need when they run, so that help comes at once. This is the one file that knows both the
pipeline and the chat.
"""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING, Annotated

import typer

from chat_app.doors.command import keys
from chat_app.people.command import people
from orchestration.commands import (
    add,
    boilerplate,
    build,
    chunk,
    clean,
    crawl,
    drop,
    erase,
    maintain,
    releases,
    search,
    sources,
    status,
    trace,
    up,
    why,
)
from orchestration.commands.as_of import AsOfOption, open_past, past_row, tell_past
from orchestration.commands.command_group import OneMessageGroup
from orchestration.commands.option import Json, OnlySources
from orchestration.commands.output import print_json

if TYPE_CHECKING:
    from datetime import datetime

    from chat_app.answer import Answer
    from chat_app.settings import ChatSettings
    from retrieval.vector_store import ReleaseReader

app = typer.Typer(cls=OneMessageGroup, no_args_is_help=True, pretty_exceptions_enable=False, rich_markup_mode=None)


@app.callback()
def lorechat(
    debug: Annotated[bool, typer.Option("--debug", envvar="LORECHAT_DEBUG", help="Show where an error came from.")] = (
        False
    ),
) -> None:
    """Turn any website into an assistant that answers from it, with citations that cannot be invented.

    \b
    Start here:
      lorechat up                            everything, on LoreChat's own handbook
      lorechat up https://docs.example.com   everything, on a website of yours
      lorechat ask "How do I install it?"    an answer with citations, in the terminal

    Settings are LORECHAT_... variables; the handbook lists them all.
    """


def ask(
    question: Annotated[str, typer.Argument(help="What you want to know.")],
    source: OnlySources = None,
    as_of: AsOfOption = None,
    as_json: Json = False,
) -> None:
    """Answer a question, with citations, from all sources or some.

    With --as-of the answer comes from the index that was live then: a date (its end) or a time, in UTC.

    \b
    Examples:
      lorechat ask "What is LoreChat and how does a recrawl work?"
      lorechat ask "How do I install it?" --source handbook --json
      lorechat ask "How do I install it?" --as-of 2026-11-20
    """
    import asyncio
    from datetime import UTC, datetime

    from chat_app.pipeline import answer_once
    from chat_app.settings import ChatSettings

    settings, asked_at = ChatSettings(), datetime.now(UTC)
    past = None if as_of is None else open_past(as_of, source, now=asked_at)
    reader = past.reader if past else None
    if as_json:
        answer = answer_once(question, settings=settings, sources=source, reader=reader)
        row = _answer_row(answer) | {"id": _keep(answer, settings, asked_at)}
        print_json(row | (past_row(past) if past else {}))
        return
    answer = asyncio.run(_print_answer(settings, reader, question, source))
    if past:
        tell_past(past)
    turn_id = _keep(answer, settings, asked_at)
    if turn_id is not None:
        typer.echo(f"\nanswer {turn_id}  (lorechat trace {turn_id[:8]})")


def _keep(answer: Answer, settings: ChatSettings, asked_at: datetime) -> str | None:
    """Keep an answer in the lake, as the chat does, and return its id; None, with a message, when the lake refuses."""
    from uuid import uuid4

    from chat_app.turn_log import keep_turn
    from lake import LakeError

    turn_id = uuid4().hex
    try:
        keep_turn(settings.lake(), answer, turn_id=turn_id, thread_id="lorechat ask", asked_at=asked_at)
    except LakeError as error:
        typer.echo(f"the answer was not kept: {error}", err=True)
        return None
    return turn_id


async def _print_answer(
    settings: ChatSettings, reader: ReleaseReader | None, question: str, sources: list[str] | None
) -> Answer:
    """Print the answer as it is written, then what it cites, who wrote it and what it cost; return it whole."""
    from chat_app.answer import Answer
    from chat_app.error import EmptyAnswer
    from chat_app.money.opening import pipeline_once
    from chat_app.question import Question

    async with (
        pipeline_once(settings, reader) as pipeline,
        aclosing(pipeline.stream(Question(question, sources))) as events,
    ):
        async for event in events:
            if isinstance(event, str):
                typer.echo(event, nl=False)
            elif isinstance(event, Answer):
                _print_end(event)
                return event
    raise EmptyAnswer("The turn ended without an answer. Ask again.")


def _print_end(answer: Answer) -> None:
    from chat_app.money.receipt import receipt

    typer.echo("\n")
    for citation in answer.citations:
        place = " > ".join(citation.passage.heading_path) or citation.passage.title
        typer.echo(f"[{citation.number}] {place}")
        typer.secho(f"    {citation.link}", dim=True)
    cost = receipt(answer.usage, answer.cost, cached=answer.cached)
    typer.secho(f"\n{answer.model}. {cost}" if answer.model else f"\n{cost}", dim=True)


def _answer_row(answer: Answer) -> dict[str, object]:
    from dataclasses import asdict

    return {
        "question": answer.question,
        "answer": answer.text,
        "relevant": answer.relevant,
        "model": answer.model,
        "notes": list(answer.notes),
        "usage": asdict(answer.usage),
        "cost": answer.cost,
        "prices": answer.prices,
        "cached": answer.cached,
        "citations": [citation.as_json() for citation in answer.citations],
        "releases": dict(answer.releases),
        "milliseconds": answer.milliseconds,
    }


def serve() -> None:
    """Start only the chat, on what was built. Ctrl-C stops it.

    \b
    Examples:
      lorechat serve
      LORECHAT_CHAT_PORT=8100 lorechat serve
    """
    from chat_app.__main__ import main

    main()


def mcp() -> None:
    """Offer search, pages and answers as tools to an assistant on this machine (Model Context Protocol, stdio).

    \b
    Example, in the assistant's configuration:
      {"mcpServers": {"lorechat": {"command": "lorechat", "args": ["mcp"]}}}
    """
    from chat_app.doors.pipe import serve_pipe
    from chat_app.settings import ChatSettings

    serve_pipe(ChatSettings())


app.command()(up.up)
app.command()(add.add)
app.command()(drop.drop)
app.command()(crawl.crawl)
app.command()(build.build)
app.command()(ask)
app.command()(search.search)
app.command()(clean.clean)
app.command()(chunk.chunk)
app.command()(why.why)
app.command()(trace.trace)
app.command()(boilerplate.boilerplate)
app.command()(sources.sources)
app.command()(status.status)
app.command()(erase.erase)
app.command()(maintain.maintain)
app.add_typer(releases.releases, name="releases")
app.command()(serve)
app.command()(mcp)
app.add_typer(keys, name="keys")
app.add_typer(people, name="people")
