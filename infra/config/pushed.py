"""Images that were pushed, each by its digest: what a deployment takes in place of the tags in a stage's file."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from infra.config.stage_config import StageConfig
from infra.config.strict import Strict


class Pushed(Strict):
    """Digests by image. Lambda takes no image of several architectures, so the function has one for each."""

    chat: str = Field(pattern=r"^sha256:[0-9a-f]{64}$")
    dagster: str = Field(pattern=r"^sha256:[0-9a-f]{64}$")
    worker: str = Field(pattern=r"^sha256:[0-9a-f]{64}$")
    function: dict[str, str] = Field(description="by architecture: ARM64, X86_64")

    def of(self, image: str, architecture: str) -> str:
        """Return the digest of `chat`, `dagster`, `worker` or `function`. Errors: ValueError when there is none."""
        if image != "function":
            return str(getattr(self, image))
        if architecture not in self.function:
            raise ValueError(f"no function was pushed for {architecture}, only for {', '.join(self.function)}")
        return self.function[architecture]


def with_pushed(config: StageConfig, file: Path) -> StageConfig:
    """Return the stage with the images of a file that `python -m infra.images` or a workflow wrote.

    Errors: FileNotFoundError, pydantic's ValidationError, ValueError for an architecture that was not built.
    """
    pushed = Pushed.model_validate_json(file.read_text("utf-8"))
    images = config.images
    changed = {
        name: getattr(images, name).model_copy(update={"tag": pushed.of(name, config.architecture)})
        for name in ("chat", "dagster", "worker", "function")
    }
    return config.model_copy(update={"images": images.model_copy(update=changed)})
