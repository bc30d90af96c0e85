"""`python -m assets.worker`: the same command for a person, for the stage that starts it, and for Dagster Pipes."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from dagster_pipes import (
    DAGSTER_PIPES_CONTEXT_ENV_VAR,
    DAGSTER_PIPES_MESSAGES_ENV_VAR,
    PipesContextData,
    encode_param,
)
from pydantic import ValidationError

from assets.error import WorkerFailed
from assets.stages.report import StageReport
from assets.stages.shard import Shard
from assets.stages.sharding import Crew
from assets.stages.worker_job import JOB, ModelChoice, WorkerJob, lake_environment, open_options, worker_command
from assets.worker import run_in_pipes
from data_contracts.document import DOCUMENTS
from data_contracts.progress import Progress
from lake import Lake
from retrieval.error import ModelMismatch
from retrieval.minilm import NAME

slow = pytest.mark.slow

PAGES = {
    f"/{number}": f"<main><h1>Day {number}</h1><p>It was day {number}. And so on.</p></main>" for number in range(8)
}


@pytest.fixture
def job(crawled: Any, prepared_models: Path) -> WorkerJob:
    model = ModelChoice(name=NAME, cache=prepared_models)
    return WorkerJob(source=crawled.source, lake=crawled.lake.url, model=model, chunking=crawled.chunking)


def work(
    stage: str, job: WorkerJob | None, shard: str = "1/1", source: str = "example"
) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "assets.worker", stage, "--source", source, "--shard", shard]
    told: Mapping[str, str] = {} if job is None else {JOB: job.model_dump_json()}
    return subprocess.run(command, env={**os.environ, **told}, capture_output=True, text=True, timeout=60)


def last_line(done: subprocess.CompletedProcess[str]) -> tuple[str, str]:
    kind, _, rest = done.stdout.splitlines()[-1].partition(" ")
    return kind, rest


@slow
def test_two_shares_by_hand_make_the_whole(crawled: Any, job: WorkerJob) -> None:
    crawled.crawl(PAGES)
    reports = []
    for shard in ("1/2", "2/2"):
        done = work("markdown", job, shard)
        kind, rest = last_line(done)
        assert (done.returncode, kind, done.stderr) == (0, "report", "")
        assert Progress.parse(done.stdout.splitlines()[0]) is not None
        reports.append(StageReport.from_json(rest))
    assert sum(report.added for report in reports) == len(PAGES)
    assert all(report.added > 0 for report in reports)
    assert crawled.extract().done == 0


@slow
def test_what_a_person_must_mend_is_said_in_the_last_line(job: WorkerJob) -> None:
    done = work("markdown", job)
    kind, rest = last_line(done)
    assert (done.returncode, kind) == (1, "failed")
    assert "was never crawled" in json.loads(rest)


@slow
@pytest.mark.parametrize(
    ("shard", "source", "given", "message"),
    [
        ("5/4", "example", True, "write 2/4 for the second of four shares".lower()),
        ("1/1", "other", True, "the job is for the source 'example'"),
        ("1/1", "example", False, "LORECHAT_WORKER_JOB is not set"),
    ],
)
def test_a_wrong_call_says_how_to_call(job: WorkerJob, shard: str, source: str, given: bool, message: str) -> None:
    done = work("markdown", job if given else None, shard, source)
    assert done.returncode == 2
    assert message.lower() in done.stderr.lower()
    assert "Traceback" not in done.stderr


@slow
def test_a_worker_ends_with_the_process_that_started_it(crawled: Any, job: WorkerJob) -> None:
    crawled.crawl({"/": f"<main>{'<p><b>Word</b> <i>by</i> <code>word</code></p>' * 80_000}</main>"})
    start = (
        "import os, subprocess, sys, time\n"
        f"job = sys.argv[1].replace('PARENT', str(os.getpid()))\n"
        f"child = subprocess.Popen(sys.argv[2:], env={{**os.environ, {JOB!r}: job}})\n"
        "print(child.pid, flush=True)\n"
        "time.sleep(60)"
    )
    told = job.model_dump_json().replace('"parent":null', '"parent":PARENT')
    command = [sys.executable, "-c", start, told, *worker_command("markdown", "example", Shard(1, 1))]
    parent = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    worker = int(parent.stdout.readline())
    time.sleep(2)
    assert is_alive(worker)
    parent.kill()
    parent.wait()
    parent.stdout.close()
    deadline = time.monotonic() + 5
    while is_alive(worker) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not is_alive(worker)


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@slow
@pytest.mark.filterwarnings("ignore::dagster.PreviewWarning")  # about Dagster's own use of its preview
def test_under_dagster_pipes_progress_and_report_come_as_messages(crawled: Any, job: WorkerJob) -> None:
    crawled.crawl(PAGES)
    told: list[dict[str, Any]] = []

    @dg.asset
    def share(context: dg.AssetExecutionContext, pipes: dg.PipesSubprocessClient) -> dg.MaterializeResult:  # type: ignore[type-arg] # Dagster exports no type to name
        command = worker_command("markdown", "example", Shard(1, 2))
        extras, environment = job.model_dump(mode="json"), lake_environment(crawled.lake)
        done = pipes.run(context=context.op_execution_context, command=command, extras=extras, env=environment)
        told.extend(done.get_custom_messages())
        return dg.MaterializeResult()

    with dg.DagsterInstance.ephemeral() as instance:
        assert dg.materialize([share], instance=instance, resources={"pipes": dg.PipesSubprocessClient()}).success
    *progress, report = told
    assert report["report"]["added"] == crawled.lake.scan(DOCUMENTS).collect().height > 0
    assert progress
    assert all(Progress.parse(line) for message in progress for line in message.values())


@slow
def test_one_process_does_the_shares_of_many_sessions(crawled: Any, job: WorkerJob, tmp_path: Path) -> None:
    """A function's process stays between events, each of which is a session of its own."""
    crawled.crawl(PAGES)
    added: list[int] = []
    for shard in ("1/2", "2/2"):
        context, messages = tmp_path / f"context{len(added)}", tmp_path / f"messages{len(added)}"
        facts: dict[str, Any] = dict.fromkeys(PipesContextData.__annotations__)
        context.write_text(json.dumps(facts | {"extras": job.model_dump(mode="json")}))
        places = {DAGSTER_PIPES_CONTEXT_ENV_VAR: context, DAGSTER_PIPES_MESSAGES_ENV_VAR: messages}
        params = {name: encode_param({"path": str(place)}) for name, place in places.items()}
        assert run_in_pipes("markdown", "example", shard, lake_environment(crawled.lake), params) == 0
        said = [json.loads(line) for line in messages.read_text().splitlines()]
        payloads = [one["params"]["payload"] for one in said if one["method"] == "report_custom_message"]
        added += [payload["report"]["added"] for payload in payloads if "report" in payload]
        assert said[-1]["method"] == "closed"
    assert sum(added) == len(PAGES)
    assert len(added) == 2


