"""What a deployed role may do, tried by a function that acts under it: the roles' own trust admits nobody else."""

from __future__ import annotations

import io
import json
import sys
import uuid
import zipfile
from collections.abc import Sequence
from typing import Any

from tests.ministack import Ministack

Call = tuple[str, str, dict[str, Any]]
"""Service, method of its boto3 client, arguments."""

_CODE = """
import boto3, botocore

def handle(event, context):
    return [attempt(*call) for call in event]

def attempt(service, method, arguments):
    try:
        getattr(boto3.client(service), method)(**arguments)
    except botocore.exceptions.ClientError as error:
        return error.response["Error"]["Code"]
    return "fine"
"""


def call_as(account: Ministack, role: str, calls: Sequence[Call]) -> list[str]:
    """Return for each call the code of its error, or `fine`."""
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr("probe.py", _CODE)
        archive.writestr("bootstrap", f'#!/bin/sh\nexec {sys.executable} -m awslambdaric "$_HANDLER"\n')
    name, functions = f"probe-{uuid.uuid4().hex[:12]}", account.client("lambda")
    functions.create_function(
        FunctionName=name,
        Runtime="provided.al2023",
        Handler="probe.handle",
        Role=role,
        Timeout=120,
        Code={"ZipFile": package.getvalue()},
    )
    functions.get_waiter("function_active_v2").wait(FunctionName=name)
    answer = json.loads(functions.invoke(FunctionName=name, Payload=json.dumps(calls))["Payload"].read())
    functions.delete_function(FunctionName=name)
    assert isinstance(answer, list), answer
    return answer
