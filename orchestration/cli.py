"""The `lorechat` command. It assembles; what each verb does is in `orchestration.commands`.

Commands import what they need when they run, so that help comes at once. This is the one file that knows both the
pipeline and the chat.
"""

from __future__ import annotations

from typing import Annotated

import typer

from orchestration.commands import add, build, chunk, clean, crawl, search, sources, status, up
from orchestration.commands.command_group import OneMessageGroup

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


app.command()(up.up)
app.command()(add.add)
app.command()(crawl.crawl)
app.command()(build.build)
app.command()(search.search)
app.command()(clean.clean)
app.command()(chunk.chunk)
app.command()(sources.sources)
app.command()(status.status)
