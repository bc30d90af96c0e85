"""The code location: assets, jobs, sensors and resources, put together. Loading it opens nothing."""

from __future__ import annotations

import dagster as dg

from assets.flow import Flow
from orchestration.drop_sensor import drops
from orchestration.inbox_sensor import inbox
from orchestration.jobs import FLOW, build_source, follow_changes, recrawl_source
from orchestration.learning import LEARNING, learn_from_chat, learn_nightly
from orchestration.maintenance import maintain, maintain_daily
from orchestration.metrics.sensor import metrics
from orchestration.partitions import source_files
from orchestration.resources import FlowResource
from orchestration.schedules import recrawl_schedules
from orchestration.trace_sensor import traces

__all__ = ["FLOW", "defs", "make_definitions"]


def make_definitions(flow: Flow | FlowResource) -> dg.Definitions:
    """Put everything together around a flow: the settings' one, or one that was made already."""
    return dg.Definitions(
        assets=[*FLOW, *LEARNING],
        jobs=[build_source, recrawl_source, maintain, learn_from_chat],
        schedules=[maintain_daily, learn_nightly],
        sensors=[source_files, recrawl_schedules, inbox, drops, follow_changes, metrics, traces],
        resources={"flow": flow},
        # One process for all steps of a run: the default starts a Python for each, and the crawl isolates itself.
        executor=dg.in_process_executor,
    )


defs = make_definitions(FlowResource())
