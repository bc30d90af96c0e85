"""Which sources a command is about."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from data_contracts.source import Source
from orchestration.error import NoSuchSource


def choose_sources(folder: Path, names: Sequence[str] | None) -> list[Source]:
    """Return the named sources of a folder, or all of them. Raises NoSuchSource, naming those there are."""
    from scrapers.source_file import load_sources

    known = load_sources(folder)
    if not known:
        raise NoSuchSource(f"there is no source in {folder} yet: lorechat add https://docs.example.com")
    unknown = [name for name in names or () if name not in known]
    if unknown:
        raise NoSuchSource(f"no source is called {', '.join(unknown)}; there are: {', '.join(sorted(known))}")
    return [known[name] for name in names or sorted(known)]
