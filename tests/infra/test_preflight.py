"""The preflight against botocore's own stubs of AWS, which check each request against AWS's models."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.exceptions import NoCredentialsError
from botocore.stub import Stubber

from infra.config.stage_config import StageConfig, read_stage
from infra.preflight import check
from infra.preflight.__main__ import find_problems

_MODEL = "arn:aws:bedrock:us-east-1::foundation-model/deepseek.v3.2"
_KEYS = {"upstash_url": "https://index", "upstash_token": "token"}
Answers = dict[str, list[tuple[str, dict[str, Any] | str]]]


def _clients(answers: Answers) -> Callable[[str], Any]:
    """Clients that give these answers in turn; a text is the code of an error."""
    made: dict[str, Any] = {}
    for service, replies in answers.items():
        client = boto3.client(service, region_name="us-east-1", aws_access_key_id="none", aws_secret_access_key="none")
        stub = Stubber(client)
        for operation, reply in replies:
            if isinstance(reply, str):
                stub.add_client_error(operation, reply)
            else:
                stub.add_response(operation, reply)
        stub.activate()
        made[service] = client
    return made.__getitem__


def _dev(**changes: object) -> StageConfig:
    return StageConfig.model_validate({**read_stage("dev").model_dump(), **changes})


def _held(fields: dict[str, str]) -> Answers:
    return {"secretsmanager": [("get_secret_value", {"SecretString": json.dumps(fields)})]}


def test_credentials_of_another_account_are_named() -> None:
    clients = _clients({"sts": [("get_caller_identity", {"Account": "111111111111"})]})
    (problem,) = check.check_account(clients, _dev(account="222222222222"))
    assert "111111111111" in problem
    assert "222222222222" in problem


def test_an_account_that_was_not_prepared_is_told_the_command() -> None:
    clients = _clients({"ssm": [("get_parameter", "ParameterNotFound")]})
    assert list(check.check_bootstrap(clients, _dev())) == [
        "The account is not bootstrapped in us-east-1: make bootstrap STAGE=dev"
    ]


def test_a_secret_is_missing_or_lacks_a_field() -> None:
    away = _clients({"secretsmanager": [("get_secret_value", "ResourceNotFoundException")]})
    assert "upstash_url, upstash_token" in next(check.check_secrets(away, _dev()))
    lacking = _clients(_held({**_KEYS, "upstash_token": ""}))
    assert list(check.check_secrets(lacking, _dev())) == ["The secret lorechat/dev/keys lacks upstash_token."]
    assert not list(check.check_secrets(_clients(_held(_KEYS)), _dev()))


def test_every_image_that_was_not_pushed_is_named() -> None:
    there: tuple[str, dict[str, Any] | str] = ("describe_images", {"imageDetails": []})
    clients = _clients({"ecr": [there, there, ("describe_images", "ImageNotFoundException"), there]})
    assert list(check.check_images(clients, _dev())) == [
        "The image lorechat/worker:dev is not in the registry (ImageNotFoundException)."
    ]


@pytest.mark.parametrize(("status", "problems"), [("AUTHORIZED", 0), ("NOT_AUTHORIZED", 1)])
def test_a_model_that_may_not_be_asked_is_named(status: str, problems: int) -> None:
    said = {
        "modelId": "deepseek.v3.2",
        "agreementAvailability": {"status": "AVAILABLE"},
        "authorizationStatus": status,
        "entitlementAvailability": "AVAILABLE",
        "regionAvailability": "AVAILABLE",
    }
    clients = _clients({"bedrock": [("get_foundation_model_availability", said)]})
    chat = {**read_stage("dev").chat.model_dump(), "bedrock_models": [_MODEL]}
    assert len(list(check.check_models(clients, _dev(chat=chat)))) == problems


def test_a_quota_below_what_the_stage_takes_under_load_is_named() -> None:
    given = [("get_service_quota", {"Quota": {"Value": value}}) for value in (6.0, 1.0)]
    (problem,) = check.check_quota(_clients({"service-quotas": list(given)}), _dev())
    assert problem.startswith("Fargate gives 1 Spot cores, ")


def test_a_zone_of_another_account_is_named() -> None:
    clients = _clients({"route53": [("get_hosted_zone", "NoSuchHostedZone")]})
    assert "Z0000000EXAMPLE" in next(check.check_zone(clients, read_stage("prod")))


def test_without_credentials_nothing_else_is_asked() -> None:
    def clients(_service: str) -> Any:
        raise NoCredentialsError

    (problem,) = find_problems(clients, _dev())
    assert "AWS_PROFILE" in problem
