"""`python -m infra.preflight dev` says what an account lacks; exit status 1 when it lacks something."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from infra.config.pushed import with_pushed
from infra.config.stage_config import StageConfig, read_stage
from infra.preflight import check
from infra.preflight.asking import Clients, is_denied
from infra.preflight.place import check_certificate, check_region

_CHECKS = {
    "whether the account is bootstrapped": check.check_bootstrap,
    "the secrets": check.check_secrets,
    "the images": check.check_images,
    "access to models": check.check_models,
    "quotas": check.check_quota,
    "the domain's zone and certificate": check_certificate,
}


@dataclass
class Findings:
    """`missing` stops a deployment; `unknown` is what these credentials may not ask."""

    missing: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)


def look(clients: Clients, config: StageConfig, region: str | None = None) -> Findings:
    """Return what was found, most basic first; without working credentials only that."""
    findings = Findings()
    try:
        findings.missing += [*check.check_account(clients, config), *check_region(region, config)]
    except (BotoCoreError, ClientError) as error:
        findings.missing.append(f"Credentials: {error}. Set AWS_PROFILE, or log in with: aws sso login")
        return findings
    for what, problems in _CHECKS.items():
        try:
            findings.missing += problems(clients, config)
        except ClientError as error:
            if is_denied(error):
                findings.unknown.append(f"{what}: these credentials may not ask ({error})")
            else:
                findings.unknown.append(f"{what}: {error}")
        except BotoCoreError as error:
            findings.unknown.append(f"{what}: {error}")
    return findings


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
    findings = look(session.client, config, boto3.session.Session().region_name)
    for kind, lines in (("missing", findings.missing), ("not checked", findings.unknown)):
        for line in lines:
            sys.stderr.write(f"{kind}: {line}\n")
    if not findings.missing:
        sys.stdout.write(f"Nothing that was checked is missing for {config.stage}.\n")
    return 1 if findings.missing else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
