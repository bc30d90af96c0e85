"""Which sources a command is about."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import typer

from data_contracts.source import Source
from orchestration.error import NoSuchSource

if TYPE_CHECKING:
    from scrapers.source_catalog import SourceCatalog


def choose_sources(catalog: SourceCatalog, names: Sequence[str] | None) -> list[Source]:
    """Return the named sources, or all that can be used, saying on standard error which cannot and why.

    Errors: NoSuchSource, naming those there are; SourceError for a named source whose file is wrong.
    """
    found = catalog.listing()
    unknown = [name for name in names or () if name not in found.names]
    if unknown:
        there = ", ".join(sorted(found.names)) or "none yet: lorechat add https://docs.example.com"
        raise NoSuchSource(f"no source is called {', '.join(unknown)}; there are: {there}")
    if names:
        return [found.sources.get(name) or catalog.load(name) for name in names]
    for problem in found.problems:
        typer.echo(problem, err=True)
    if not found.sources:
        raise NoSuchSource(f"there is no source in {catalog.folder} yet: lorechat add https://docs.example.com")
    return [found.sources[name] for name in sorted(found.sources)]
