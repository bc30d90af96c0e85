"""The common ground of all configuration: unknown names are errors, and nothing changes once it is read."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Strict(BaseModel):
    """A frozen model that admits only its own fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")
