"""The preflight against an account on loopback; the service of quotas is a double over HTTP."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from infra.config.stage_config import StageConfig, read_stage
from infra.preflight import check
from infra.preflight.__main__ import look
from infra.preflight.place import check_certificate, check_region
from tests.infra.quotas import quotas_server
from tests.ministack import ACCOUNT, ROOT, Ministack, allow, ministack_server

pytestmark = pytest.mark.slow

_KEYS = {"upstash_url": "https://index", "upstash_token": "token"}
_ENOUGH = {"L-3032A538": 100.0, "L-36FBB829": 100.0, "L-F678F1CE": 5.0}


@pytest.fixture(scope="module")
def account() -> Iterator[Ministack]:
    """An account of its own, in which nothing was prepared."""
    with ministack_server() as server:
        yield server


class _Clients:
    """Clients of the account, with another address for quotas; as some principal."""

    def __init__(self, account: Ministack, quotas: str = "", principal: Any = None) -> None:
        self._account, self._quotas, self._principal = account, quotas, principal
        self._made: dict[str, Any] = {}

    def __call__(self, service: str) -> Any:
        if service not in self._made:
            self._made[service] = self._make(service)
        return self._made[service]

    def _make(self, service: str) -> Any:
        if service == "service-quotas":
            return self._account.session().client(service, endpoint_url=self._quotas)
        return self._account.client(service, self._principal)


def _dev(**changes: object) -> StageConfig:
    return StageConfig.model_validate({**read_stage("dev").model_dump(), **changes})


def _with_models(*models: str) -> StageConfig:
    arns = [f"arn:aws:bedrock:us-east-1::foundation-model/{model}" for model in models]
    return _dev(chat={**read_stage("dev").chat.model_dump(), "bedrock_models": arns})


def test_an_empty_account_lacks_everything_and_a_prepared_one_nothing(account: Ministack) -> None:
    with quotas_server(_ENOUGH) as quotas:
        clients = _Clients(account, quotas)
        findings = look(clients, read_stage("dev"))
        text = "\n".join(findings.missing)
        assert "make bootstrap STAGE=dev" in text
        assert "create-secret --name lorechat/dev/keys" in text
        for image in ("chat", "dagster", "worker", "lambda"):
            assert f"The image lorechat/{image}:dev (RepositoryNotFoundException): make images STAGE=dev" in text
        assert not findings.unknown
        assert len(findings.missing) == 6

        account.client("ssm").put_parameter(Name="/cdk-bootstrap/hnb659fds/version", Value="21", Type="String")
        secrets = account.client("secretsmanager")
        secrets.create_secret(Name="lorechat/dev/keys", SecretString=json.dumps({**_KEYS, "upstash_token": ""}))
        for image in ("chat", "dagster", "worker", "lambda"):
            account.client("ecr").create_repository(repositoryName=f"lorechat/{image}")
            account.client("ecr").put_image(
                repositoryName=f"lorechat/{image}", imageManifest=f'{{"of": "{image}"}}', imageTag="dev"
            )
        (problem,) = look(clients, read_stage("dev")).missing
        assert problem.startswith("The secret lorechat/dev/keys lacks upstash_token:")
        secrets.put_secret_value(SecretId="lorechat/dev/keys", SecretString=json.dumps(_KEYS))
        done = look(clients, read_stage("dev"))
        assert (done.missing, done.unknown) == ([], [])


def test_an_old_bootstrap_is_renewed(account: Ministack) -> None:
    ssm = account.client("ssm")
    ssm.put_parameter(Name="/cdk-bootstrap/hnb659fds/version", Value="3", Type="String", Overwrite=True)
    (problem,) = check.check_bootstrap(_Clients(account), read_stage("dev"))
    assert "by version 3 of the CDK, which is too old" in problem


def test_credentials_of_another_account_are_named(account: Ministack) -> None:
    (problem,) = check.check_account(_Clients(account), _dev(account="222222222222"))
    assert ACCOUNT in problem
    assert "222222222222" in problem


def test_credentials_that_do_not_work_are_all_that_is_said(account: Ministack) -> None:
    def clients(service: str) -> Any:
        return boto3.client(
            service,
            endpoint_url=account.endpoint,
            region_name="us-east-1",
            aws_access_key_id="AKIAUNKNOWN",
            aws_secret_access_key="none",
        )

    (problem,) = look(clients, read_stage("dev")).missing
    assert "InvalidClientTokenId" in problem
    assert "AWS_PROFILE" in problem


def test_what_one_may_not_ask_is_unknown_and_stops_nothing(account: Ministack) -> None:
    reader = account.user_with(allow("ssm:GetParameter"))
    with quotas_server(_ENOUGH) as quotas:
        findings = look(_Clients(account, quotas, reader), read_stage("prod"))
    assert [line.partition(":")[0] for line in findings.unknown] == [
        "the secrets",
        "the images",
        "access to models",
        "quotas",
        "the domain's zone and certificate",
    ]
    assert all("may not ask" in line for line in findings.unknown)


def test_a_region_of_ones_own_would_put_secrets_into_the_wrong_place() -> None:
    (problem,) = check_region("eu-central-1", read_stage("dev"))
    assert "export AWS_REGION=us-east-1" in problem
    assert not list(check_region("us-east-1", read_stage("dev")))
    assert not list(check_region(None, read_stage("dev")))


def test_a_model_that_nobody_knows_is_named_and_a_known_one_may_be_asked(account: Ministack) -> None:
    listed = account.client("bedrock").list_foundation_models()["modelSummaries"]
    known = next(model["modelId"] for model in listed)
    problems = list(check.check_models(_Clients(account), _with_models("nobodys.model-v1:0", known)))
    assert problems == [
        "Bedrock does not know the model nobodys.model-v1:0 (ResourceNotFoundException): correct chat.bedrock_models."
    ]


def test_a_quota_below_what_the_stage_takes_under_load_is_named_with_the_request(account: Ministack) -> None:
    with quotas_server({**_ENOUGH, "L-36FBB829": 1.0}) as quotas:
        (problem,) = check.check_quota(_Clients(account, quotas), read_stage("dev"))
    assert problem.startswith("Fargate gives 1 Spot cores, ")
    assert "--quota-code L-36FBB829" in problem


def test_a_quota_that_was_never_raised_is_awss_default_and_vpcs_count_too(account: Ministack) -> None:
    with quotas_server({"L-F678F1CE": 1.0}, defaults=_ENOUGH) as quotas:
        (problem,) = check.check_quota(_Clients(account, quotas), read_stage("dev"))
    assert problem.startswith("The account has 1 VPCs in us-east-1 and may have 1")


def _prod_with(zone: str) -> StageConfig:
    prod = read_stage("prod").model_dump()
    return StageConfig.model_validate({**prod, "domain": {**prod["domain"], "zone_id": zone}})


def test_a_zone_of_another_account_is_named(account: Ministack) -> None:
    (problem,) = check_certificate(_Clients(account), read_stage("prod"))
    assert "Z0000000EXAMPLE" in problem


@pytest.mark.parametrize(
    ("records", "problems"),
    [
        ({}, 0),
        ({"example.com": "letsencrypt.org"}, 1),
        ({"example.com": "amazon.com"}, 0),
        # The nearest name decides.
        ({"example.com": "letsencrypt.org", "chat.example.com": "amazontrust.com"}, 0),
    ],
)
def test_a_zone_that_lets_only_others_issue_certificates_is_named(
    account: Ministack, records: dict[str, str], problems: int
) -> None:
    route53 = account.client("route53")
    zone = route53.create_hosted_zone(Name="example.com", CallerReference=str(records))["HostedZone"]["Id"]
    for name, issuer in records.items():
        record = {
            "Name": name,
            "Type": "CAA",
            "TTL": 60,
            "ResourceRecords": [{"Value": f'0 issue "{issuer}"'}],
        }
        route53.change_resource_record_sets(
            HostedZoneId=zone, ChangeBatch={"Changes": [{"Action": "CREATE", "ResourceRecordSet": record}]}
        )
    found = list(check_certificate(_Clients(account), _prod_with(zone.rpartition("/")[2])))
    assert len(found) == problems


def test_the_command_fails_when_something_is_missing(account: Ministack) -> None:
    with quotas_server(_ENOUGH) as quotas:
        environment = account.environment() | {"AWS_ENDPOINT_URL_SERVICE_QUOTAS": quotas, "PATH": "/usr/bin:/bin"}
        command = [sys.executable, "-m", "infra.preflight", "staging"]
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 1
    assert "missing: The secret lorechat/staging/keys: aws secretsmanager create-secret" in done.stderr
