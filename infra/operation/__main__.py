"""`python -m infra.operation prod COMMAND`: new secrets, restarts, and events that failed; see docs/runbook.md."""

from __future__ import annotations

import argparse
import getpass
import sys
from collections.abc import Sequence
from functools import cache

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from infra.config.stage_config import read_stage
from infra.operation.redrive import redrive, waiting
from infra.operation.restart import SERVICES, restart
from infra.operation.secret import DATABASES, Secrets
from infra.operation.stage_part import OperationError, StageParts


def main(arguments: Sequence[str]) -> int:
    """Exit status 1 when it could not be done."""
    given = _parser().parse_args(arguments)
    config = read_stage(given.stage)
    session = boto3.session.Session(region_name=config.region)
    try:
        _do(StageParts(config, cache(session.client)), given)
    except (OperationError, BotoCoreError, ClientError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m infra.operation", description="Operate a stage.")
    parser.add_argument("stage", choices=["dev", "staging", "prod"])
    commands = parser.add_subparsers(dest="command", required=True)
    key = commands.add_parser("key", help="a new value for a field of lorechat/STAGE/keys, asked for or from a pipe")
    key.add_argument("field")
    commands.add_parser("sessions", help="a new secret for people's sessions: all have to log in again")
    password = commands.add_parser("password", help="a new password for a database")
    password.add_argument("database", choices=list(DATABASES))
    commands.add_parser("origin", help="a new version of the header between CloudFront and the load balancer")
    again = commands.add_parser("restart", help="replace tasks, which read their secrets when they start")
    again.add_argument("services", choices=list(SERVICES))
    commands.add_parser("redrive", help="give the function once more what failed for good")
    return parser


def _do(parts: StageParts, given: argparse.Namespace) -> None:
    kept = Secrets(parts)
    if given.command == "key":
        value = getpass.getpass(f"New {given.field}: ") if sys.stdin.isatty() else sys.stdin.readline()
        kept.operators(given.field, value.strip())
        _say("Changed. Tasks read it when they start: restart all.")
    elif given.command == "sessions":
        kept.sessions()
        _say("Changed. Restart the chat; all have to log in again.")
    elif given.command == "password":
        kept.database(given.database)
        _say(f"Changed. Restart {given.database.partition('-')[0]} now: until then it opens no new connection.")
    elif given.command == "origin":
        first, new = kept.origin()
        in_use = parts.config.origin_versions[:1] or (first,)
        _say(f"Made. Write into {parts.config.stage}.yaml, and deploy: origin_versions: [{in_use[0]}, {new}]")
    elif given.command == "restart":
        _say(f"Being replaced: {', '.join(restart(parts, given.services))}")
    else:
        _say(f"{waiting(parts)} events wait; {redrive(parts, _say)} were given to the function once more.")


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
