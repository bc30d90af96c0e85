"""What can be run for a source: all of the flow, or a crawl alone."""

from __future__ import annotations

import dagster as dg

from assets.chunks import chunks
from assets.embeddings import embeddings
from assets.markdown import markdown
from assets.raw_html import raw_html
from assets.vector_index import vector_index

FLOW = (raw_html, markdown, chunks, embeddings, vector_index)

build_source = dg.define_asset_job(
    "build_source",
    selection=dg.AssetSelection.assets(*FLOW),
    description="A website in, an index release out: crawls a source and brings everything made from it up to date.",
)

recrawl_source = dg.define_asset_job(
    "recrawl_source",
    selection=dg.AssetSelection.assets(raw_html),
    description="Visits a source again. What is made from its pages follows by itself, where they have changed.",
)

follow_changes = dg.AutomationConditionSensorDefinition(
    "follow_changes",
    target=dg.AssetSelection.assets(*FLOW),
    default_status=dg.DefaultSensorStatus.RUNNING,
    minimum_interval_seconds=15,
    description="Runs an asset for the sources whose content upstream has changed, once that passed its checks.",
)
