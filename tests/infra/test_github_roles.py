"""The roles of GitHub's workflows: who may take them, and what they may do."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from infra.github.github_config import GitHubConfig, read_github
from tests.infra.permission_text import permission_text
from tests.ministack import ACCOUNT, ROOT, Ministack, Principal, ministack_server

pytestmark = pytest.mark.slow

_REVIEWED = Path(__file__).with_name("permissions-of-github.txt")
_CLAIM = "token.actions.githubusercontent.com:"


def _template(folder: Path, config: GitHubConfig) -> dict[str, Any]:
    from infra.github.__main__ import build_app

    (stack,) = build_app(config, folder).synth().stacks
    template: dict[str, Any] = stack.template
    return template


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The roles as they are shipped."""
    return _template(tmp_path_factory.mktemp("github"), read_github())


def _claims(template: dict[str, Any]) -> dict[str, dict[str, str]]:
    """What a token must say, by the name of the role."""
    found = {}
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::IAM::Role":
            (statement,) = resource["Properties"]["AssumeRolePolicyDocument"]["Statement"]
            assert statement["Action"] == "sts:AssumeRoleWithWebIdentity"
            assert list(statement["Condition"]) == ["StringEquals"]
            claims = {
                name.removeprefix(_CLAIM): value for name, value in statement["Condition"]["StringEquals"].items()
            }
            found[resource["Properties"]["RoleName"]] = claims
    return found


def test_every_right_was_reviewed(template: dict[str, Any], tmp_path: Path) -> None:
    """Read the difference as you would read code, and then copy the new text."""
    written = tmp_path / _REVIEWED.name
    written.write_text(permission_text({"github": template}) + "\n")
    assert written.read_text() == _REVIEWED.read_text(), f"reviewed? cp {written} {_REVIEWED}"


def test_a_stage_is_deployed_from_its_environment_and_the_deployed_branch_alone(template: dict[str, Any]) -> None:
    claims = _claims(template)
    for stage in ("dev", "staging", "prod"):
        assert claims[f"lorechat-deploy-{stage}"] == {
            "aud": "sts.amazonaws.com",
            "sub": f"repo:example/lorechat:environment:{stage}",
            "environment": stage,
            "ref": "refs/heads/main",
        }
    assert claims["lorechat-images"]["sub"] == "repo:example/lorechat:ref:refs/heads/main"
    assert claims["lorechat-plan"]["sub"] == "repo:example/lorechat:pull_request"


def test_the_number_of_the_repository_keeps_out_whoever_takes_over_its_name(tmp_path: Path) -> None:
    config = read_github().model_copy(update={"repository_id": "123", "provider_exists": True})
    template = _template(tmp_path, config)
    assert all(claims["repository_id"] == "123" for claims in _claims(template).values())
    assert "AWS::IAM::OIDCProvider" not in {resource["Type"] for resource in template["Resources"].values()}


def test_a_deploying_role_only_takes_the_roles_of_the_bootstrap(template: dict[str, Any]) -> None:
    for policy in _policies(template, "Deploy"):
        (statement,) = policy
        assert set(statement["Action"]) == {"sts:AssumeRole", "sts:TagSession"}
        assert all("role/cdk-hnb659fds-" in json.dumps(resource) for resource in statement["Resource"])
        assert "*" not in json.dumps(statement["Resource"])


def _policies(template: dict[str, Any], role: str) -> list[list[dict[str, Any]]]:
    return [
        resource["Properties"]["PolicyDocument"]["Statement"]
        for name, resource in template["Resources"].items()
        if resource["Type"] == "AWS::IAM::Policy" and name.startswith(role)
    ]


@pytest.fixture(scope="module")
def account() -> Iterator[Ministack]:
    """An account in which a stack of dev stands, beside a bucket and a secret."""
    with ministack_server() as server:
        cloudformation = server.client("cloudformation")
        topic = {"Resources": {"Trouble": {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": "before"}}}}
        cloudformation.create_stack(StackName="lorechat-dev-service", TemplateBody=json.dumps(topic))
        server.client("s3").create_bucket(Bucket="lake-of-dev")
        server.client("s3").put_object(Bucket="lake-of-dev", Key="page", Body=b"page")
        server.client("secretsmanager").create_secret(Name="lorechat/dev/keys", SecretString="{}")
        yield server


@pytest.fixture(scope="module")
def planner(account: Ministack, template: dict[str, Any]) -> Principal:
    """A user with the plan role's own statements."""
    (statements,) = _policies(template, "Plan")
    return account.user_with(*_resolved(statements))


def _resolved(value: Any) -> Any:
    """What CloudFormation would make of the references in a statement."""
    text = json.dumps(value)
    for reference, resolved in (("AWS::Partition", "aws"), ("AWS::AccountId", ACCOUNT)):
        text = text.replace(json.dumps({"Ref": reference}), json.dumps(resolved))
    return _joined(json.loads(text))


def _joined(value: Any) -> Any:
    if isinstance(value, dict) and "Fn::Join" in value:
        return value["Fn::Join"][0].join(value["Fn::Join"][1])
    if isinstance(value, dict):
        return {name: _joined(inner) for name, inner in value.items()}
    return [_joined(inner) for inner in value] if isinstance(value, list) else value


def test_a_plan_reads_templates_and_no_data(account: Ministack, planner: Principal) -> None:
    stacks = account.client("cloudformation", planner)
    assert "Trouble" in str(stacks.get_template(StackName="lorechat-dev-service")["TemplateBody"])
    refused = [
        lambda: account.client("s3", planner).get_object(Bucket="lake-of-dev", Key="page"),
        lambda: account.client("s3", planner).list_objects_v2(Bucket="lake-of-dev"),
        lambda: account.client("secretsmanager", planner).get_secret_value(SecretId="lorechat/dev/keys"),
        lambda: account.client("sts", planner).assume_role(
            RoleArn=f"arn:aws:iam::{ACCOUNT}:role/cdk-hnb659fds-lookup-role-{ACCOUNT}-us-east-1", RoleSessionName="plan"
        ),
        lambda: stacks.delete_stack(StackName="lorechat-dev-service"),
    ]
    for ask in refused:
        with pytest.raises(Exception, match="AccessDenied"):
            ask()


def test_the_command_of_the_workflow_compares_with_these_rights(
    account: Ministack, planner: Principal, tmp_path: Path
) -> None:
    from aws_cdk import App, Environment, Stack
    from aws_cdk import aws_sns as sns

    app = App(outdir=str(tmp_path))
    stack = Stack(app, "lorechat-dev-service", env=Environment(account=ACCOUNT, region="us-east-1"))
    sns.CfnTopic(stack, "Trouble", display_name="after")
    app.synth()
    frozen = planner.session.get_credentials().get_frozen_credentials()
    environment = account.environment() | {
        "AWS_ACCESS_KEY_ID": frozen.access_key,
        "AWS_SECRET_ACCESS_KEY": frozen.secret_key,
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
    }
    done = subprocess.run(
        ["sh", str(ROOT / "infra" / "setup" / "plan.sh"), str(tmp_path)],
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
    )
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    assert "before" in said
    assert "after" in said
