"""Those who do a large stage in AWS, and the crawler that is a task there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

import dagster as dg

from assets.error import WorkerFailed
from assets.stages.meter import Meter
from assets.stages.shard import Shard
from assets.stages.sharding import Crew, pinned, share_out
from assets.stages.share import Mailbox, Share, work_off
from assets.stages.worker_job import CRAWL, ModelChoice, WorkerJob, open_options
from assets.stages.workplace import Order
from assets.steps.chunk import ChunkingSettings
from data_contracts.source import Source
from lake import Lake
from orchestration.workplace.aws import AwsClients
from orchestration.workplace.function import LOOK_SECONDS as FUNCTION_SECONDS
from orchestration.workplace.function import Function
from orchestration.workplace.placement import Placing
from orchestration.workplace.session import Post
from orchestration.workplace.task import LOOK_SECONDS as TASK_SECONDS
from orchestration.workplace.task import TaskPlace, Tasks
from retrieval.embedder import Embedder
from scrapers.crawl import crawl_failure
from scrapers.report import CrawlReport
from scrapers.wishes import Wishes

_OWN_CORES = 0


@dataclass(frozen=True)
class RemoteCrew:
    """Does a stage where `placing` says: in this process, by the `local` crew, by `function` or by tasks at `tasks`.

    `model` names the embedding model; where its files are, each worker knows for itself. `open_clients` is called when
    the first worker is needed. `seconds` pass between two looks at a worker (None: as suits its place).
    """

    placing: Placing
    local: Crew
    model: ModelChoice
    function: str
    tasks: TaskPlace
    open_clients: Callable[[], AwsClients] = field(repr=False)
    seconds: float | None = None

    def hands(self, stage: str, units: int) -> int:
        """Return how many workers are worth starting for so much work; 0: none, do it in this process."""
        placement = self.placing.stage(stage, units)
        return self.local.hands(stage, units) if placement.where == "local" else placement.workers

    def run(
        self,
        stage: str,
        source: Source,
        lake: Lake,
        meter: Meter,
        *,
        hands: int,
        embedder: Embedder | None = None,
        chunking: ChunkingSettings | None = None,
    ) -> None:
        """Let `hands` workers do the stage, and count on `meter` what they do; the step's metadata say where they were.

        Raises WorkerFailed, WorkerBusy.
        """
        where = self.placing.stage(stage, meter.total or 0).where
        if where in ("local", "run"):
            self.local.run(stage, source, lake, meter, hands=hands, embedder=embedder, chunking=chunking)
            return
        context = dg.OpExecutionContext.get()
        job = WorkerJob(
            source=source,
            lake=lake.url,
            lake_options=open_options(lake),
            model=pinned(self.model, embedder),
            chunking=chunking or ChunkingSettings(),
            threads=_OWN_CORES,
        )
        workplace = self._function(context, lake) if where == "lambda" else self._tasks(context, lake)
        context.log.info(f"{stage} of {source.name!r}: {meter.total} units for {hands} workers on {where}")
        try:
            share_out(stage, job, meter, workplace, hands=hands)
        finally:
            _show(context, where, workplace)

    @property
    def is_crawling(self) -> bool:
        """Whether crawls are done here."""
        return self.placing.crawl() == "ecs"

    def crawl(self, context: dg.AssetExecutionContext, source: Source, lake: Lake, wishes: Wishes) -> CrawlReport:
        """Crawl a source in a task. Raises CrawlFailed, RemovalsHeld, WorkerBusy."""
        step, mailbox = context.op_execution_context, Mailbox()
        job = WorkerJob(
            source=source,
            lake=lake.url,
            lake_options=open_options(lake),
            model=self.model,
            accept_removals=wishes.accept_removals,
            run_id=wishes.run_id,
        )
        workplace = self._tasks(step, lake)
        share = Share(
            Order(CRAWL, Shard(1, 1), job),
            workplace,
            mailbox,
            lambda _, progress: step.log.info(str(progress)),
            CrawlReport.from_mapping,
        )
        try:
            work_off([share], mailbox)
        except WorkerFailed as error:
            raise crawl_failure(error.kind, str(error)) from error
        finally:
            _show(step, "ecs", workplace)
        assert share.report is not None  # noqa: S101 - it has been waited for
        return share.report

    @cached_property
    def _clients(self) -> AwsClients:
        return self.open_clients()

    def _post(self, context: dg.OpExecutionContext, lake: Lake) -> Post:
        """The lake's own place: whoever works on the lake may read and write there, and nobody else."""
        bucket, _, prefix = lake.url.removeprefix("s3://").partition("/")
        folder = "/".join(part for part in (prefix, "pipes", context.run.run_id) if part)
        return Post(self._clients.objects, bucket, folder)

    def _function(self, context: dg.OpExecutionContext, lake: Lake) -> Function:
        post, seconds = self._post(context, lake), self.seconds or FUNCTION_SECONDS
        return Function(self._clients.functions, self.function, context, post, seconds)

    def _tasks(self, context: dg.OpExecutionContext, lake: Lake) -> Tasks:
        post, seconds = self._post(context, lake), self.seconds or TASK_SECONDS
        return Tasks(self._clients.tasks, self.tasks, context, post, seconds)


def _show(context: dg.OpExecutionContext, where: str, workplace: Function | Tasks) -> None:
    """Say in the step's metadata where its workers were."""
    lines = "\n".join(f"- {line}" for line in workplace.started)
    context.add_output_metadata(
        {"workers": dg.MetadataValue.md(lines or "none"), "workers at": f"{where} ({len(workplace.started)} started)"}
    )
