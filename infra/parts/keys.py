"""The secret that operators fill before the first deployment: `lorechat/STAGE/keys`, a JSON object.

It is not made by a stack, so that no deployment overwrites it and no `destroy` takes it along.
"""

from __future__ import annotations

from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from infra.config.stage_config import StageConfig
from infra.parts.secret_name import CHAT_SECRET, DAGSTER_SECRET, needed_keys, secret_name

_VARIABLES = {
    "upstash_url": "UPSTASH_VECTOR_REST_URL",
    "upstash_token": "UPSTASH_VECTOR_REST_TOKEN",
    "openai_key": "OPENAI_API_KEY",
    CHAT_SECRET: "LORECHAT_OIDC_CLIENT_SECRET",
}


def pipeline_keys(config: StageConfig) -> tuple[str, ...]:
    """Return the fields that the pipeline needs: it embeds, but nobody logs in to it."""
    return tuple(key for key in needed_keys(config) if key not in (CHAT_SECRET, DAGSTER_SECRET))


def chat_keys(config: StageConfig) -> tuple[str, ...]:
    """Return the fields that the chat needs."""
    return tuple(key for key in needed_keys(config) if key != DAGSTER_SECRET)


def key_variables(scope: Construct, id: str, *, config: StageConfig, keys: tuple[str, ...]) -> dict[str, ecs.Secret]:
    """Return variables of a container, filled from the secret when a task starts."""
    secret = secretsmanager.Secret.from_secret_name_v2(scope, id, secret_name(config))
    return {_VARIABLES[key]: ecs.Secret.from_secrets_manager(secret, key) for key in keys}
