"""Learning from the chat: every night, for every source."""

from __future__ import annotations

from collections.abc import Iterator

import dagster as dg

from assets.chat_report import chat_report
from assets.chat_usage import chat_usage
from assets.golden_candidates import golden_candidates
from orchestration.partitions import PARTITIONS
from orchestration.run_tag import source_tags

LEARNING = (chat_report, golden_candidates, chat_usage)

learn_from_chat = dg.define_asset_job(
    "learn_from_chat",
    selection=dg.AssetSelection.assets(*LEARNING),
    description="Reports what people ask of a source, proposes golden questions, and shows usage and cost.",
)


@dg.schedule(
    name="learn_nightly",
    job=learn_from_chat,
    cron_schedule="50 3 * * *",
    execution_timezone="UTC",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="What people asked, every night, for every source.",
)
def learn_nightly(context: dg.ScheduleEvaluationContext) -> Iterator[dg.RunRequest]:
    """Ask for one run per source."""
    for name in sorted(context.instance.get_dynamic_partitions(PARTITIONS)):
        yield dg.RunRequest(run_key=None, partition_key=name, tags=dict(source_tags(name)))
