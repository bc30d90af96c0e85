"""Commands of the runbook, as they stand there, by the aws command against a real S3 server and a stand-in of AWS."""

from __future__ import annotations

import json
import os
import re
import subprocess
import time
import uuid
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import boto3
import polars as pl
import pytest
from deltalake import DeltaTable, write_deltalake

from infra.operation.__main__ import _parser
from tests.ministack import ROOT, Ministack, ministack_server

pytestmark = pytest.mark.slow

_TEXT = (ROOT / "docs" / "runbook.md").read_text("utf-8")


def _blocks(heading: str) -> list[str]:
    """The blocks of commands below a heading."""
    section = _TEXT.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    return re.findall(r"^```shell\n(.*?)^```", section, re.MULTILINE | re.DOTALL)


def _run(script: str, variables: Mapping[str, str]) -> str:
    path = f"{ROOT / '.venv' / 'aws' / 'bin'}{os.pathsep}{os.environ['PATH']}"
    environment = {"PATH": path, "HOME": "/nonexistent", "AWS_PAGER": "", **variables}
    # For databases and queues the command has old addresses of its own, which the variable does not move.
    whole = f'aws() {{ command aws --endpoint-url "$AWS_ENDPOINT_URL" "$@"; }}\n{script}'
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", whole], env=environment, capture_output=True, text=True, timeout=600
    )
    assert done.returncode == 0, f"{script}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def _variables(account: Ministack, **more: str) -> dict[str, str]:
    return {**account.environment(), **more}


