"""How large the running parts are."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from infra.config.dagster_entry import DagsterEntry
from infra.config.strict import Strict

Cpu = Literal[256, 512, 1024, 2048, 4096, 8192]
_MEMORY_OF = {
    256: (512, 1024, 2048),
    512: range(1024, 4097, 1024),
    1024: range(2048, 8193, 1024),
    2048: range(4096, 16385, 1024),
    4096: range(8192, 30721, 1024),
    8192: range(16384, 61441, 4096),
}


class TaskSize(Strict):
    """CPU units (1024 make a core) and MiB of a Fargate task."""

    cpu: Cpu
    memory: int

    @model_validator(mode="after")
    def _pair_exists(self) -> Self:
        if self.memory not in _MEMORY_OF[self.cpu]:
            raise ValueError(f"Fargate has no task of {self.cpu} CPU units with {self.memory} MiB")
        return self


class Chat(Strict):
    """The chat's service. It answers from an Upstash index: a task's own disk would be empty after each start."""

    size: TaskSize
    least: int = Field(default=1, ge=1, description="tasks at rest")
    most: int = Field(default=4, ge=1, description="tasks under load")
    on_demand: int = Field(default=1, ge=0, description="tasks that never run on Spot")
    login: Literal["none", "oidc"] = Field(default="none", description="how people log in")
    settings: dict[str, str] = Field(default={}, description="further LORECHAT_... variables, none of them secret")
    bedrock_models: tuple[str, ...] = Field(
        default=(), description="ARNs that the chat may ask: models, and inference profiles with the models behind them"
    )
    openai: bool = Field(default=False, description="whether a secret holds a key of OpenAI")

    @model_validator(mode="after")
    def _is_sound(self) -> Self:
        if self.most < self.least:
            raise ValueError("chat.most is below chat.least")
        if loose := [arn for arn in self.bedrock_models if not arn.startswith("arn:aws:bedrock:") or "*" in arn]:
            raise ValueError(f"chat.bedrock_models wants whole ARNs without wildcards: {', '.join(loose)}")
        if wrong := [name for name in self.settings if not name.startswith("LORECHAT_")]:
            raise ValueError(f"chat.settings holds what is no setting: {', '.join(wrong)}")
        return self


class Dagster(Strict):
    """The pipeline's control plane."""

    size: TaskSize = Field(description="of webserver, daemon and code location alike")
    run_size: TaskSize = Field(description="of a run whose tags do not ask for another size")
    worker_size: TaskSize = Field(description="of a stage worker in ECS")
    spot: bool = Field(default=True, description="whether a run's first try is on Spot; a retry never is")
    most_runs: int = Field(default=5, ge=1, description="runs at a time; others wait in the queue")
    networks: tuple[str, ...] = Field(default=(), description="IPv4 networks, such as a VPN's, that may open Dagster")
    entry: DagsterEntry | None = Field(default=None, description="a way in for people without a VPN, who log in")


class Database(Strict):
    """PostgreSQL of the chat, and another one of Dagster."""

    instance: str = Field(default="t4g.micro", pattern=r"^[a-z0-9]+\.[a-z0-9]+$", description="RDS instance class")
    gigabytes: int = Field(default=20, ge=20)
    multi_az: bool = False
    backup_days: int = Field(default=7, ge=1, le=35)
    ca_bundle: str | None = Field(
        default=None,
        pattern=r"^/[\w./-]+$",
        description="path of RDS's certificates in the images; without them connections are encrypted, not verified",
    )
