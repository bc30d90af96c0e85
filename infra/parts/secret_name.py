"""The secret that operators fill before the first deployment, and what it must hold."""

from __future__ import annotations

from infra.config.stage_config import StageConfig

CHAT_SECRET, DAGSTER_SECRET = "oidc_client_secret", "dagster_client_secret"
"""Fields with which the chat and the load balancer of Dagster prove to their providers who they are."""


def secret_name(config: StageConfig) -> str:
    """Return the secret's name."""
    return f"{config.secret_prefix}/keys"


def needed_keys(config: StageConfig) -> tuple[str, ...]:
    """Return the fields that the secret must have."""
    needed = ["upstash_url", "upstash_token"]
    if config.chat.openai:
        needed.append("openai_key")
    if config.chat.login == "oidc":
        needed.append(CHAT_SECRET)
    if config.dagster.entry:
        needed.append(DAGSTER_SECRET)
    return tuple(needed)