class _Lake:
    """A table in a bucket with versions."""

    def __init__(self, options: dict[str, str]) -> None:
        self.options, self.bucket = options, f"lake-{uuid.uuid4().hex[:12]}"
        self.place = f"s3://{self.bucket}/lake/chunks"
        self.s3 = boto3.client(
            "s3",
            endpoint_url=options["AWS_ENDPOINT_URL"],
            aws_access_key_id=options["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=options["AWS_SECRET_ACCESS_KEY"],
            region_name="us-east-1",
        )
        self.s3.create_bucket(Bucket=self.bucket)
        self.s3.put_bucket_versioning(Bucket=self.bucket, VersioningConfiguration={"Status": "Enabled"})

    def append(self, text: str) -> None:
        write_deltalake(
            self.place, pl.DataFrame({"text": [text]}).to_arrow(), mode="append", storage_options=self.options
        )

    def texts(self) -> list[str]:
        table = DeltaTable(self.place, storage_options=self.options)
        return sorted(pl.scan_delta(table).collect()["text"].to_list())

    def held(self) -> list[str]:
        found = self.s3.list_objects_v2(Bucket=self.bucket, Prefix="lake/chunks/")
        return [entry["Key"] for entry in found.get("Contents", [])]

    def variables(self, **more: str) -> dict[str, str]:
        named = {name: value for name, value in self.options.items() if name != "AWS_ALLOW_HTTP"}
        return {**named, "AWS_DEFAULT_REGION": "us-east-1", "BUCKET": self.bucket, "PREFIX": "lake/chunks/", **more}


@pytest.fixture(scope="module")
def lake(s3_options: dict[str, str]) -> _Lake:
    return _Lake(s3_options)


def test_a_table_whose_log_and_data_were_deleted_reads_again(lake: _Lake) -> None:
    lake.append("erased by upkeep")
    lake.append("kept")
    whole = lake.texts()
    # What was deleted before the accident has to stay away.
    lake.s3.put_object(Bucket=lake.bucket, Key="lake/chunks/old.parquet", Body=b"old")
    lake.s3.delete_object(Bucket=lake.bucket, Key="lake/chunks/old.parquet")
    second = datetime.now(UTC).second
    while datetime.now(UTC).second == second:  # S3 counts in seconds
        time.sleep(0.05)
    since = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    for key in lake.held():
        lake.s3.delete_object(Bucket=lake.bucket, Key=key)
    assert not lake.held()
    (find_and_restore, _) = _blocks("How do I restore a deleted or overwritten object?")
    said = _run(find_and_restore, lake.variables(SINCE=since))
    assert "lake/chunks/_delta_log/00000000000000000000.json" in said
    assert lake.texts() == whole
    assert "lake/chunks/old.parquet" not in lake.held()


def test_an_overwritten_object_is_what_it_was(lake: _Lake) -> None:
    key = "lake/chunks/_delta_log/00000000000000000001.json"
    before = lake.s3.get_object(Bucket=lake.bucket, Key=key)["Body"].read()
    lake.s3.put_object(Bucket=lake.bucket, Key=key, Body=b"not a log")
    (_, copy_back) = _blocks("How do I restore a deleted or overwritten object?")
    _run(copy_back, lake.variables(KEY=key))
    assert lake.s3.get_object(Bucket=lake.bucket, Key=key)["Body"].read() == before


@pytest.fixture(scope="module")
def account() -> Iterator[Ministack]:
    with ministack_server() as server:
        yield server


def test_a_database_is_restored_as_the_broken_one_was(account: Ministack) -> None:
    rds = account.client("rds")
    ec2 = account.client("ec2")
    subnets = [subnet["SubnetId"] for subnet in ec2.describe_subnets()["Subnets"][:2]]
    group = ec2.describe_security_groups()["SecurityGroups"][0]["GroupId"]
    rds.create_db_subnet_group(DBSubnetGroupName="data", DBSubnetGroupDescription="data", SubnetIds=subnets)
    rds.create_db_instance(
        DBInstanceIdentifier="chat",
        DBInstanceClass="db.t4g.micro",
        Engine="postgres",
        MasterUsername="lorechat",
        MasterUserPassword="password-of-chat",
        AllocatedStorage=20,
        DBSubnetGroupName="data",
        VpcSecurityGroupIds=[group],
    )
    rds.create_db_snapshot(DBInstanceIdentifier="chat", DBSnapshotIdentifier="night")
    restore, _ = _blocks("How do I restore a database?")
    variables = _variables(account, INSTANCE="chat", TIME="2026-11-20T14:30:00Z")
    # The account on loopback restores from snapshots alone: the other way that the text names, with the same options.
    assert "restore-db-instance-from-db-snapshot --db-snapshot-identifier" in _TEXT
    from_snapshot = (
        restore.replace("restore-db-instance-to-point-in-time", "restore-db-instance-from-db-snapshot")
        .replace('--source-db-instance-identifier "$INSTANCE"', "--db-snapshot-identifier night")
        .replace("--target-db-instance-identifier", "--db-instance-identifier")
        .replace('--restore-time "$TIME"', "")
    )
    _run(from_snapshot, variables)
    found = {one["DBInstanceIdentifier"]: one for one in rds.describe_db_instances()["DBInstances"]}
    broken, restored = found["chat"], found["chat-restored"]
    assert restored["DBSubnetGroup"]["DBSubnetGroupName"] == broken["DBSubnetGroup"]["DBSubnetGroupName"]
    assert restored["DBInstanceClass"] == broken["DBInstanceClass"]


def test_what_failed_for_good_can_be_looked_at(account: Ministack) -> None:
    template = {"Resources": {"PagesDead1F5CF960": {"Type": "AWS::SQS::Queue"}}}
    cloudformation = account.client("cloudformation")
    cloudformation.create_stack(StackName="lorechat-staging-data", TemplateBody=json.dumps(template))
    cloudformation.get_waiter("stack_create_complete").wait(
        StackName="lorechat-staging-data", WaiterConfig={"Delay": 1}
    )
    (resource,) = cloudformation.list_stack_resources(StackName="lorechat-staging-data")["StackResourceSummaries"]
    account.client("sqs").send_message(QueueUrl=resource["PhysicalResourceId"], MessageBody="a broken page")
    (look, _) = _blocks("What do I do with events that failed for good?")
    variables = _variables(account, STAGE="staging")
    assert "a broken page" in _run(look, variables)


def test_the_firewalls_log_says_which_rule_refused(account: Ministack) -> None:
    logs, now = account.client("logs"), int(time.time() * 1000)
    group = "aws-waf-logs-lorechat-staging"
    logs.create_log_group(logGroupName=group)
    logs.create_log_stream(logGroupName=group, logStreamName="edge")
    lines = [{"action": "BLOCK", "terminatingRuleId": "flood"}, {"action": "ALLOW", "terminatingRuleId": "Default"}]
    events = [{"timestamp": now, "message": json.dumps(line)} for line in lines]
    logs.put_log_events(logGroupName=group, logStreamName="edge", logEvents=events)
    (look,) = _blocks("What do I do when the firewall refuses people?")
    assert "flood" in _run(look, _variables(account, STAGE="staging"))


def test_every_operation_that_is_named_exists() -> None:
    named = re.findall(r"python -m infra\.operation \$STAGE ([a-z_ -]+)", _TEXT)
    assert len(named) >= 8
    for words in named:
        given: Any = _parser().parse_args(["dev", *words.split()])
        assert given.command == words.split()[0]


def test_every_script_in_the_text_is_sound() -> None:
    scripts = re.findall(r"^```shell\n(.*?)^```", _TEXT, re.MULTILINE | re.DOTALL)
    assert len(scripts) >= 12
    for script in scripts:
        done = subprocess.run(["bash", "-n", "-c", script], capture_output=True, text=True)
        assert done.returncode == 0, f"{script}\n{done.stderr}"
