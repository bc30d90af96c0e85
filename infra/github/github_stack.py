"""The roles of GitHub Actions, each with what its jobs need and nothing else."""

from __future__ import annotations

from aws_cdk import CfnOutput, Duration, Stack
from aws_cdk import aws_iam as iam
from constructs import Construct

from infra.github import trust
from infra.github.github_config import GitHubConfig
from infra.parts.acknowledgement import acknowledge

REGION = "us-east-1"
QUALIFIER = "hnb659fds"
"""In the names of all that `cdk bootstrap` makes, unless it is told another one."""

_CDK_ROLES = ("deploy-role", "file-publishing-role", "lookup-role")
_READ_TEMPLATES = ("cloudformation:DescribeStacks", "cloudformation:GetTemplate", "cloudformation:GetTemplateSummary")
_PUSH = (
    "ecr:BatchCheckLayerAvailability",
    "ecr:BatchGetImage",
    "ecr:CompleteLayerUpload",
    "ecr:CreateRepository",
    "ecr:DescribeImages",
    "ecr:DescribeRepositories",
    "ecr:GetDownloadUrlForLayer",
    "ecr:InitiateLayerUpload",
    "ecr:PutImage",
    "ecr:PutLifecyclePolicy",
    "ecr:TagResource",
    "ecr:UploadLayerPart",
)


class GitHubStack(Stack):
    """Three kinds of roles: one plans pull requests, one pushes images, and one a stage deploys."""

    def __init__(self, scope: Construct, id: str, *, config: GitHubConfig) -> None:
        super().__init__(scope, id, env={"account": config.account, "region": REGION})
        provider = self._provider(config)
        self._plan(trust.pull_requests(provider, config), config)
        self._images(trust.branch(provider, config))
        for stage in config.stages:
            self._deploy(trust.environment(provider, config, stage), stage)

    def _provider(self, config: GitHubConfig) -> str:
        if config.provider_exists:
            return self.format_arn(service="iam", region="", resource="oidc-provider", resource_name=trust.ISSUER)
        provider = iam.OidcProviderNative(
            self, "GitHub", url=f"https://{trust.ISSUER}", client_ids=["sts.amazonaws.com"]
        )
        return provider.open_id_connect_provider_arn

    def _plan(self, by: iam.IPrincipal, config: GitHubConfig) -> None:
        """Whoever opens a pull request writes the code that this role runs: it reads templates, which hold no secret,
        and may take no other role. CDK's lookup role, which may read the whole account, is not for it."""
        role = self._role("plan", by, "Compares a pull request with what is deployed")
        stacks = [self._stacks(f"lorechat-{stage}-*") for stage in config.stages]
        self._allow(role, "Templates", _READ_TEMPLATES, *stacks)
        self._allow(role, "Bootstrap", ("ssm:GetParameter",), self._bootstrap_version())
        role.add_to_policy(
            iam.PolicyStatement(
                sid="NoData",
                effect=iam.Effect.DENY,
                actions=["s3:*", "secretsmanager:*", "sts:AssumeRole", "rds:*", "dynamodb:*", "logs:*", "sqs:*"],
                resources=["*"],
            )
        )
        for stage in config.stages:
            resource = f"arn:<AWS::Partition>:cloudformation:{REGION}:{self._account_text()}:stack/lorechat-{stage}-*/*"
            acknowledge(role, f"AwsSolutions-IAM5[Resource::{resource}]", "Ids of stacks are known once they are made.")
        acknowledge(role, "AwsSolutions-IAM5[Resource::*]", "A refusal that is to hold for everything.")
        for service in ("s3", "secretsmanager", "rds", "dynamodb", "logs", "sqs"):
            acknowledge(role, f"AwsSolutions-IAM5[Action::{service}:*]", "A refusal that is to hold for all actions.")

    def _images(self, by: iam.IPrincipal) -> None:
        role = self._role("images", by, "Pushes images that were built from the deployed branch")
        place = self.format_arn(service="ecr", resource="repository", resource_name="lorechat/*")
        self._allow(role, "Push", _PUSH, place)
        self._allow(role, "Login", ("ecr:GetAuthorizationToken",), "*")
        resource = f"arn:<AWS::Partition>:ecr:{REGION}:{self._account_text()}:repository/lorechat/*"
        acknowledge(role, f"AwsSolutions-IAM5[Resource::{resource}]", "All images of LoreChat begin so.")
        acknowledge(role, "AwsSolutions-IAM5[Resource::*]", "A token for the registry knows no resource.")

    def _deploy(self, by: iam.IPrincipal, stage: str) -> None:
        """What is changed, CloudFormation changes, with the rights that `cdk bootstrap` gave it."""
        role = self._role(f"deploy-{stage}", by, f"Deploys {stage}, after the approval of its environment")
        names = [f"cdk-{QUALIFIER}-{kind}-{self.account}-{REGION}" for kind in _CDK_ROLES]
        roles = [self.format_arn(service="iam", region="", resource="role", resource_name=name) for name in names]
        self._allow(role, "BootstrappedRoles", ("sts:AssumeRole", "sts:TagSession"), *roles)

    def _role(self, name: str, by: iam.IPrincipal, description: str) -> iam.Role:
        role = iam.Role(
            self,
            name.title().replace("-", ""),
            role_name=f"lorechat-{name}",
            assumed_by=by,
            description=description,
            max_session_duration=Duration.hours(1 if name == "plan" else 2),
        )
        CfnOutput(self, f"{role.node.id}Role", value=role.role_arn)
        return role

    def _allow(self, role: iam.Role, sid: str, actions: tuple[str, ...], *resources: str) -> None:
        role.add_to_policy(iam.PolicyStatement(sid=sid, actions=list(actions), resources=list(resources)))

    def _stacks(self, name: str) -> str:
        return self.format_arn(service="cloudformation", resource="stack", resource_name=f"{name}/*")

    def _bootstrap_version(self) -> str:
        return self.format_arn(service="ssm", resource="parameter", resource_name=f"cdk-bootstrap/{QUALIFIER}/version")

    def _account_text(self) -> str:
        account = self.account
        return account if account.isdigit() else "<AWS::AccountId>"
