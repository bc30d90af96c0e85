"""`python -m infra.removal dev -- cdk ...` asks, empties the stage's buckets, and runs the command that destroys."""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Sequence

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from infra.config.stage_config import read_stage
from infra.removal.removal import Removal


def main(arguments: Sequence[str]) -> int:
    """Exit status 1 when the stage is still there."""
    parser = argparse.ArgumentParser(prog="python -m infra.removal", description="Take a stage out of an account.")
    parser.add_argument("stage", choices=["dev", "staging", "prod"])
    parser.add_argument(
        "command", nargs="+", help="destroys the stacks without asking; exit status 0 when they are gone"
    )
    given = parser.parse_args(arguments)
    config = read_stage(given.stage)
    session = boto3.session.Session(region_name=config.region)

    def say(line: str) -> None:
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()

    def ask(question: str) -> str:
        sys.stdout.write(question)
        sys.stdout.flush()
        return sys.stdin.readline()  # nothing, where nobody can answer

    def destroy() -> bool:
        return subprocess.run(given.command).returncode == 0  # noqa: S603  what the Makefile says

    try:
        removal = Removal(config, session.client("cloudformation"), session.client("s3"), ask=ask, tell=say)
        return 0 if removal.run(destroy) else 1
    except (BotoCoreError, ClientError, RuntimeError) as error:
        sys.stderr.write(f"{error}\n")
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
