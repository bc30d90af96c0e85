"""What the assets are given, made from the settings when a run begins."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import dagster as dg

from assets.flow import Flow
from orchestration.run_tag import tag_source
from orchestration.settings import PipelineSettings


def make_flow(settings: PipelineSettings) -> Flow:
    """Return the flow that the settings describe; nothing is opened yet."""
    remote = settings.remote_crew()
    return Flow(
        sources=settings.catalog(),
        lake=settings.lake(),
        objects=settings.objects(),
        store=settings.store(),
        load_embedder=settings.embedder,
        load_chunking=settings.chunking,
        environment=settings.environment(),
        open_embedder=settings.open_embedder,
        crew=remote or settings.crew(),
        crawler=remote.crawl if remote is not None and remote.is_crawling else None,
        keep_releases=settings.keep_releases,
        settle_seconds=settings.inbox_settle_seconds,
        is_exporting=settings.export,
        chat_url=settings.chat_address,
    )


class FlowResource(dg.ConfigurableResource[Flow]):
    """The lake, the model and the index that the `LORECHAT_...` settings name.

    Settings are read when a run begins, so a server that loads the definitions needs none of them.
    """

    def create_resource(self, context: dg.InitResourceContext) -> Flow:
        """Read the settings. This is the one place that every run passes, so its source is noted here."""
        if context.instance is not None and context.run is not None:
            tag_source(context.instance, context.run)
        return make_flow(PipelineSettings())

    @contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Iterator[Flow]:
        """Give a run its flow, and let go of the index's connections when it is over."""
        flow = self.create_resource(context)
        try:
            yield flow
        finally:
            flow.store.close()
