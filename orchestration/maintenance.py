"""The daily upkeep as a Dagster job: on from the start, since it costs seconds and keeps disk and queries small."""

from typing import TYPE_CHECKING, Any

import dagster as dg

from assets.metadata import markdown_table

if TYPE_CHECKING:
    from orchestration.upkeep import Maintained


class UpkeepConfig(dg.Config):
    """`dry_run` only shows what would be done."""

    dry_run: bool = False


@dg.op(name="keep_up")
def keep_up(context: dg.OpExecutionContext, config: UpkeepConfig) -> None:
    """Compact tables, end history beyond its retention, drop old releases; see the handbook's page on upkeep."""
    from assets.stage_run import failures_explained
    from orchestration.settings import PipelineSettings
    from orchestration.upkeep import maintain as maintain_all

    with failures_explained():
        done = maintain_all(PipelineSettings(), dry_run=config.dry_run, tell=context.log.info)
    context.add_output_metadata(_metadata(done))


@dg.job(
    name="maintain",
    executor_def=dg.in_process_executor,
    description="Compacts tables, deletes history and releases beyond their retention, and completes erasures.",
)
def maintain() -> None:
    """Keep lake and index small."""
    keep_up()


maintain_daily = dg.ScheduleDefinition(
    name="maintain_daily",
    job=maintain,
    cron_schedule="20 3 * * *",
    execution_timezone="UTC",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Upkeep, every night.",
)


def _metadata(done: "Maintained") -> "dict[str, dg.MetadataValue[Any]]":
    columns = ("table", "files before", "files after", "merged", "bytes freed", "history begins with version", "note")
    rows = [
        (one.table, one.files_before, one.files_after, one.merged, one.freed_bytes, one.begins, one.note)
        for one in done.upkeep.tables
    ]
    return {
        "tables": markdown_table(columns, rows),
        "bytes freed": dg.MetadataValue.int(done.upkeep.freed_bytes),
        "releases dropped": dg.MetadataValue.int(sum(len(ids) for ids in done.upkeep.releases.values())),
        "inbox files deleted": dg.MetadataValue.int(done.upkeep.inbox_files),
        "releases of the past deleted": dg.MetadataValue.int(done.past),
        "sources with pages erased again": dg.MetadataValue.int(len(done.erased_again)),
    }
