"""A stage worker: does one share of one stage of one source, and says how far it is.

    python -m assets.worker STAGE --source S --shard k/n        STAGE: crawl, markdown, chunks or embeddings

`assets.stages.worker_job` says how it is told what to do. On its own it writes lines `progress ...` to stdout (about
one a second) and at last one line `report {json}`, or `failed {json string}` with what a person must mend. Under
Dagster Pipes these are custom messages: `{"progress": line}`, then `{"report": {...}}`, or `{"failed": sentence}`,
`{"held": sentence}` for a crawl that would remove too much, `{"later": sentence}` when it is busy or throttled.
`run_in_pipes` does the same inside of another process, such as a function's.

What it has finished is in the lake, so a worker that was cut off is simply started again. SIGTERM ends it; a crawl
then writes what it has fetched, within seconds.

Exit status: 0 done · 1 a person must mend something (`failed`) · 2 called wrongly · 75 busy or throttled: start it
again later · anything else: it died.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from assets.error import ShardInvalid
from assets.stages.shard import Shard
from assets.stages.worker_job import CRAWL, JOB, STAGES, WorkerJob, model_access, open_lake, own_models

if TYPE_CHECKING:
    from assets.stages.report import StageReport
    from data_contracts.progress import Progress
    from scrapers.report import CrawlReport

DONE, MEND, USAGE, LATER = 0, 1, 2, 75
_STATUS = {"report": DONE, "failed": MEND, "held": MEND, "later": LATER}
_ENDED = 128 + signal.SIGTERM
_PIPES_CONTEXT = "DAGSTER_PIPES_CONTEXT"
_LOOK_SECONDS = 0.5

Listener = Callable[["Progress"], None]


def run_share(
    stage: str, job: WorkerJob, shard: Shard, environment: Mapping[str, str], tell: Listener
) -> StageReport | CrawlReport:
    """Do the share. Raises StageError, RetrievalError, LakeError, ScraperError."""
    from assets.stages.embedding import embed_chunks
    from assets.stages.extraction import extract_documents
    from assets.stages.splitting import split_documents

    source, lake = job.source, open_lake(job, environment)
    if stage == CRAWL:
        return _crawl(job, environment, tell)
    if stage == "markdown":
        return extract_documents(source, lake, on_progress=tell, shard=shard, apart=job.careful)
    embedder = job.model.load(job.threads, model_access(environment), own_cache=own_models(environment))
    if stage == "chunks":
        return split_documents(source, lake, embedder, job.chunking, on_progress=tell, shard=shard)
    return embed_chunks(source, lake, embedder, job.chunking, on_progress=tell, shard=shard)


def _crawl(job: WorkerJob, environment: Mapping[str, str], tell: Listener) -> CrawlReport:
    """Crawl in a process below this one, which ends with it and keeps what it has fetched."""
    from scrapers.crawl import crawl_source
    from scrapers.wishes import Wishes

    wishes = Wishes(accept_removals=job.accept_removals, run_id=job.run_id)
    return crawl_source(
        job.source, open_lake(job, environment), on_progress=tell, environment=environment, wishes=wishes
    )


def _attempt(
    stage: str, shard: Shard, job: WorkerJob, environment: Mapping[str, str], tell: Listener
) -> tuple[str, StageReport | CrawlReport | str]:
    """Return `report` with it, or `failed`, `held`, `later` with what went wrong."""
    from assets.error import StageError
    from lake import LakeBusy, LakeError
    from retrieval.error import RetrievalError, Throttled
    from scrapers.error import RemovalsHeld, ScraperError

    try:
        return "report", run_share(stage, job, shard, environment, tell)
    except (LakeBusy, Throttled) as error:
        return "later", str(error)
    except RemovalsHeld as error:
        return "held", str(error)
    except (StageError, LakeError, RetrievalError, ScraperError) as error:
        return "failed", str(error)


def _run_plain(stage: str, shard: Shard, job: WorkerJob, environment: Mapping[str, str]) -> int:
    kind, found = _attempt(stage, shard, job, environment, _say)
    if isinstance(found, str):
        _say(f"{'failed' if kind == 'later' else kind} {json.dumps(found)}")
    else:
        _say(f"{kind} {found.to_json()}")
    return _STATUS[kind]


def run_in_pipes(
    stage: str,
    source: str,
    shard: Shard | str,
    environment: Mapping[str, str],
    params: Mapping[str, str] | None = None,
) -> int:
    """Do the share of a Pipes session and return the exit status; what was found is told to the session.

    `params` hold the session's bootstrap, as the event of a function does; None: `environment` does.
    Raises ShardInvalid, ValueError for another source's job, and whatever a bug raises.
    """
    from assets.stages.worker_pipes import open_pipes

    shard = Shard.parse(shard) if isinstance(shard, str) else shard
    region = environment.get("LORECHAT_S3_REGION")
    with open_pipes(environment if params is None else params, region=region, is_alone=params is None) as pipes:
        job = _checked(WorkerJob.model_validate(pipes.extras), source)

        def tell(progress: Progress) -> None:
            pipes.report_custom_message({"progress": str(progress)})

        kind, found = _attempt(stage, shard, job, environment, tell)
        pipes.report_custom_message({kind: found if isinstance(found, str) else json.loads(found.to_json())})
    return _STATUS[kind]


def _say(line: object) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _read_job(environment: Mapping[str, str], source: str) -> WorkerJob:
    """Read the job from the environment. Raises ValueError, OSError."""
    given = environment.get(JOB, "").strip()
    if not given:
        raise ValueError(f"{JOB} is not set: it holds the job as JSON, or the path of a file that holds it")
    text = given if given.startswith("{") else Path(given).read_text("utf-8")
    return _checked(WorkerJob.model_validate_json(text), source)


def _checked(job: WorkerJob, source: str) -> WorkerJob:
    """Begin to watch the parent, and return the job. Raises ValueError when it is another source's."""
    if job.source.name != source:
        raise ValueError(f"the job is for the source {job.source.name!r}, and the command names {source!r}")
    if job.parent is not None:
        threading.Thread(target=_end_with, args=(job.parent,), daemon=True).start()
    return job