def test_a_job_that_would_write_credentials_down_is_refused(job: WorkerJob) -> None:
    with pytest.raises(ValidationError, match="may not hold AWS_SECRET_ACCESS_KEY"):
        WorkerJob.model_validate(job.model_dump() | {"lake_options": {"AWS_SECRET_ACCESS_KEY": "hush"}})
    keys = Lake("s3://lake/there", {"AWS_SECRET_ACCESS_KEY": "hush", "AWS_REGION": "eu-west-1"})
    assert open_options(keys) == {"AWS_REGION": "eu-west-1"}


def test_the_job_holds_nothing_secret(job: WorkerJob, crawled: Any) -> None:
    secret = Lake("s3://lake/there", {"AWS_SECRET_ACCESS_KEY": "hush"})
    told = job.model_copy(update={"lake": secret.url})
    assert "hush" not in told.model_dump_json() + " ".join(worker_command("markdown", "example", Shard(1, 1)))
    assert "hush" in "".join(lake_environment(secret).values())


def test_a_worker_with_another_model_refuses_to_embed(prepared_models: Path) -> None:
    with pytest.raises(ModelMismatch, match="LORECHAT_MODELS"):
        ModelChoice(name=NAME, cache=prepared_models, model_id="another").load(1)


def test_embedding_stays_in_one_process_unless_a_person_says_how_many(prepared_models: Path) -> None:
    model = ModelChoice(name=NAME, cache=prepared_models)
    assert Crew(model, {}).hands("embeddings", 100_000) == 0
    assert Crew(model, {}, workers=3).hands("embeddings", 100_000) == 3


def test_small_work_starts_no_worker(prepared_models: Path) -> None:
    crew = Crew(ModelChoice(name=NAME, cache=prepared_models), {}, workers=8)
    assert [crew.hands("markdown", pages) for pages in (0, 10, 599, 600, 100_000)] == [0, 0, 0, 2, 8]


@slow
def test_what_a_worker_cannot_do_ends_the_stage_with_its_message(
    crawled: Any, prepared_models: Path, tmp_path: Path
) -> None:
    from assets.stages.splitting import split_documents

    crawled.crawl(PAGES)
    crawled.extract()
    nowhere = ModelChoice(name=str(tmp_path / "no-model"), cache=tmp_path)
    crew = Crew(nowhere, dict(os.environ), 2, least_share={"chunks": 1})
    with pytest.raises(WorkerFailed, match="no embedding model"):
        split_documents(
            crawled.source, crawled.lake, crawled.embedder, crawled.chunking, on_progress=crawled.told.append, crew=crew
        )


@slow
def test_a_worker_that_always_dies_is_given_up_with_its_last_words(crawled: Any, prepared_models: Path) -> None:
    from assets.stages.extraction import extract_documents

    crawled.crawl(PAGES)
    broken = {**os.environ, "PYTHONHOME": "/nowhere"}
    crew = Crew(ModelChoice(name=NAME, cache=prepared_models), broken, 2, least_share={"markdown": 1})
    with pytest.raises(WorkerFailed, match=r"(?s)broke off with status 1, 3 times.*LORECHAT_WORKERS=1.*Python"):
        extract_documents(crawled.source, crawled.lake, on_progress=crawled.told.append, crew=crew)
