"""What an erasure works on: the places that the settings name, and the pages that a person named."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from orchestration.error import NoSuchSource

if TYPE_CHECKING:
    from assets.erasure.erasing import Places
    from assets.erasure.target import Target
    from data_contracts.source import Source
    from lake import Lake
    from orchestration.settings import PipelineSettings
    from retrieval.embedder import Embedder


def open_places(settings: PipelineSettings, *, with_model: bool = True) -> Places:
    """Return every place that can hold a page; with the model, the proof searches by vectors, too."""
    from assets.erasure.erasing import Places
    from lake import ObjectFolder
    from orchestration.dagster_traces import DagsterKeeper, LogKeeper, PastKeeper

    keepers = (
        DagsterKeeper(settings.dagster_home),
        LogKeeper(settings.home / "logs"),
        PastKeeper(settings.past_folder),
    )
    index = ObjectFolder(str(settings.index_folder))
    embedder = _embedder(settings) if with_model else None
    return Places(settings.lake(), settings.objects(), settings.store(), index, keepers, embedder)


def _embedder(settings: PipelineSettings) -> Embedder | None:
    """The model to search with by vectors; without it the proof searches by words."""
    from retrieval.error import ModelUnavailable

    try:
        return settings.embedder()
    except ModelUnavailable:
        return None


def chosen_targets(settings: PipelineSettings, urls: Sequence[str], name: str | None) -> list[tuple[Source, Target]]:
    """Return the pages that were named, by source; without pages, all of the source. Raises NoSuchSource."""
    from assets.erasure.target import find_target, find_whole_source

    lake = settings.lake()
    if not urls and name is not None:
        source = _source(settings, name)
        return [(source, find_whole_source(lake, source.name))]
    names = [name] if name is not None else _sources_of(settings, lake, urls)
    if not names:
        raise NoSuchSource(
            f"no source knows {', '.join(urls)}. Check the spelling with `lorechat why URL`; to keep out a page that "
            "was never fetched, name its source: --source NAME"
        )
    sources = [_source(settings, one) for one in names]
    return [(source, find_target(lake, source.name, _spellings(source, urls))) for source in sources]


def let_in_again(settings: PipelineSettings, urls: Sequence[str], name: str | None) -> dict[str, int]:
    """Let pages, or a whole source, be fetched again; return for how many by source that is news."""
    from data_contracts.erasure import WHOLE_SOURCE
    from lake.erased import keep_out

    lake = settings.lake()
    names = [name] if name is not None else _sources_of(settings, lake, urls)
    if not names:
        raise NoSuchSource(f"{', '.join(urls)} was not erased from any source")
    named = {one: [WHOLE_SOURCE] if not urls else _spellings(_source(settings, one), urls) for one in names}
    return {one: keep_out(lake, one, spellings, is_out=False) for one, spellings in named.items()}


def _sources_of(settings: PipelineSettings, lake: Lake, urls: Sequence[str]) -> list[str]:
    """The sources that have the pages, or had them before an erasure."""
    from assets.erasure.target import known_in
    from data_contracts.erasure import ERASURES
    from lake.erased import erased_urls

    configured = list(_configured(settings).values())
    spellings = [spelling for source in configured for spelling in _spellings(source, urls)] or list(urls)
    erased = lake.scan(ERASURES).select("source").unique().collect()["source"].to_list()
    had = [name for name in erased if any(url in erased_urls(lake, name) for url in spellings)]
    return sorted({*known_in(lake, [*spellings, *urls]), *had})


def _spellings(source: Source, urls: Sequence[str]) -> list[str]:
    """Addresses as they were written and as the source's rules spell them."""
    from scrapers.canonical import canonical_url

    canonical = (canonical_url(url, rules=source.urls) for url in urls)
    return list(dict.fromkeys([*filter(None, canonical), *urls]))


def _configured(settings: PipelineSettings) -> dict[str, Source]:
    return dict(settings.catalog().listing().sources)


def _source(settings: PipelineSettings, name: str) -> Source:
    """A source by name; one whose file is gone may still have left something behind."""
    from data_contracts.source import Source

    return _configured(settings).get(name) or Source(name=name, inbox=True)


def returned_targets(settings: PipelineSettings) -> list[tuple[Source, Target]]:
    """Return the pages that are to stay out and are there nevertheless, by source."""
    from assets.erasure.target import find_target, find_whole_source, returned_urls
    from data_contracts.erasure import ERASURES, WHOLE_SOURCE
    from lake.erased import erased_urls

    lake, found = settings.lake(), []
    for name in lake.scan(ERASURES).select("source").unique().collect()["source"].sort():
        urls = returned_urls(lake, name)
        if urls and WHOLE_SOURCE in erased_urls(lake, name):
            found.append((_source(settings, name), find_whole_source(lake, name)))
        elif urls:
            found.append((_source(settings, name), find_target(lake, name, urls)))
    return found
