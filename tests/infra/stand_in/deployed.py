"""The stage dev in an account of the tests, as fixtures."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from infra.config.stage_config import read_stage
from infra.smoke.place import Place, find_place
from infra.smoke.visit import Visit
from tests.infra.stand_in.assembly import write_stand_in
from tests.infra.stand_in.cdk import Cdk
from tests.infra.written_stage import Stage, written
from tests.ministack import REGION, Ministack, ministack_server

KEYS = {"upstash_url": "https://index.example.com", "upstash_token": "token"}


@dataclass(frozen=True)
class Deployed:
    """The stage in its account. `outputs` are those of its stacks, by name."""

    account: Ministack
    cdk: Cdk
    outputs: dict[str, dict[str, str]]

    def resources(self, stack: str, kind: str) -> list[str]:
        """Return the physical ids of a stack's resources of a kind."""
        cloudformation = self.account.client("cloudformation")
        pages = cloudformation.get_paginator("list_stack_resources").paginate(StackName=f"lorechat-dev-{stack}")
        found = [resource for page in pages for resource in page["StackResourceSummaries"]]
        return [resource["PhysicalResourceId"] for resource in found if resource["ResourceType"] == kind]

    @property
    def place(self) -> Place:
        """Where the smoke test looks."""
        return find_place(self.account.client("cloudformation"), read_stage("dev"))

    @property
    def function(self) -> str:
        """Name of the function that takes dropped pages."""
        (name,) = (name for name in self.resources("data", "AWS::Lambda::Function") if "PagesFunction" in name)
        return name

    def delta_options(self) -> dict[str, str]:
        """Return delta-rs' options for the account's buckets."""
        credentials = self.account.session().get_credentials()
        return {
            "AWS_ENDPOINT_URL": self.account.endpoint,
            "AWS_REGION": REGION,
            "AWS_ACCESS_KEY_ID": credentials.access_key,
            "AWS_SECRET_ACCESS_KEY": credentials.secret_key,
        }


@pytest.fixture(scope="module")
def dev(tmp_path_factory: pytest.TempPathFactory) -> Stage:
    """The stage's templates."""
    return written("dev", tmp_path_factory.mktemp("dev"))


@pytest.fixture(scope="module")
def deployed(dev: Stage, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    """The stage, deployed once for a file of tests."""
    folder = tmp_path_factory.mktemp("stand-in") / "dev"
    write_stand_in(dev.folder, folder)
    with ministack_server(tls=True) as account:
        account.client("secretsmanager").create_secret(Name="lorechat/dev/keys", SecretString=json.dumps(KEYS))
        cdk = Cdk(account, folder)
        cdk.bootstrap()
        yield Deployed(account, cdk, cdk.deploy())


@pytest.fixture
def visit(deployed: Deployed, monkeypatch: pytest.MonkeyPatch) -> Visit:
    """A source of its own in the stage's buckets."""
    assert deployed.account.certificate is not None
    monkeypatch.setenv("SSL_CERT_FILE", str(deployed.account.certificate.authority))  # which delta-rs reads
    return Visit(deployed.account.client("s3"), deployed.place, deployed.delta_options())
