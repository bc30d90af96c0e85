"""The account in AWS's place refuses what AWS refuses, and ends with the tests."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys
import time
import uuid
import zipfile
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from tests.ministack import ROOT, Ministack, Principal, allow, ministack_server

pytestmark = pytest.mark.slow

_TLS_ONLY = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:*",
            "Resource": ["arn:aws:s3:::sealed", "arn:aws:s3:::sealed/*"],
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        }
    ],
}


@pytest.fixture
def bucket(ministack: Ministack) -> str:
    name = f"bucket-{uuid.uuid4().hex[:12]}"
    ministack.client("s3").create_bucket(Bucket=name)
    for key in ("open/a", "closed/a"):
        ministack.client("s3").put_object(Bucket=name, Key=key, Body=key.encode())
    return name


@pytest.mark.parametrize("kind", ["role", "user"])
def test_a_principal_may_only_do_what_its_policy_says(ministack: Ministack, bucket: str, kind: str) -> None:
    make = ministack.role_with if kind == "role" else ministack.user_with
    s3 = ministack.client("s3", make(allow("s3:GetObject", on=f"arn:aws:s3:::{bucket}/open/*")))
    assert s3.get_object(Bucket=bucket, Key="open/a")["Body"].read() == b"open/a"
    for refused in (
        lambda: s3.get_object(Bucket=bucket, Key="closed/a"),
        lambda: s3.put_object(Bucket=bucket, Key="open/a", Body=b""),
        lambda: s3.list_objects_v2(Bucket=bucket),
        s3.list_buckets,
    ):
        with pytest.raises(ClientError, match="AccessDenied"):
            refused()


def test_a_function_acts_under_its_role(ministack: Ministack, bucket: str) -> None:
    role = ministack.role_with(allow("s3:GetObject", on=f"arn:aws:s3:::{bucket}/open/*"))
    said = {key: _read_by_function(ministack, role, bucket, key) for key in ("open/a", "closed/a")}
    assert said == {"open/a": "open/a", "closed/a": "AccessDenied"}


def _read_by_function(ministack: Ministack, role: Principal, bucket: str, key: str) -> str:
    """What the project's own Python, as a custom runtime, gets from the bucket."""
    code = (
        "import boto3, botocore\n"
        "def handle(event, context):\n"
        "    try:\n"
        "        return boto3.client('s3').get_object(**event)['Body'].read().decode()\n"
        "    except botocore.exceptions.ClientError as error:\n"
        "        return error.response['Error']['Code']\n"
    )
    start = f'#!/bin/sh\nexec {sys.executable} -m awslambdaric "$_HANDLER"\n'
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr("reader.py", code)
        archive.writestr("bootstrap", start)
    name, functions = f"reader-{uuid.uuid4().hex[:12]}", ministack.client("lambda")
    functions.create_function(
        FunctionName=name,
        Runtime="provided.al2023",
        Handler="reader.handle",
        Role=role.arn,
        Timeout=60,
        Code={"ZipFile": package.getvalue()},
    )
    functions.get_waiter("function_active_v2").wait(FunctionName=name)
    answer = functions.invoke(FunctionName=name, Payload=json.dumps({"Bucket": bucket, "Key": key}))
    return str(json.loads(answer["Payload"].read()))


def test_a_bucket_that_wants_tls_gets_it() -> None:
    with ministack_server(tls=True) as server:
        s3 = server.client("s3")
        s3.create_bucket(Bucket="sealed")
        s3.put_bucket_policy(Bucket="sealed", Policy=json.dumps(_TLS_ONLY))
        role = server.role_with(allow("s3:PutObject", on="arn:aws:s3:::sealed/*"))
        server.client("s3", role).put_object(Bucket="sealed", Key="a", Body=b"a")


def test_the_account_ends_with_a_test_process_that_is_killed() -> None:
    script = (
        "import sys, types\n"
        # Another package of the environment may be named `tests` as well.
        "sys.modules['tests'] = types.ModuleType('tests')\n"
        f"sys.modules['tests'].__path__ = [{str(ROOT / 'tests')!r}]\n"
        "from tests.ministack import ministack_server\n"
        "with ministack_server() as server:\n"
        "    print(server.folder, flush=True)\n"
        "    sys.stdin.read()\n"
    )
    tests = subprocess.Popen(
        [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT
    )
    with tests:
        assert tests.stdout is not None
        folder = Path(tests.stdout.readline().strip())
        (port,) = (file.stem.removeprefix("ministack-") for file in folder.glob("ministack-*.pid"))
        server = int((folder / f"ministack-{port}.pid").read_text())
        assert _runs(server)
        tests.kill()
    deadline = time.monotonic() + 60
    while _runs(server) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not _runs(server)
    shutil.rmtree(folder)


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
