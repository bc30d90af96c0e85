"""The images as podman builds and runs them: who they run as, what they may write, that they do their work, how they
end; as tasks of ECS; and compose.yaml, started whole.

One long file, because building the images takes minutes: the tests of a file run in one process, which builds them
once.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote_plus

import boto3
import httpx
import pytest

from assets.stages.extraction import extract_documents
from assets.stages.report import StageReport
from data_contracts.document import DOCUMENTS
from data_contracts.page_version import PAGE_VERSIONS
from data_contracts.source import Source
from scrapers.wishes import Wishes
from tests.containers.chat_container import chat, is_ready, settings
from tests.containers.compose_stack import ComposeStack
from tests.containers.conftest import SOURCE, dropped_files
from tests.containers.container_tasks import ContainerTasks, container_tasks
from tests.containers.held_model import HeldModel
from tests.containers.image_set import TARGETS, image_name, packed_megabytes, unpacked_megabytes
from tests.containers.lambda_door import LambdaDoor
from tests.containers.podman import Podman
from tests.containers.waiting import wait_until
from tests.free_port import free_port
from tests.orchestration.workplace.conftest import Step, remote_crew
from tests.orchestration.workplace.slow_site import LET_THROUGH, PAGES, SlowSite

pytestmark = pytest.mark.slow

QUESTION = {"question": "How do I start with lighthouses?"}
ENDED_BY_SIGTERM = 143
_LOOK = """
import os, pathlib, pwd
def can_write(folder):
    try:
        (pathlib.Path(folder) / "probe").write_text("")
        return True
    except OSError:
        return False
print(os.getuid(), pwd.getpwuid(os.getuid()).pw_name, *map(can_write, ("/state", "/tmp", "/app", "/opt", "/var/tmp")))
try:
    import torch
except ImportError:
    print("no torch")
