"""The code location: assets, job, sensor and resources, put together. Loading it opens nothing."""

from __future__ import annotations

import dagster as dg

from assets.chunks import chunks
from assets.embeddings import embeddings
from assets.flow import Flow
from assets.markdown import markdown
from assets.raw_html import raw_html
from assets.vector_index import vector_index
from orchestration.partitions import source_files
from orchestration.resources import FlowResource

FLOW = (raw_html, markdown, chunks, embeddings, vector_index)

build_source = dg.define_asset_job(
    "build_source",
    selection=dg.AssetSelection.assets(*FLOW),
    description="A website in, an index release out: crawls a source and brings everything made from it up to date.",
)


def make_definitions(flow: Flow | FlowResource) -> dg.Definitions:
    """Put everything together around a flow: the settings' one, or one that was made already."""
    return dg.Definitions(
        assets=FLOW,
        jobs=[build_source],
        sensors=[source_files],
        resources={"flow": flow},
        # One process for all steps of a run: the default starts a Python for each, and the crawl isolates itself.
        executor=dg.in_process_executor,
    )


defs = make_definitions(FlowResource())
