"""Which source a laptop run is about: a website that was named, or LoreChat's own handbook."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from data_contracts.source import Scope, Source
from scrapers.source_file import load_source, source_from_url, write_source

if TYPE_CHECKING:
    from scrapers.source_catalog import SourceCatalog

HANDBOOK = "handbook"


def site_source(site: str, catalog: SourceCatalog) -> Source:
    """Return the source that begins at a URL, as a person may have edited it; write its file when there is none."""
    wanted = source_from_url(site)
    for source in catalog.listing().sources.values():
        if set(wanted.start_urls) <= set(source.start_urls):
            return source
    write_source(catalog.folder, wanted)
    return wanted


def handbook_source(folder: Path, chat_port: int) -> Source:
    """Return the source of the handbook, which the chat serves; in its file the start URL follows the chat's port."""
    start = f"http://localhost:{chat_port}/handbook/index.html"
    path = folder / f"{HANDBOOK}.yaml"
    there = load_source(path) if path.exists() else None
    if there is not None and there.start_urls == (start,):
        return there
    source = _new_handbook(start) if there is None else there.model_copy(update={"start_urls": (start,)})
    path.unlink(missing_ok=True)
    write_source(folder, source)
    return source


def _new_handbook(start: str) -> Source:
    return Source(
        name=HANDBOOK,
        title="LoreChat handbook",
        start_urls=(start,),
        scope=Scope(path_prefixes=("/handbook/",), exclude=(r"/genindex\.html", r"/search\.html", "/_sources/")),
        allow_private_hosts=True,
    )
