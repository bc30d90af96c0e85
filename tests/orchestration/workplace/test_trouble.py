"""What workers elsewhere do when all is not well: they die, are taken or kept waiting, talk nonsense, are cancelled."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import dagster as dg
import pytest
from dagster_pipes import (
    DAGSTER_PIPES_CONTEXT_ENV_VAR,
    DAGSTER_PIPES_MESSAGES_ENV_VAR,
    PIPES_PROTOCOL_VERSION,
    PIPES_PROTOCOL_VERSION_FIELD,
    PipesContextData,
    encode_param,
)

from assets.stages.extraction import extract_documents
from assets.stages.report import StageReport
from assets.stages.sharding import Crew
from assets.stages.splitting import split_documents
from assets.stages.worker_job import WorkerJob
from data_contracts.document import DOCUMENTS
from data_contracts.source import Source
from orchestration.workplace.remote_crew import RemoteCrew
from tests.assets.conftest import CrawledSource
from tests.ministack import ROOT, Ministack
from tests.orchestration.workplace import fargate
from tests.orchestration.workplace.account import HANDLER, make_account
from tests.orchestration.workplace.conftest import PAGES, Site, Step, remote_crew

pytestmark = pytest.mark.slow

LIAR = Path(__file__).parent / "liar.py"


def extract(crawled: CrawledSource, crew: RemoteCrew | Crew) -> StageReport:
    return extract_documents(crawled.source, crawled.lake, on_progress=crawled.told.append, crew=crew)


def documents(crawled: CrawledSource) -> int:
    return crawled.lake.scan(DOCUMENTS, source=crawled.source.name).collect().height


def providers(site: Site) -> list[str]:
    return [request["capacityProviderStrategy"][0]["capacityProvider"] for request in site.fargate.requests]


def said(result: dg.ExecuteInProcessResult) -> str:
    [failure] = [event for event in result.all_events if event.is_step_failure]
    return str(failure.step_failure_data.error)


def liar(*messages: dict[str, object], status: int = 0, before: str = "") -> fargate.Command:
    """A command that says these custom messages, and something before them."""
    lines = [
        json.dumps({PIPES_PROTOCOL_VERSION_FIELD: PIPES_PROTOCOL_VERSION, "method": method, "params": params})
        for method, params in [
            ("opened", {"extras": {}}),
            *(("report_custom_message", {"payload": message}) for message in messages),
            ("closed", {}),
        ]
    ]

    def command(_: Sequence[str]) -> Sequence[str]:
        return [sys.executable, str(LIAR), "\n".join([before, *lines]), str(status)]

    return command


def test_a_task_that_spot_takes_is_followed_by_one_that_it_cannot_take(
    site: Site, step: Step, crawled: CrawledSource
) -> None:
    """It has no exit status, and to some that looks like success."""
    site.fargate.commands.append(lambda _: [sys.executable, "-c", "import time; time.sleep(600)"])
    taking = threading.Thread(target=lambda: site.fargate.take(site.fargate.wait_for(2)[0]))
    taking.start()
    assert step(lambda _: extract(crawled, site.crew("ecs"))).success
    taking.join()
    assert providers(site) == ["FARGATE_SPOT", "FARGATE_SPOT", "FARGATE"]
    assert documents(crawled) == len(PAGES)


def test_where_spot_has_no_room_tasks_start_elsewhere(site: Site, step: Step, crawled: CrawledSource) -> None:
    site.fargate.has_spot = False
    assert step(lambda _: extract(crawled, site.crew("ecs"))).success
    assert sorted(providers(site)) == ["FARGATE", "FARGATE", "FARGATE_SPOT", "FARGATE_SPOT"]
    assert documents(crawled) == len(PAGES)


def test_a_function_that_dies_is_invoked_again(
    ministack: Ministack, site: Site, step: Step, crawled: CrawledSource, tmp_path: Path
) -> None:
    ticket = tmp_path / "die once"
    ticket.write_text("")
    dying = f"    if os.path.exists({str(ticket)!r}):\n        os.unlink({str(ticket)!r})\n        os._exit(1)\n"
    mortal = make_account(ministack, site.account.models, HANDLER.replace("    status =", f"{dying}    status =", 1))
    there = CrawledSource(mortal.lake(mortal.dagster), crawled.store, crawled.embedder)
    there.crawl(PAGES)
    crew = remote_crew(mortal, mortal.clients(), "lambda")
    assert step(lambda _: extract(there, crew)).success
    assert not ticket.exists()
    assert documents(there) == len(PAGES)


@pytest.mark.parametrize("place", ["lambda", "ecs"])
def test_what_a_person_must_mend_ends_the_step_with_its_sentence(
    site: Site, step: Step, crawled: CrawledSource, place: str
) -> None:
    crawled.extract()
    crew = site.crew(place)
    nowhere = replace(crew, model=crew.model.model_copy(update={"name": "/no/model"}))
    result = step(
        lambda _: split_documents(
            crawled.source,
            crawled.lake,
            crawled.embedder,
            crawled.chunking,
            on_progress=crawled.told.append,
            crew=nowhere,
        )
    )
    assert not result.success
    assert "no embedding model" in said(result)


def test_a_throttled_worker_comes_again(site: Site, step: Step, crawled: CrawledSource) -> None:
    site.fargate.commands.append(liar({"later": "too many requests"}, status=75))
    assert step(lambda _: extract(crawled, site.crew("ecs"))).success
    assert len(site.fargate.processes) == 3
    assert documents(crawled) == len(PAGES)


def test_what_cannot_be_read_is_told_and_holds_nothing_up(
    site: Site, step: Step, crawled: CrawledSource, capfd: pytest.CaptureFixture[str]
) -> None:
    report = StageReport("markdown", "", "pages", 6, 6, 0, 0, 1.0, 1)
    told = liar({"report": json.loads(report.to_json())}, before='{"half a line')
    site.fargate.commands.extend([told, told])
    assert step(lambda _: extract(crawled, site.crew("ecs"))).success
    logged = capfd.readouterr().err
    assert "said what cannot be read: '{\"half a line'" in logged
    assert "console.aws.amazon.com/ecs/v2/clusters" in logged


def test_a_worker_that_only_dies_ends_the_step_and_says_where_to_look(
    site: Site, step: Step, crawled: CrawledSource
) -> None:
    site.fargate.commands.extend([lambda _: [sys.executable, "-c", "raise SystemExit(137)"]] * 6)
    result = step(lambda _: extract(crawled, site.crew("ecs")))
    assert not result.success
    assert "ended with status 137 and no report (EssentialContainerExited: it exited), 3 times" in said(result)
    assert "/logs?region=us-east-1" in said(result)


def test_a_cancelled_run_stops_all_its_tasks_also_when_ecs_has_forgotten_one(
    site: Site, step: Step, crawled: CrawledSource
) -> None:
    site.fargate.commands.extend([lambda _: [sys.executable, "-c", "import time; time.sleep(600)"]] * 2)

    def cancel() -> None:
        forgotten, _ = site.fargate.wait_for(2)
        site.fargate.lost.add(forgotten)
        os.kill(os.getpid(), signal.SIGINT)

    cancelling = threading.Thread(target=cancel)
    cancelling.start()
    assert not step(lambda _: extract(crawled, site.crew("ecs"))).success
    cancelling.join()
    forgotten, other = site.fargate.processes
    assert site.fargate.processes[other].wait(60) == -signal.SIGTERM
    assert site.fargate.processes[forgotten].poll() is None


def test_a_task_whose_run_was_killed_ends_by_itself(site: Site, crawled: CrawledSource) -> None:
    """Nobody stops it, and the next run's worker would do the same beside it. Its site never answers."""
    s3, bucket, folder = site.account.ministack.client("s3"), site.account.bucket, "lake/pipes/killed"
    with socket.create_server(("127.0.0.1", 0)) as silent:
        source = Source(
            name="silent", start_urls=(f"http://127.0.0.1:{silent.getsockname()[1]}/",), allow_private_hosts=True
        )
        job = WorkerJob(
            source=source, lake=crawled.lake.url, lake_options=site.account.place, model=site.crew("ecs").model
        )
        facts: dict[str, object] = dict.fromkeys(PipesContextData.__annotations__)
        facts["extras"] = job.model_dump(mode="json")
        s3.put_object(Bucket=bucket, Key=f"{folder}/context.json", Body=json.dumps(facts).encode())
        s3.put_object(Bucket=bucket, Key=f"{folder}/heard", Body=b"")
        told = {
            DAGSTER_PIPES_CONTEXT_ENV_VAR: encode_param({"bucket": bucket, "key": f"{folder}/context.json"}),
            DAGSTER_PIPES_MESSAGES_ENV_VAR: encode_param({"bucket": bucket, "key_prefix": folder, "heard": 0.5}),
        }
        worker = subprocess.run(
            fargate.worker(["crawl", "--source", "silent"]),
            env={**site.account.worker_environment(), **told},
            cwd=ROOT,
            timeout=240,
            capture_output=True,
        )
    assert worker.returncode == 128 + signal.SIGTERM, worker.stderr.decode()
