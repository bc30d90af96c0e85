"""An account with what the function needs: buckets, table and queue, and a role with the very rights that our stack
gives it."""

from __future__ import annotations

import json
import os
import sys
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus

import boto3

from lake import Lake, ObjectFolder
from tests.ministack import REGION, Ministack, Principal

HOST = "https://docs.example.test"
PREFIX = "lake"


@dataclass(frozen=True)
class Context:
    """What Lambda tells a function beside the event. `remaining` milliseconds are left at each look, the last one from
    then on."""

    remaining: tuple[int, ...] = (600_000,)
    looks: list[int] | None = None
    function_name: str = "pages"
    aws_request_id: str = "request-1"
    memory_limit_in_mb: int = 3008
    invoked_function_arn: str = "arn:aws:lambda:us-east-1:000000000000:function:pages"

    def get_remaining_time_in_millis(self) -> int:
        if self.looks is None:
            return self.remaining[0]
        self.looks.append(1)
        return self.remaining[min(len(self.looks), len(self.remaining)) - 1]


@dataclass(frozen=True)
class Place:
    """A source bucket that keeps versions, a lake, a table and a queue, new ones for each place."""

    account: Ministack
    source: str
    lake_bucket: str
    table: str
    queue: str

    @classmethod
    def make(cls, account: Ministack) -> Place:
        name = uuid.uuid4().hex[:12]
        place = cls(account, f"source-{name}", f"lake-{name}", f"done-{name}", f"dead-{name}")
        s3 = account.client("s3")
        for bucket in (place.source, place.lake_bucket):
            s3.create_bucket(Bucket=bucket)
            s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
        account.client("dynamodb").create_table(
            TableName=place.table,
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        account.client("sqs").create_queue(QueueName=place.queue)
        return place

    def role(self, *more: Mapping[str, Any]) -> Principal:
        """The function's role, as the stack makes it; `more` is what AWS's own policy adds."""
        return self.account.role_with(*self._statements(), *more)

    def _statements(self) -> list[dict[str, Any]]:
        resources = function_template()
        arns = {
            "Source": f"arn:aws:s3:::{self.source}",
            "Lake": f"arn:aws:s3:::{self.lake_bucket}",
            "PagesDone": f"arn:aws:dynamodb:{REGION}:000000000000:table/{self.table}",
            "PagesDead": f"arn:aws:sqs:{REGION}:000000000000:{self.queue}",
        }
        found = (
            resource["Properties"]["PolicyDocument"]["Statement"]
            for name, resource in resources.items()
            if resource["Type"] == "AWS::IAM::Policy" and name.startswith("PagesFunctionServiceRole")
        )
        return [_resolved(statement, arns) for statements in found for statement in statements]

    def environment(self, principal: Principal, models: Path, home: Path, endpoint: str = "") -> dict[str, str]:
        """What the function is told in AWS, and where this account is."""
        return {
            **_credentials(principal.session),
            "AWS_ENDPOINT_URL": self.account.endpoint,
            "AWS_REGION": REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
            "LORECHAT_S3_ENDPOINT": endpoint or self.account.endpoint,
            "LORECHAT_S3_REGION": REGION,
            "LORECHAT_LAKE": f"s3://{self.lake_bucket}/{PREFIX}",
            "LORECHAT_VECTOR_STORE": "upstash",
            "LORECHAT_UPSTASH_PREFIX": "stage",
            "LORECHAT_IDEMPOTENCY_TABLE": self.table,
            "LORECHAT_HOME": str(home),
            "LORECHAT_MODELS": str(models),
            "LORECHAT_SOURCES": str(home),
            "POWERTOOLS_SERVICE_NAME": "pages",
            "POWERTOOLS_METRICS_NAMESPACE": "LoreChat/test",
        }

    # -- what people do --------------------------------------------------------------------------------------------

    def add_source(self, name: str, *rules: str) -> None:
        """Put a source's file where `lorechat add` puts it."""
        text = "\n".join([f"name: {name}", "inbox: true", *rules])
        self.put(f"{PREFIX}/sources/{name}.yaml", text.encode(), bucket=self.lake_bucket)

    def put(self, key: str, body: bytes | str, bucket: str = "") -> dict[str, Any]:
        """Put an object; return the record of the event that S3 sends about it."""
        data = body.encode() if isinstance(body, str) else body
        put = self.account.client("s3").put_object(Bucket=bucket or self.source, Key=key, Body=data)
        told = {
            "key": quote_plus(key, safe="/"),
            "size": len(data),
            "eTag": put["ETag"].strip('"'),
            "versionId": put["VersionId"],
            "sequencer": uuid.uuid4().hex[:16].upper(),
        }
        return {
            "eventSource": "aws:s3",
            "eventName": "ObjectCreated:Put",
            "s3": {"bucket": {"name": bucket or self.source}, "object": told},
        }

    # -- what came of it -------------------------------------------------------------------------------------------

    def processed(self) -> dict[str, list[dict[str, Any]]]:
        """The lines of each file below `processed/`."""
        s3 = self.account.client("s3")
        keys = [
            found["Key"] for found in s3.list_objects_v2(Bucket=self.source, Prefix="processed/").get("Contents", [])
        ]
        bodies = {key: s3.get_object(Bucket=self.source, Key=key)["Body"].read() for key in keys}
        return {key: [json.loads(line) for line in body.splitlines()] for key, body in bodies.items()}

    def lake(self) -> Lake:
        """The lake, as the root user reads it."""
        return Lake(f"s3://{self.lake_bucket}/{PREFIX}", self._root())

    def objects(self, principal: Principal, bucket: str) -> ObjectFolder:
        """A bucket, as the role reaches it."""
        given = _credentials(principal.session)
        return ObjectFolder(f"s3://{bucket}", {**self._root(), **given})

    def _root(self) -> dict[str, str]:
        return {**_credentials(self.account.session()), "AWS_ENDPOINT_URL": self.account.endpoint, **_PLAIN}


_PLAIN = {"AWS_REGION": REGION, "AWS_ALLOW_HTTP": "true"}


def _credentials(session: boto3.Session) -> dict[str, str]:
    found = session.get_credentials().get_frozen_credentials()
    given = {"AWS_ACCESS_KEY_ID": found.access_key, "AWS_SECRET_ACCESS_KEY": found.secret_key}
    return {**given, "AWS_SESSION_TOKEN": found.token} if found.token else given


@cache
def function_template() -> dict[str, Any]:
    """The resources of the function, as our stack writes them."""
    # aws-cdk-lib runs in Node; the one that came with it into the environment is a version that it supports.
    os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    from aws_cdk import App, Stack
    from aws_cdk import aws_s3 as s3
    from aws_cdk.assertions import Template

    from infra.config.stage_config import read_stage
    from infra.parts.page_function import PageFunction

    stack = Stack(App(), "Data")
    source, lake = s3.Bucket(stack, "Source"), s3.Bucket(stack, "Lake")
    PageFunction(stack, "Pages", config=read_stage("dev"), source=source, lake=lake)
    resources: dict[str, Any] = Template.from_stack(stack).to_json()["Resources"]
    return resources


def _resolved(value: Any, arns: Mapping[str, str]) -> Any:
    """A piece of a template with the ARNs that its references stand for."""
    if isinstance(value, list):
        return [_resolved(item, arns) for item in value]
    if not isinstance(value, dict):
        return value
    if "Fn::GetAtt" in value:
        name, attribute = value["Fn::GetAtt"]
        assert attribute == "Arn"
        return next(arn for start, arn in arns.items() if name.startswith(start))
    if "Fn::Join" in value:
        between, parts = value["Fn::Join"]
        return between.join(_resolved(part, arns) for part in parts)
    return {name: _resolved(item, arns) for name, item in value.items()}
