"""`python -m infra.images.join prod --tag T --output F ARM64.json X86_64.json` joins what was built for architectures.

The function stays apart: Lambda takes no image of several architectures.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from infra.config.image import Images
from infra.config.pushed import Pushed
from infra.config.stage_config import read_stage
from infra.images.registry import Registry


def join_images(images: Images, registry: Registry, built: Mapping[str, Pushed], tag: str) -> Pushed:
    """Return the digests of the joined images; `built` is by architecture. Errors: botocore's, ValueError."""
    joined = {
        name: registry.join(
            getattr(images, name).repository,
            {architecture: pushed.of(name, architecture) for architecture, pushed in built.items()},
            tag,
        )
        for name in ("chat", "dagster", "worker")
    }
    function = {architecture: pushed.of("function", architecture) for architecture, pushed in built.items()}
    return Pushed.model_validate({**joined, "function": function})


def main(arguments: Sequence[str]) -> int:
    """Join and write the digests to `--output`."""
    parser = argparse.ArgumentParser(prog="python -m infra.images.join", description="Join images of architectures.")
    parser.add_argument("stage", choices=["dev", "staging", "prod"], help="whose file names the repositories")
    parser.add_argument("built", nargs="+", type=Path, help="files of digests, each named by its architecture")
    parser.add_argument("--tag", required=True)
    parser.add_argument("--output", type=Path, required=True, help="file for the digests")
    given = parser.parse_args(arguments)
    config = read_stage(given.stage)
    built = {file.stem: Pushed.model_validate_json(file.read_text("utf-8")) for file in given.built}
    try:
        registry = Registry(boto3.client("ecr", region_name=config.region))
        joined = join_images(config.images, registry, built, given.tag)
    except (BotoCoreError, ClientError, ValueError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    given.output.parent.mkdir(parents=True, exist_ok=True)
    given.output.write_text(joined.model_dump_json(indent=2) + "\n", "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
