"""Links from Dagster's pages to the pages that explain answers; those link back to runs and assets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import dagster as dg

from assets.flow_picture import flow_image
from assets.metadata import Link

if TYPE_CHECKING:
    from assets.flow import Flow

_INDEX = dg.AssetKey("vector_index")


def lineage_metadata(flow: Flow, source: str) -> dict[str, dg.MetadataValue[Any]]:
    """Where a source's pages are explained, and which release answers from them."""
    live = flow.store.live(source)
    metadata: dict[str, dg.MetadataValue[Any]] = {
        "why do its pages answer": dg.MetadataValue.url(f"{flow.chat_url}/why?{urlencode({'source': source})}"),
        "published by": dg.MetadataValue.asset(_INDEX),
    }
    if live is not None:
        metadata["live release"] = dg.MetadataValue.text(live.release_id)
    return metadata


def flow_metadata(flow: Flow, source: str) -> dict[str, dg.MetadataValue[Any]]:
    """The picture of a source's pages by state, from the first URL seen to the live release."""
    from lake.flow_count import flow_counts
    from retrieval.presence import live_urls

    counts = flow_counts(flow.lake, source, live_urls(flow.store, source))
    return {"pages by state": dg.MetadataValue.md(flow_image(counts))}


def why_link(flow: Flow, source: str, url: str) -> Link:
    """A table's cell that opens the account of a page."""
    return Link(url, f"{flow.chat_url}/why?{urlencode({'url': url, 'source': source})}")
