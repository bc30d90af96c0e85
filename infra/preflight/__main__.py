"""`python -m infra.preflight dev` says what an account lacks; exit status 1 when it lacks something."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from infra.config.pushed import with_pushed
from infra.config.stage_config import StageConfig, read_stage
from infra.preflight import check

_CHECKS = (
    check.check_account,
    check.check_bootstrap,
    check.check_secrets,
    check.check_images,
    check.check_models,
    check.check_quota,
    check.check_zone,
)


def find_problems(clients: check.Clients, config: StageConfig) -> list[str]:
    """Return what is missing, most basic first; without working credentials only that."""
    try:
        return [problem for found in _CHECKS for problem in found(clients, config)]
    except (BotoCoreError, ClientError) as error:
        return [f"AWS cannot be asked: {error}. Set AWS_PROFILE, or log in with: aws sso login"]


def main(arguments: Sequence[str]) -> int:
    """Check the account of the credentials in use."""
    parser = argparse.ArgumentParser(prog="python -m infra.preflight", description="Say what an account lacks.")
    parser.add_argument("stage", choices=["dev", "staging", "prod"])
    parser.add_argument(
        "--images", type=Path, help="digests of pushed images, in place of the tags in the stage's file"
    )
    given = parser.parse_args(arguments)
    config = read_stage(given.stage)
    if given.images:
        config = with_pushed(config, given.images)
    session = boto3.session.Session(region_name=config.region)
    problems = find_problems(session.client, config)
    for problem in problems:
        sys.stderr.write(f"missing: {problem}\n")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
