"""The function as AWS runs it: a process of its own under its role, called by S3, tried again, given up in order."""

from __future__ import annotations

import io
import json
import sys
import time
import uuid
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from data_contracts.document import DOCUMENTS
from tests.ministack import ACCOUNT, REGION, ROOT, Ministack, allow
from tests.orchestration.function.conftest import page
from tests.orchestration.function.place import HOST, Place

pytestmark = pytest.mark.slow

_PATIENCE = 240.0  # seconds, on a machine that does much else


@dataclass(frozen=True)
class Deployed:
    """A function with notifications of S3, three attempts and a queue of what failed."""

    place: Place
    name: str

    def drop(self, key: str, body: str | bytes) -> None:
        """Put an object, and leave the rest to S3."""
        self.place.account.client("s3").put_object(Bucket=self.place.source, Key=key, Body=body)

    def given_up(self) -> list[dict[str, Any]]:
        """What waits in the queue for a person."""
        sqs = self.place.account.client("sqs")
        url = sqs.get_queue_url(QueueName=self.place.queue)["QueueUrl"]
        found = sqs.receive_message(QueueUrl=url, VisibilityTimeout=0).get("Messages", [])
        return [json.loads(message["Body"]) for message in found]

    def log(self) -> str:
        """All that it has logged; its group is made by the end of its first attempt."""
        logs = self.place.account.client("logs")
        group = f"/aws/lambda/{self.name}"
        events = logs.get_paginator("filter_log_events").paginate(logGroupName=group)
        try:
            return "\n".join(event["message"] for answer in events for event in answer["events"])
        except logs.exceptions.ResourceNotFoundException:
            return ""


@pytest.fixture(scope="module")
def deployed(
    ministack: Ministack, prepared_models: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Deployed]:
    place = Place.make(ministack)
    place.add_source("notes")
    home = tmp_path_factory.mktemp("function")
    log = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:*"
    role = place.role(allow("logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents", on=log))
    told = place.environment(role, prepared_models, home)
    variables = {name: value for name, value in told.items() if name.startswith(("LORECHAT_", "POWERTOOLS_"))}
    name, functions = f"pages-{uuid.uuid4().hex[:12]}", ministack.client("lambda")
    functions.create_function(
        FunctionName=name,
        Runtime="provided.al2023",
        Handler="orchestration.function.handler.handle",
        Role=role.arn,
        Timeout=300,
        MemorySize=3008,
        Code={"ZipFile": _package()},
        Environment={"Variables": variables},
    )
    functions.get_waiter("function_active_v2").wait(FunctionName=name)
    queue = f"arn:aws:sqs:{REGION}:{ACCOUNT}:{place.queue}"
    functions.put_function_event_invoke_config(
        FunctionName=name, MaximumRetryAttempts=2, DestinationConfig={"OnFailure": {"Destination": queue}}
    )
    arn = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}"
    functions.add_permission(
        FunctionName=name,
        StatementId="s3",
        Action="lambda:InvokeFunction",
        Principal="s3.amazonaws.com",
        SourceArn=f"arn:aws:s3:::{place.source}",
    )
    rules = [{"Name": "prefix", "Value": "incoming/"}]
    ministack.client("s3").put_bucket_notification_configuration(
        Bucket=place.source,
        NotificationConfiguration={
            "LambdaFunctionConfigurations": [
                {
                    "LambdaFunctionArn": arn,
                    "Events": ["s3:ObjectCreated:*"],
                    "Filter": {"Key": {"FilterRules": rules}},
                }
            ]
        },
    )
    yield Deployed(place, name)
    functions.delete_function(FunctionName=name)


def _package() -> bytes:
    """The project's own Python as a custom runtime: what the image has is installed here."""
    start = f'#!/bin/sh\ncd {ROOT} && exec {sys.executable} -m awslambdaric "$_HANDLER"\n'
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr("bootstrap", start)
    return package.getvalue()


def _until(holds: Callable[[], Any], deployed: Deployed) -> Any:
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline:
        if found := holds():
            return found
        time.sleep(0.2)
    return pytest.fail(f"it did not come about in {_PATIENCE:.0f} s:\n{deployed.log()[-3000:]}")


def test_a_drop_comes_through_s3_and_goes_into_the_lake(deployed: Deployed) -> None:
    place = deployed.place
    deployed.drop("incoming/notes/Süd & West/a+b c.html", page("sluices", f"{HOST}/sluices"))
    files = _until(place.processed, deployed)
    ((key, (line,)),) = files.items()
    assert key.startswith("processed/notes/Süd & West/a+b c.html.")
    assert line["url"] == f"{HOST}/sluices"
    stored = place.lake().scan(DOCUMENTS).filter(pl.col("url") == f"{HOST}/sluices")
    assert stored.collect().height == 1
    logged = _until(lambda: '"Documents":[1.0]' in deployed.log() and deployed.log(), deployed)
    assert '"message":"a drop was done"' in logged
    assert "two good ropes" not in logged  # no text of a page


def test_what_fails_three_times_waits_for_a_person_and_can_be_done_again(deployed: Deployed) -> None:
    place = deployed.place
    broken = f"{HOST}/later"
    place.put("lake/sources/later.yaml", "name: later\nnonsense: true\n", bucket=place.lake_bucket)
    deployed.drop("incoming/later/a.html", page("locks", broken))
    (message,) = _until(deployed.given_up, deployed)
    assert message["requestContext"]["condition"] == "RetriesExhausted"
    assert "incoming/later/a.html: SourceError" in message["responsePayload"]["errorMessage"]
    assert deployed.log().count('"message":"a drop was not done"') == 3
    place.add_source("later")
    answer = place.account.client("lambda").invoke(FunctionName=deployed.name, Payload=json.dumps(message))
    (done,) = json.loads(answer["Payload"].read())["done"]
    assert (done["source"], done["counts"]["documents"]) == ("later", 1)
