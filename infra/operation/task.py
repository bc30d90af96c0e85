"""`python -m infra.operation.task prod -- lorechat releases list` runs a command in a stage and shows its output."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from functools import cache

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from infra.config.stage_config import read_stage
from infra.operation.one_task import PLACES, OneTask
from infra.operation.stage_part import OperationError, StageParts


def main(arguments: Sequence[str]) -> int:
    """The exit status is the command's own, or 1 when it could not be run."""
    parser = argparse.ArgumentParser(prog="python -m infra.operation.task", description="Run a command in a stage.")
    parser.add_argument("stage", choices=["dev", "staging", "prod"])
    parser.add_argument("--in", dest="place", choices=list(PLACES), default="dagster", help="whose image and rights")
    parser.add_argument("command", nargs="+", help="after --, as: lorechat releases list")
    given = parser.parse_args(arguments)
    config = read_stage(given.stage)
    session = boto3.session.Session(region_name=config.region)

    def tell(line: str) -> None:
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()

    try:
        return OneTask(StageParts(config, cache(session.client)), tell).run(given.place, given.command)
    except (OperationError, BotoCoreError, ClientError) as error:
        sys.stderr.write(f"{error}\n")
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
