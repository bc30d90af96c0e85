"""Which repository may deploy, read from `infra/stages/github.yaml`."""

from __future__ import annotations

from pathlib import Path

import yaml
from pydantic import Field

from infra.config.stage_config import FOLDER
from infra.config.strict import Strict


class GitHubConfig(Strict):
    """Errors: pydantic's ValidationError, which names each wrong field."""

    repository: str = Field(pattern=r"^[A-Za-z0-9-]+/[A-Za-z0-9._-]+$", description="owner and name on GitHub")
    repository_id: str = Field(
        default="", pattern=r"^\d*$", description="number of the repository, which no rename or takeover changes"
    )
    branch: str = Field(default="main", pattern=r"^[A-Za-z0-9._/-]+$", description="the branch that is deployed")
    account: str | None = Field(default=None, pattern=r"^\d{12}$", description="empty: that of the credentials in use")
    provider_exists: bool = Field(
        default=False, description="whether the account trusts GitHub's tokens already; it may do so only once"
    )
    stages: tuple[str, ...] = Field(default=("dev", "staging", "prod"), description="stages that lie in this account")


def read_github(folder: Path = FOLDER) -> GitHubConfig:
    """Return the configuration. Errors: FileNotFoundError, pydantic's ValidationError."""
    return GitHubConfig.model_validate(yaml.safe_load((folder / "github.yaml").read_text("utf-8")))
