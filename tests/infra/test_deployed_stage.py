"""The stage dev, really deployed by the cdk command: into an account on loopback, with the departures that
`stand_in/departure.py` lists. What stands there is asked of the account, not read from templates."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.infra.conftest import Stage, written
from tests.infra.stand_in.assembly import adapt, is_left_out, write_stand_in
from tests.infra.stand_in.cdk import Cdk
from tests.infra.stand_in.departure import UNKNOWN, is_computed_alarm, is_image_function, is_labelled_alarm
from tests.ministack import Ministack, ministack_server

pytestmark = pytest.mark.slow

KEYS = {"upstash_url": "https://index.example.com", "upstash_token": "token"}


@pytest.fixture(scope="module")
def dev(tmp_path_factory: pytest.TempPathFactory) -> Stage:
    return written("dev", tmp_path_factory.mktemp("dev"))


@dataclass(frozen=True)
class Deployed:
    """The stage in its account."""

    account: Ministack
    cdk: Cdk
    outputs: dict[str, dict[str, str]]

    def resources(self, stack: str, kind: str) -> list[str]:
        """Return the physical ids of a stack's resources of a kind."""
        cloudformation = self.account.client("cloudformation")
        pages = cloudformation.get_paginator("list_stack_resources").paginate(StackName=f"lorechat-dev-{stack}")
        found = [resource for page in pages for resource in page["StackResourceSummaries"]]
        return [resource["PhysicalResourceId"] for resource in found if resource["ResourceType"] == kind]


@pytest.fixture(scope="module")
def deployed(dev: Stage, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    folder = tmp_path_factory.mktemp("stand-in") / "dev"
    write_stand_in(dev.folder, folder)
    with ministack_server(tls=True) as account:
        account.client("secretsmanager").create_secret(Name="lorechat/dev/keys", SecretString=json.dumps(KEYS))
        cdk = Cdk(account, folder)
        cdk.bootstrap()
        yield Deployed(account, cdk, cdk.deploy())


def test_nothing_is_changed_but_what_is_listed(dev: Stage) -> None:
    for name, template in dev.templates.items():
        adapted = adapt(template)["Resources"]
        for logical_id, resource in template["Resources"].items():
            if is_left_out(resource):
                assert logical_id not in adapted
            elif not is_image_function(resource) and not is_labelled_alarm(resource):
                kept = adapted.pop(logical_id)
                assert kept["Type"] == resource["Type"], name
                assert set(kept.get("Properties", {})) == set(resource.get("Properties", {})), name


def test_every_kind_that_is_left_out_is_unknown_to_the_account_and_used_by_a_stage(
    dev: Stage, deployed: Deployed
) -> None:
    resources = [resource for template in dev.templates.values() for resource in template["Resources"].values()]
    assert {resource["Type"] for resource in resources if resource["Type"] in UNKNOWN} == set(UNKNOWN)
    template = {"Resources": {f"Unknown{place}": {"Type": kind} for place, kind in enumerate(UNKNOWN)}}
    with pytest.raises(ClientError, match="Unrecognized resource types") as refused:
        deployed.account.client("cloudformation").create_stack(StackName="unknown", TemplateBody=json.dumps(template))
    for kind in UNKNOWN:
        assert kind in str(refused.value)


def test_all_stacks_stand(deployed: Deployed) -> None:
    stacks = deployed.account.client("cloudformation").describe_stacks()["Stacks"]
    assert {stack["StackName"]: stack["StackStatus"] for stack in stacks} == dict.fromkeys(
        ["CDKToolkit", *(f"lorechat-dev-{name}" for name in ("edge", "data", "service", "monitoring"))],
        "CREATE_COMPLETE",
    )
