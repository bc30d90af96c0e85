"""`python -m infra.images dev` builds the images of a stage, pushes them, and notes their digests for a deployment."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from infra.config.pushed import Pushed
from infra.config.stage_config import StageConfig, read_stage
from infra.images.engine import PLATFORM, Engine, ImageError, find_engine
from infra.images.registry import Registry

ROOT = Path(__file__).resolve().parent.parent.parent
FILE = ROOT / "infra" / "containers" / "Dockerfile"
TARGETS = {"chat": "chat", "dagster": "dagster", "worker": "worker", "function": "lambda"}
"""Of the container file, by the name in a stage's file."""


def push_images(
    config: StageConfig, engine: Engine, registry: Registry, *, tag: str | None, file: Path, context: Path
) -> Pushed:
    """Build and push every image for the stage's architecture. `tag`: None takes the one in the stage's file.

    Errors: ImageError, botocore's.
    """
    host, user, password = registry.login()
    for name in TARGETS:
        registry.ensure(getattr(config.images, name).repository)
    engine.log_in(host, user, password)
    digests = {}
    for name, target in TARGETS.items():
        image = getattr(config.images, name)
        # A digest in the stage's file says what shall run, not what a new image is called.
        named = tag or (config.stage if image.tag.startswith("sha256:") else image.tag)
        place = f"{host}/{image.repository}:{named}"
        engine.build(target, name=place, architecture=config.architecture, file=file, context=context)
        engine.push(place)
        digests[name] = registry.digest(image.repository, named)
    function = {config.architecture: digests.pop("function")}
    return Pushed.model_validate({**digests, "function": function})


def main(arguments: Sequence[str]) -> int:
    """Build, push, and write the digests to `--output`."""
    parser = argparse.ArgumentParser(prog="python -m infra.images", description="Build and push a stage's images.")
    parser.add_argument("stage", choices=["dev", "staging", "prod"])
    parser.add_argument("--engine", help="docker, finch or podman; else the first that is there")
    parser.add_argument("--architecture", choices=list(PLATFORM), help="else that of the stage's file")
    parser.add_argument("--tag", help="else that of the stage's file")
    parser.add_argument("--output", type=Path, required=True, help="file for the digests")
    given = parser.parse_args(arguments)
    config = read_stage(given.stage)
    if given.architecture:
        config = config.model_copy(update={"architecture": given.architecture})
    try:
        engine = find_engine(given.engine)
        sys.stdout.write(f"{engine.program} builds for {PLATFORM[config.architecture]}\n")
        registry = Registry(boto3.client("ecr", region_name=config.region))
        pushed = push_images(config, engine, registry, tag=given.tag, file=FILE, context=ROOT)
    except (ImageError, BotoCoreError, ClientError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    given.output.parent.mkdir(parents=True, exist_ok=True)
    given.output.write_text(pushed.model_dump_json(indent=2) + "\n", "utf-8")
    sys.stdout.write(f"{given.output}: make deploy STAGE={given.stage} takes these images\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
