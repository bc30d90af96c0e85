"""Options that several commands share, so that they look and mean the same everywhere."""

from __future__ import annotations

from typing import Annotated

import typer

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object a line, for programs.")]
Sources = Annotated[list[str] | None, typer.Argument(metavar="[SOURCE]...", help="Names of sources; none: all.")]
OnlySources = Annotated[
    list[str] | None, typer.Option("--source", "-s", metavar="NAME", help="Search this source; repeat for more.")
]
