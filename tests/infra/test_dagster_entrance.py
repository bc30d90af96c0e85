"""A stage of prod with what it is shipped without: Dagster behind a login, and certificates of its databases."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pydantic import ValidationError

from infra.config.dagster_entry import DagsterEntry
from infra.config.stage_config import StageConfig, read_stage
from infra.cost.rest import at_rest
from infra.parts.keys import chat_keys, pipeline_keys
from infra.parts.secret_name import needed_keys
from tests.infra.conftest import Stage

pytestmark = pytest.mark.slow

ENTRY = {
    "name": "dagster.example.com",
    "issuer": "https://login.example.com",
    "authorization_endpoint": "https://login.example.com/authorize",
    "token_endpoint": "https://login.example.com/token",
    "user_info_endpoint": "https://login.example.com/me",
    "client_id": "dagster",
}
BUNDLE = "/opt/certificates/rds.pem"
ELB = "AWS::ElasticLoadBalancingV2"


def _config(stage: str = "prod", **changes: Any) -> StageConfig:
    plain = read_stage(stage).model_dump()
    plain["dagster"] |= {"networks": (), "entry": {**ENTRY, **changes}}
    plain["database"]["ca_bundle"] = BUNDLE
    return StageConfig.model_validate(plain)


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Stage:
    """Writing it fails when a rule of cdk-nag is broken."""
    from infra.app import build_app

    folder = tmp_path_factory.mktemp("opened")
    assembly = build_app(_config(), folder).synth()
    return Stage("prod", folder, {s.stack_name.removeprefix("lorechat-prod-"): s.template for s in assembly.stacks})


def test_nobody_comes_to_dagster_without_having_logged_in(opened: Stage) -> None:
    listener = opened.only("data", f"{ELB}::Listener")
    assert (listener["Port"], listener["Protocol"]) == (443, "HTTPS")
    login, forward = sorted(listener["DefaultActions"], key=lambda action: action["Order"])
    assert (login["Type"], forward["Type"]) == ("authenticate-oidc", "forward")
    asked = login["AuthenticateOidcConfig"]
    assert asked["OnUnauthenticatedRequest"] == "authenticate"
    assert asked["Issuer"] == ENTRY["issuer"]
    assert int(asked["SessionTimeout"]) == 8 * 3600
    assert not opened.resources("data", f"{ELB}::ListenerRule")  # none leads around the login


def test_the_clients_secret_is_in_no_template(opened: Stage) -> None:
    asked = opened.only("data", f"{ELB}::Listener")["DefaultActions"][0]["AuthenticateOidcConfig"]
    assert asked["ClientSecret"] == "{{resolve:secretsmanager:lorechat/prod/keys:SecretString:dagster_client_secret::}}"


def test_its_balancer_has_a_group_of_its_own_that_reaches_dagster_and_the_provider(opened: Stage) -> None:
    groups = opened.resources("edge", "AWS::EC2::SecurityGroup")
    (entrance,) = (group for name, group in groups.items() if "Entrance" in name)
    (admitted,) = entrance["SecurityGroupIngress"]
    assert (admitted["FromPort"], admitted["ToPort"]) == (443, 443)
    (asked,) = entrance["SecurityGroupEgress"]
    assert (asked["FromPort"], asked["CidrIp"]) == (443, "0.0.0.0/0")
    (to_dagster,) = (
        rule
        for name, rule in opened.resources("edge", "AWS::EC2::SecurityGroupEgress").items()
        if "Entrance" in json.dumps(rule["GroupId"])
    )
    assert to_dagster["FromPort"] == 3000
    (from_it,) = (
        rule
        for name, rule in opened.resources("edge", "AWS::EC2::SecurityGroupIngress").items()
        if "Entrance" in json.dumps(rule.get("SourceSecurityGroupId"))
    )
    assert from_it["FromPort"] == 3000
    balancer = opened.only("data", f"{ELB}::LoadBalancer")
    assert len(balancer["SecurityGroups"]) == 1
    assert "Entrance" in json.dumps(balancer["SecurityGroups"])


def test_its_balancer_writes_access_logs_and_cannot_be_deleted_by_mistake(opened: Stage) -> None:
    attributes = {a["Key"]: a["Value"] for a in opened.only("data", f"{ELB}::LoadBalancer")["LoadBalancerAttributes"]}
    assert attributes["access_logs.s3.enabled"] == "true"
    assert attributes["deletion_protection.enabled"] == "true"
    assert attributes["routing.http.drop_invalid_header_fields.enabled"] == "true"


def test_the_webserver_alone_is_behind_it_and_is_waited_for(opened: Stage) -> None:
    services = opened.resources("data", "AWS::ECS::Service").values()
    (behind,) = (service for service in services if service.get("LoadBalancers"))
    (target,) = behind["LoadBalancers"]
    assert (target["ContainerName"], target["ContainerPort"]) == ("webserver", 3000)
    assert behind["HealthCheckGracePeriodSeconds"] == 300
    assert opened.only("data", f"{ELB}::TargetGroup")["HealthCheckPath"] == "/server_info"


def test_databases_are_verified_where_the_images_hold_their_certificates(opened: Stage) -> None:
    tasks = [
        *opened.resources("data", "AWS::ECS::TaskDefinition").values(),
        *opened.resources("service", "AWS::ECS::TaskDefinition").values(),
    ]
    told = [
        {variable["Name"]: variable["Value"] for variable in container["Environment"]}
        for task in tasks
        for container in task["ContainerDefinitions"]
        if "PGHOST" in json.dumps(container)
    ]
    assert len(told) == 5  # the chat, Dagster's services, and what prepares its database
    for variables in told:
        assert (variables["PGSSLMODE"], variables["PGSSLROOTCERT"]) == ("verify-full", BUNDLE)


def test_the_name_is_dagsters_and_has_a_certificate(opened: Stage) -> None:
    assert opened.only("data", "AWS::Route53::RecordSet")["Name"] == "dagster.example.com."
    assert opened.only("data", "AWS::CertificateManager::Certificate")["DomainName"] == "dagster.example.com"


def test_the_operators_secret_needs_one_more_field_which_no_task_sees() -> None:
    config = _config()
    assert "dagster_client_secret" in needed_keys(config)
    assert "dagster_client_secret" not in (*chat_keys(config), *pipeline_keys(config))
    assert "dagster_client_secret" not in needed_keys(read_stage("prod"))


def test_a_name_outside_of_the_stages_zone_is_refused() -> None:
    with pytest.raises(ValidationError, match="in the zone"):
        _config(name="dagster.elsewhere.org")
    with pytest.raises(ValidationError, match="in the zone"):
        _config("dev")


def test_a_provider_is_reached_by_tls_alone() -> None:
    with pytest.raises(ValidationError, match="token_endpoint"):
        DagsterEntry.model_validate({**ENTRY, "token_endpoint": "http://login.example.com/token"})


def test_its_balancer_and_its_addresses_cost_something() -> None:
    opened, closed = at_rest(_config()), at_rest(read_stage("prod"))
    assert opened["Load balancer"] == 2 * closed["Load balancer"]
    assert opened["Public addresses"] > closed["Public addresses"]