"""


@pytest.mark.parametrize("target", TARGETS)
def test_an_image_runs_as_nobody_special_and_writes_only_where_it_may(images: Podman, target: str) -> None:
    said = images.run(
        "run", "--rm", "--read-only", "--read-only-tmpfs=false", "--network=none", "--entrypoint=python",
        image_name(target), "-c", _LOOK,
    )  # fmt: skip
    assert said.split() == ["10001", "lorechat", "True", "True", "False", "False", "False", "no", "torch"]


@pytest.mark.parametrize("target", TARGETS)
def test_an_image_has_no_way_to_install_more_and_holds_no_secret_of_its_build(images: Podman, target: str) -> None:
    look = (
        "import importlib.util, pathlib; print(importlib.util.find_spec('pip'), pathlib.Path('/etc/pip.conf').exists())"
    )
    command = ["run", "--rm", "--read-only", "--network=none", "--entrypoint=python", image_name(target), "-c", look]
    assert images.run(*command).split() == ["None", "False"]
    assert ".conf" not in images.run("history", "--no-trunc", "--format={{.CreatedBy}}", image_name(target)).replace(
        "target=/etc/pip.conf", ""
    )


def test_the_chat_image_is_small(images: Podman) -> None:
    packed = packed_megabytes(images, image_name("chat"))
    assert packed < 600, f"{packed:.0f} MB in a registry"
    assert unpacked_megabytes(images, "chat") < 1_100


# -- the chat ----------------------------------------------------------------------------------------------------------


def test_the_chat_answers_from_what_the_pipeline_made_and_is_healthy(images: Podman, state: Path) -> None:
    with chat(images, state) as (name, address):
        answer = httpx.post(f"{address}/api/answer", json=QUESTION, timeout=120).raise_for_status().json()
        assert "calm day" in answer["answer"]
        assert answer["citations"][0]["url"].startswith("https://notes.example.test/lighthouses")
        images.run("healthcheck", "run", name)
        assert httpx.get(f"{address}/", timeout=120).status_code == 200


@pytest.fixture
def model() -> Iterator[HeldModel]:
    held = HeldModel()
    yield held
    held.released.set()
    held.close()


def test_a_stopped_chat_finishes_the_answer_that_it_is_writing(images: Podman, state: Path, model: HeldModel) -> None:
    with chat(images, state, OPENAI_BASE_URL=model.url, OPENAI_API_KEY="none") as (name, address):
        accept = {"accept": "text/event-stream"}
        with httpx.stream("POST", f"{address}/api/answer", json=QUESTION, headers=accept, timeout=120) as answer:
            lines = answer.iter_lines()
            assert any(line == "event: text" for line in lines)
            stop = threading.Thread(target=images.run, args=("stop", "--time=110", name))
            stop.start()
            wait_until(lambda: "about to end" in httpx.get(f"{address}/health/ready").text, "it goes on as ever")
            model.released.set()
            rest = "\n".join(lines)
        stop.join()
        assert "event: answer" in rest
        assert images.run("inspect", "--format={{.State.ExitCode}}", name).strip() == "0"


# -- workers and the function ------------------------------------------------------------------------------------------


def test_a_worker_does_its_share(images: Podman, state: Path) -> None:
    job = {
        "source": {"name": SOURCE, "inbox": True},
        "lake": "/state/lake",
        "model": {"name": "all-MiniLM-L6-v2", "cache": "/opt/models", "engine": "onnx"},
        "chunking": {"size": 40, "overlap": 8},  # other chunks than those that are there
    }
    options = ["--rm", "--read-only", "--network=none", f"--volume={state}:/state"]
    told = settings({"LORECHAT_WORKER_JOB": json.dumps(job)})
    for stage in ("chunks", "embeddings"):
        said = images.run("run", *options, *told, image_name("worker"), stage, "--source", SOURCE, "--shard", "1/1")
        kind, _, report = said.splitlines()[-1].partition(" ")
        assert (kind, json.loads(report)["added"] > 0) == ("report", True)


@pytest.fixture
def door() -> Iterator[LambdaDoor]:
    opened = LambdaDoor()
    yield opened
    opened.close()


def test_the_function_starts_and_turns_a_dropped_page_into_documents(
    images: Podman, s3_options: dict[str, str], door: LambdaDoor
) -> None:
    s3 = boto3.client(
        "s3",
        endpoint_url=s3_options["AWS_ENDPOINT_URL"],
        aws_access_key_id=s3_options["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=s3_options["AWS_SECRET_ACCESS_KEY"],
        region_name="us-east-1",
    )
    files = dropped_files()
    s3.put_object(Bucket="lake", Key=f"function/sources/{SOURCE}.yaml", Body=files[f"sources/{SOURCE}.yaml"])
    key, body = f"incoming/{SOURCE}/pages.jsonl", files[f"inbox/{SOURCE}/pages.jsonl"].encode()
    put = s3.put_object(Bucket="lake", Key=key, Body=body)
    dropped = {"key": quote_plus(key, safe="/"), "size": len(body), "eTag": put["ETag"].strip('"'), "sequencer": "01"}
    record = {
        "eventSource": "aws:s3",
        "eventName": "ObjectCreated:Put",
        "s3": {"bucket": {"name": "lake"}, "object": dropped},
    }
    told = {
        **{name: value for name, value in s3_options.items() if name != "AWS_ALLOW_HTTP"},
        "AWS_LAMBDA_RUNTIME_API": door.address,
        "AWS_LAMBDA_FUNCTION_NAME": "pages",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "3008",
        "LORECHAT_LAKE": "s3://lake/function",
        "LORECHAT_S3_ENDPOINT": s3_options["AWS_ENDPOINT_URL"],
        "POWERTOOLS_SERVICE_NAME": "pages",
        "POWERTOOLS_METRICS_NAMESPACE": "LoreChat/test",
        "POWERTOOLS_TRACE_DISABLED": "true",
    }
    with images.container(image_name("lambda"), options=settings(told)) as name:
        door.wait_for_start()
        print(f"the function asked for its first event after {door.ready_after:.1f} s")
        kind, said = door.invoke({"Event": "s3:TestEvent"})
        assert (kind, said) == ("response", {"done": []}), images.logs(name)
        kind, said = door.invoke({"Records": [record]})
        assert kind == "response", f"{said}\n{images.logs(name)}"
    lines = s3.list_objects_v2(Bucket="lake", Prefix="processed/")["Contents"]
    assert lines


# -- tasks of ECS ------------------------------------------------------------------------------------------------------


@pytest.fixture
def tasks(images: Podman, prepared_models: Path) -> Iterator[ContainerTasks]:
    with container_tasks(images, prepared_models) as opened:
        yield opened


@pytest.fixture
def web() -> Iterator[SlowSite]:
    site = SlowSite()
    yield site
    site.end()


def test_tasks_of_ecs_crawl_and_read_a_site_in_containers_though_the_first_is_stopped(
    tasks: ContainerTasks, web: SlowSite, step: Step
) -> None:
    account = tasks.account
    lake = account.lake(account.dagster)
    crew = remote_crew(account, account.clients(), "ecs", worker_most=2)
    source = Source(name="chain", start_urls=(f"{web.address}/",), allow_private_hosts=True)
    kept: list[int] = []

    def stop() -> None:
        assert web.reached.wait(300)
        tasks.stop()
        kept.append(lake.scan(PAGE_VERSIONS, source=source.name).collect().height)
        web.gate.set()

    stopping = threading.Thread(target=stop)
    stopping.start()
    crawled = step(lambda context: crew.crawl(context, source, lake, Wishes(run_id=context.run.run_id)))
    stopping.join()
    assert crawled.success
    assert kept == [LET_THROUGH]
    assert lake.scan(PAGE_VERSIONS, source=source.name).collect().height == PAGES
    assert tasks.statuses() == [ENDED_BY_SIGTERM, 0]
    told: list[StageReport] = []
    read = step(lambda _: told.append(extract_documents(source, lake, on_progress=lambda _: None, crew=crew)))
    assert read.success
    assert told[0].added == lake.scan(DOCUMENTS, source=source.name).collect().height == PAGES
    assert tasks.statuses() == [ENDED_BY_SIGTERM, 0, 0, 0]


# -- all of it together ------------------------------------------------------------------------------------------------


@pytest.fixture
def stack(images: Podman, tmp_path: Path) -> Iterator[ComposeStack]:
    made = ComposeStack(images, tmp_path / "stack", chat_port=free_port(), dagster_port=free_port())
    made.prepare()
    try:
        yield made
    finally:
        made.down()


def test_the_local_stack_builds_a_dropped_source_answers_through_nginx_and_ends(stack: ComposeStack) -> None:
    stack.up()
    stack.drop(dropped_files())
    try:
        wait_until(lambda: is_ready(stack.chat), "no release was made of the dropped pages")
    except AssertionError:
        raise AssertionError(stack.state()) from None
    accept = {"accept": "text/event-stream"}
    with httpx.stream("POST", f"{stack.chat}/api/answer", json=QUESTION, headers=accept, timeout=120) as said:
        events = [event for event in "".join(said.iter_text()).split("\n\n") if event.startswith("event: ")]
    kinds = [event.partition("\n")[0] for event in events]
    assert kinds[0] == "event: searched"
    assert kinds[-1] == "event: answer"
    answer = json.loads(events[-1].partition("data: ")[2])
    assert "calm day" in answer["answer"]
    assert answer["citations"][0]["url"].startswith("https://notes.example.test/lighthouses")
    assert httpx.get(f"{stack.dagster}/server_info", timeout=60).json()["dagster_version"]
    assert set(stack.stop().values()) == {0}, stack.state()
    stack.down()
    assert stack.left() == []
