"""The `lorechat` command. It assembles; what each verb does is in `orchestration.commands`.

Commands import what they need when they run, so that help comes at once. This is the one file that knows both the
pipeline and the chat.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from orchestration.commands import add, build, chunk, clean, crawl, search, sources, status, up, why
from orchestration.commands.command_group import OneMessageGroup
from orchestration.commands.option import Json, OnlySources
from orchestration.commands.output import print_json

if TYPE_CHECKING:
    from chat_app.answer import Answer, AnswerPipeline

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
    as_json: Json = False,
) -> None:
    """Answer a question, with citations, from all sources or some.

    \b
    Examples:
      lorechat ask "What is LoreChat and how does a recrawl work?"
      lorechat ask "How do I install it?" --source handbook --json
    """
    import asyncio

    from chat_app.answer import answer_once, open_pipeline
    from chat_app.settings import ChatSettings

    settings = ChatSettings()
    if as_json:
        print_json(_answer_row(answer_once(question, settings=settings, sources=source)))
    else:
        asyncio.run(_print_answer(open_pipeline(settings), question, source))


async def _print_answer(pipeline: AnswerPipeline, question: str, sources: list[str] | None) -> None:
    """Print the answer as it is written, then what it cites."""
    from chat_app.answer import Answer

    async for event in pipeline.stream(question, sources=sources):
        if isinstance(event, str):
            typer.echo(event, nl=False)
        elif isinstance(event, Answer):
            typer.echo("\n")
            for citation in event.citations:
                place = " > ".join(citation.passage.heading_path) or citation.passage.title
                typer.echo(f"[{citation.number}] {place}")
                typer.secho(f"    {citation.link}", dim=True)


def _answer_row(answer: Answer) -> dict[str, object]:
    return {
        "question": answer.question,
        "answer": answer.text,
        "relevant": answer.relevant,
        "model": answer.model,
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


app.command()(up.up)
app.command()(add.add)
app.command()(crawl.crawl)
app.command()(build.build)
app.command()(ask)
app.command()(search.search)
app.command()(clean.clean)
app.command()(chunk.chunk)
app.command()(why.why)
app.command()(sources.sources)
app.command()(status.status)
app.command()(serve)
