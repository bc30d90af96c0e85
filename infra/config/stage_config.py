"""A stage: everything that may differ between dev, staging and prod. Read from `infra/stages/STAGE.yaml`."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, Self

import yaml
from pydantic import Field, model_validator

from infra.config.edge_config import Domain, Firewall
from infra.config.image import Images
from infra.config.strict import Strict
from infra.config.workload import Chat, Dagster, Database

FOLDER = Path(__file__).resolve().parent.parent / "stages"
"""Where the stages' files are."""


class Watch(Strict):
    """Who hears of trouble, and what counts as trouble."""

    email: str | None = Field(default=None, pattern=r"^[^@\s]+@[^@\s]+$", description="gets alarms and budget warnings")
    monthly_dollars: int = Field(ge=1, description="budget of the stage")
    log_days: Literal[1, 3, 7, 14, 30, 90, 180, 365] = Field(default=30, description="days that logs are kept")
    canary_minutes: int = Field(default=5, ge=1, description="minutes between two questions of the canary")
    canary_question: str = Field(
        default="", description="asked with the API key in the secret lorechat/STAGE/canary; empty: is the chat ready?"
    )
    slow_seconds: float = Field(
        default=8.0, gt=0, description="p95 of seconds to first text, and of the canary, from which an alarm rings"
    )
    overdue_hours: float = Field(default=24.0, gt=0, description="hours that a source's recrawl may be late")
    queue_minutes: int = Field(default=120, ge=1, description="minutes that a run may wait for its turn")
    quarantine_percent: float = Field(
        default=20.0, gt=0, le=100, description="share of an asset's rows in quarantine from which an alarm rings"
    )


class StageConfig(Strict):
    """Errors: pydantic's ValidationError, which names each wrong field."""

    stage: Literal["dev", "staging", "prod"]
    account: str | None = Field(default=None, pattern=r"^\d{12}$", description="empty: that of the credentials in use")
    region: Literal["us-east-1"] = Field(
        default="us-east-1",
        description="CloudFront takes firewall and certificate from us-east-1 alone, so the whole stage lies there",
    )
    zones: tuple[str, ...] = Field(min_length=2, max_length=3, description="availability zones, as us-east-1a")
    cidr: str = Field(default="10.20.0.0/16", description="addresses of the VPC")
    interface_endpoints: tuple[Literal["ecr.api", "ecr.dkr", "logs", "secretsmanager"], ...] = Field(
        default=(), description="services reached without the internet, at about 7 dollars a month and zone each"
    )
    architecture: Literal["ARM64", "X86_64"] = "ARM64"
    origin_versions: tuple[str, ...] = Field(
        default=(),
        max_length=2,
        description="versions of the header that CloudFront sends (the first) and the load balancer admits (all); "
        "empty: the newest, as it was when the stacks were made",
    )
    domain: Domain | None = Field(default=None, description="without one people use CloudFront's own name; dev only")
    firewall: Firewall = Firewall()
    images: Images
    chat: Chat
    dagster: Dagster
    database: Database = Database()
    watch: Watch

    @model_validator(mode="after")
    def _is_sound(self) -> Self:
        if self.domain is None and self.stage != "dev":
            raise ValueError("a domain is needed: without one TLS ends at CloudFront and its versions cannot be chosen")
        if self.dagster.entry and not (self.domain and self.dagster.entry.name.endswith(f".{self.domain.zone_name}")):
            raise ValueError("dagster.entry.name has to be in the zone of the stage's domain")
        if wrong := [zone for zone in self.zones if not zone.startswith(self.region)]:
            raise ValueError(f"these zones are not in {self.region}: {', '.join(wrong)}")
        return self

    @property
    def is_prod(self) -> bool:
        """Whether people depend on it: data outlives the stack, and nobody opens a shell in a task."""
        return self.stage == "prod"

    @property
    def prefix(self) -> str:
        """What the stage's own names in the account begin with."""
        return f"lorechat-{self.stage}"

    @property
    def secret_prefix(self) -> str:
        """What the names of the stage's secrets begin with."""
        return f"lorechat/{self.stage}"


def read_stage(stage: str, folder: Path = FOLDER) -> StageConfig:
    """Return a stage's configuration. Errors: FileNotFoundError, pydantic's ValidationError."""
    text = (folder / f"{stage}.yaml").read_text("utf-8")
    config = StageConfig.model_validate(yaml.safe_load(text))
    if config.stage != stage:
        raise ValueError(f"{stage}.yaml says that it is of the stage {config.stage}")
    return config
