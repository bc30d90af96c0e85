"""The chat's task: its settings, its secrets, its rights."""

from __future__ import annotations

from aws_cdk import Stack
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from infra.config.stage_config import StageConfig
from infra.parts.acknowledgement import acknowledge_keys
from infra.parts.collector import TRACES_PORT, add_collector
from infra.parts.guard import CHAT_PORT, POSTGRES_PORT
from infra.parts.keys import chat_keys, key_variables
from infra.parts.pipeline_access import lake_environment
from infra.parts.postgres import DATABASE, Postgres
from infra.parts.prefix import LAKE_PREFIX
from infra.parts.task import add_container, image_of, task_definition

CONTAINER = "chat"
_WRITTEN = ("chat_turns", "feedback", "golden_decisions", "quarantine")
"""Tables of the lake that the chat appends to, the last one what breaks a rule of the others; it reads all."""

_DRAIN_SECONDS = 100
_ALIVE = f"import urllib.request as u; u.urlopen('http://127.0.0.1:{CHAT_PORT}/health/live', timeout=5)"


def chat_task(
    scope: Construct,
    id: str,
    *,
    config: StageConfig,
    address: str,
    database: Postgres,
    lake: s3.IBucket,
    auth_secret: secretsmanager.ISecret,
) -> ecs.FargateTaskDefinition:
    """Return the task. `address` is the chat's URL for people."""
    task = task_definition(scope, id, config=config, size=config.chat.size)
    add_container(
        task,
        CONTAINER,
        config=config,
        image=image_of(task, "Image", config.images.chat),
        port=CHAT_PORT,
        health=["python", "-c", _ALIVE],
        environment={
            **_environment(config, address, lake),
            **database.environment(),
            "LORECHAT_DATABASE": f"postgresql://{database.host}:{POSTGRES_PORT}/{DATABASE}",
        },
        secrets={
            **database.secrets(),
            **key_variables(task, "Keys", config=config, keys=chat_keys(config)),
            "LORECHAT_AUTH_SECRET": ecs.Secret.from_secrets_manager(auth_secret),
        },
    )
    add_collector(task, config=config)
    _grant(task, config, lake)
    return task


def _environment(config: StageConfig, address: str, lake: s3.IBucket) -> dict[str, str]:
    variables = {
        **lake_environment(config, lake),
        "LORECHAT_CHAT_HOST": "0.0.0.0",  # noqa: S104  the task's own address; its security group admits the balancer
        "LORECHAT_CHAT_PORT": str(CHAT_PORT),
        "LORECHAT_CHAT_URL": address,
        "LORECHAT_TRUSTED_PROXIES": config.cidr,
        "LORECHAT_LOGIN": config.chat.login,
        "LORECHAT_DOORS": "keys",
        "LORECHAT_METRICS": "emf",
        "LORECHAT_METRICS_STAGE": config.stage,
        "LORECHAT_DRAIN_SECONDS": str(_DRAIN_SECONDS),
        "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{TRACES_PORT}",
    }
    if config.chat.bedrock_models:
        variables |= {"LORECHAT_BEDROCK": "true", "LORECHAT_BEDROCK_REGION": config.region}
    return variables | config.chat.settings


def _grant(task: ecs.FargateTaskDefinition, config: StageConfig, lake: s3.IBucket) -> None:
    lake.grant_read(task.task_role, f"{LAKE_PREFIX}/*")
    for table in _WRITTEN:
        lake.grant_put(task.task_role, f"{LAKE_PREFIX}/{table}/*")
    if config.chat.bedrock_models:
        task.add_to_task_role_policy(
            iam.PolicyStatement(
                sid="Models",
                actions=["bedrock:InvokeModel", "bedrock:InvokeModelWithResponseStream"],
                resources=list(config.chat.bedrock_models),
            )
        )
    if guardrail := config.chat.settings.get("LORECHAT_GUARDRAIL_ID"):
        task.add_to_task_role_policy(
            iam.PolicyStatement(
                sid="Guardrail", actions=["bedrock:ApplyGuardrail"], resources=[_guardrail_arn(task, config, guardrail)]
            )
        )
    acknowledge_keys(task, lake, [f"{LAKE_PREFIX}/*", *(f"{LAKE_PREFIX}/{table}/*" for table in _WRITTEN)])


def _guardrail_arn(task: ecs.FargateTaskDefinition, config: StageConfig, named: str) -> str:
    """The setting holds an id, or the whole ARN of a guardrail that another account shares."""
    if named.startswith("arn:"):
        return named
    region = config.chat.settings.get("LORECHAT_BEDROCK_REGION", config.region)
    return Stack.of(task).format_arn(service="bedrock", region=region, resource="guardrail", resource_name=named)