def _end_with(parent: int) -> None:
    """End this process when its parent is gone: nobody would hear its report."""
    while os.getppid() == parent:
        time.sleep(_LOOK_SECONDS)
    os._exit(LATER)


def _end_in_order(*_: object) -> None:
    """End the process from where it is, so that what is open is closed. A container's first process gets no other
    signal before it is killed, and the system ends it by none that it does not handle."""
    raise SystemExit(_ENDED)


def _arguments(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m assets.worker", description="Do one share of one stage.")
    parser.add_argument("stage", choices=STAGES)
    parser.add_argument("--source", required=True, help="name of the source; the job holds its settings")
    parser.add_argument("--shard", type=_shard, default=Shard(1, 1), help="share of the keys, such as 2/4")
    return parser.parse_args(arguments)


def _shard(text: str) -> Shard:
    try:
        return Shard.parse(text)
    except ShardInvalid as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def main(arguments: Sequence[str], environment: Mapping[str, str]) -> int:
    """Work as the command line and the environment say; return the exit status."""
    given = _arguments(arguments)
    signal.signal(signal.SIGTERM, _end_in_order)
    if _PIPES_CONTEXT in environment:
        return run_in_pipes(given.stage, given.source, given.shard, environment)
    try:
        job = _read_job(environment, given.source)
    except (ValueError, OSError) as error:
        sys.stderr.write(f"the worker's job cannot be read: {error}\n")
        return USAGE
    return _run_plain(given.stage, given.shard, job, environment)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], dict(os.environ)))  # the process's top: from here on the environment is passed down
