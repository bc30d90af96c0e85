"""Taking a stage away, in an account on loopback."""

from __future__ import annotations

import json
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator

import pytest
from botocore.exceptions import ClientError

from infra.config.stage_config import StageConfig, read_stage
from infra.removal.holding import buckets, holdings
from infra.removal.removal import Removal
from tests.ministack import ROOT, Ministack, ministack_server

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def account() -> Iterator[Ministack]:
    """An account of its own: the names of a stage's stacks are always the same."""
    with ministack_server() as server:
        yield server


class _Stage:
    """Two stacks of a stage with buckets that hold something, and what was said about them."""

    def __init__(self, account: Ministack, config: StageConfig) -> None:
        self.config, self.said = config, list[str]()
        self.cloudformation, self.s3 = account.client("cloudformation"), account.client("s3")
        self.buckets = {stack: f"{stack}-{uuid.uuid4().hex[:12]}" for stack in ("edge", "data")}
        for stack, bucket in self.buckets.items():
            resource = {
                "Type": "AWS::S3::Bucket",
                "DeletionPolicy": "Retain" if config.is_prod else "Delete",
                "Properties": {"BucketName": bucket, "VersioningConfiguration": {"Status": "Enabled"}},
            }
            self.cloudformation.create_stack(
                StackName=f"{config.prefix}-{stack}", TemplateBody=json.dumps({"Resources": {"Held": resource}})
            )
            self.cloudformation.get_waiter("stack_create_complete").wait(
                StackName=f"{config.prefix}-{stack}", WaiterConfig={"Delay": 1}
            )
            for text in (b"old", b"new"):
                self.s3.put_object(Bucket=bucket, Key="page", Body=text)
            self.s3.put_object(Bucket=bucket, Key="gone", Body=b"gone")
            self.s3.delete_object(Bucket=bucket, Key="gone")

    def removed(self, answer: str, before: Callable[[], None] = lambda: None) -> bool:
        """Run it with an answer; `before` happens each time that stacks are destroyed."""

        def destroy() -> bool:
            before()
            for stack, bucket in self.buckets.items():
                if not self.config.is_prod and holdings(self.s3, [bucket]):
                    return False  # as AWS does with a bucket that holds something
                self.cloudformation.delete_stack(StackName=f"{self.config.prefix}-{stack}")
                self.cloudformation.get_waiter("stack_delete_complete").wait(
                    StackName=f"{self.config.prefix}-{stack}", WaiterConfig={"Delay": 1}
                )
            return True

        removal = Removal(self.config, self.cloudformation, self.s3, ask=lambda _: answer, tell=self.said.append)
        return removal.run(destroy)

    def exists(self, bucket: str) -> bool:
        try:
            self.s3.head_bucket(Bucket=bucket)
        except ClientError:
            return False
        return True


def test_it_says_what_goes_and_touches_nothing_without_the_stages_name(account: Ministack) -> None:
    stage = _Stage(account, read_stage("dev"))
    assert buckets(stage.cloudformation, stage.config) == list(stage.buckets.values())
    for answer in ("", "yes", "prod"):
        assert not stage.removed(answer)
    assert [held.versions for held in holdings(stage.s3, list(stage.buckets.values()))] == [4, 4]
    assert any(f"deleted for good: {stage.buckets['data']} (4 versions" in line for line in stage.said)
    assert stage.said[-1] == "Nothing was changed."
    # Something comes in while the stacks go, once: it is emptied again.
    late = iter([True])

    def log() -> None:
        if next(late, False):
            stage.s3.put_object(Bucket=stage.buckets["edge"], Key="access.log", Body=b"late")

    assert stage.removed("dev\n", log)
    assert not any(stage.exists(bucket) for bucket in stage.buckets.values())
    assert stage.removed("dev")
    assert stage.said[-1] == "Nothing of dev is in this account."


def test_where_nobody_can_answer_nothing_is_changed(account: Ministack) -> None:
    def run(given: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "infra.removal", "dev", "--", "sh", "-c", "echo destroyed"]
        environment = account.environment() | {"PATH": "/usr/bin:/bin"}
        return subprocess.run(
            command, cwd=ROOT, env=environment, input=given, capture_output=True, text=True, timeout=300
        )

    stage = _Stage(account, read_stage("dev"))
    refused = run("")
    assert (refused.returncode, "destroyed" in refused.stdout) == (1, False)
    assert len(holdings(stage.s3, list(stage.buckets.values()))) == 2
    done = run("dev\n")
    assert (done.returncode, "destroyed" in done.stdout) == (0, True)
    assert not holdings(stage.s3, list(stage.buckets.values()))
    assert stage.removed("dev")


def test_what_prod_holds_is_never_emptied(account: Ministack) -> None:
    stage = _Stage(account, read_stage("prod"))
    assert stage.removed("prod")
    assert [held.versions for held in holdings(stage.s3, list(stage.buckets.values()))] == [4, 4]
    assert any("Buckets and log groups of prod stay" in line for line in stage.said)


def test_a_bucket_that_fills_again_and_again_ends_it_with_a_word(account: Ministack) -> None:
    stage = _Stage(account, read_stage("staging"))
    bucket = stage.buckets["edge"]
    assert not stage.removed("staging", lambda: stage.s3.put_object(Bucket=bucket, Key="log", Body=b""))
    assert stage.said[-1].startswith("Not everything of staging is gone.")
