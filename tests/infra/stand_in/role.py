"""What a deployed role may do. A role of functions is tried by a function, since its trust admits nobody else; one of
ECS by a twin that has the same rights and admits the test."""

from __future__ import annotations

import io
import json
import sys
import uuid
import zipfile
from collections.abc import Sequence
from typing import Any

from botocore.exceptions import ClientError

from tests.ministack import Ministack, Principal

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


def reading(bucket: str, key: str) -> Call:
    """Return the call that reads an object."""
    return "s3", "get_object", {"Bucket": bucket, "Key": key}


def writing(bucket: str, key: str) -> Call:
    """Return the call that writes an object."""
    return "s3", "put_object", {"Bucket": bucket, "Key": key, "Body": "probe"}


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


def twin_of(account: Ministack, role: str) -> Principal:
    """Return a new role with the rights of the one with this ARN."""
    iam, name = account.client("iam"), role.rpartition("/")[2]
    assert not iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]
    statements = []
    for policy in iam.list_role_policies(RoleName=name)["PolicyNames"]:
        document = iam.get_role_policy(RoleName=name, PolicyName=policy)["PolicyDocument"]
        statements += document["Statement"]
    return account.role_with(*statements)


def attempts(account: Ministack, principal: Principal, calls: Sequence[Call]) -> list[str]:
    """Return for each call of the principal the code of its error, or `fine`."""
    return [_attempt(account.client(service, principal), method, arguments) for service, method, arguments in calls]


def _attempt(client: Any, method: str, arguments: dict[str, Any]) -> str:
    try:
        getattr(client, method)(**arguments)
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    return "fine"
