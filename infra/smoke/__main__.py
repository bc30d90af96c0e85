"""`python -m infra.smoke dev` drops a page into a deployed stage, waits for its chunks, asks the chat how it is, and
takes away what it brought; exit status 1 when something does not work."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError
from deltalake.exceptions import DeltaError

from infra.config.stage_config import StageConfig, read_stage
from infra.smoke.chat import trouble
from infra.smoke.place import Place, find_place
from infra.smoke.visit import Visit

_PAUSE = 1.0


def main(arguments: Sequence[str]) -> int:
    """Test the stage in the account of the credentials in use."""
    parser = argparse.ArgumentParser(prog="python -m infra.smoke", description="Test a deployed stage.")
    parser.add_argument("stage", choices=["dev", "staging", "prod"])
    parser.add_argument("--before-crawl", action="store_true", help="the chat need not know anything yet")
    parser.add_argument("--address", help="ask the chat here, not where its stack says")
    parser.add_argument("--seconds", type=float, default=300, help="longest to wait for the function")
    given = parser.parse_args(arguments)
    config = read_stage(given.stage)
    session = boto3.session.Session(region_name=config.region)
    try:
        place = find_place(session.client("cloudformation"), config)
        visit = Visit(session.client("s3"), place, _options(session, config))
        try:
            _look(visit, given.seconds)
        finally:
            visit.clean()
            _say(f"{visit.name}: all of it was taken away again")
    except (BotoCoreError, ClientError, DeltaError, LookupError, OSError, RuntimeError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    if why := trouble(given.address or place.address, knows=not given.before_crawl):
        sys.stderr.write(f"the chat: {why}\n")
        return 1
    _say("the chat: fine")
    return 0


def _look(visit: Visit, seconds: float) -> None:
    """Errors: RuntimeError when the page did not become what it should."""
    visit.drop()
    _say(f"{visit.name}: a page was dropped")
    (document,) = _await(visit.documents, "document", visit.place, seconds)
    if visit.name not in document["markdown"]:
        raise RuntimeError(f"{visit.name}: the document does not hold the page's text")
    _say(f"{visit.name}: it became a document, {document['title']!r}")
    chunks = _await(lambda: visit.rows("chunks", "text"), "chunks", visit.place, seconds)
    vectors = _await(lambda: visit.rows("embeddings", "text_hash"), "embeddings", visit.place, seconds)
    _say(f"{visit.name}: chunks in the lake: {len(chunks)}, embedded: {len(vectors)}")


def _await(ask: Callable[[], list[dict[str, Any]]], what: str, place: Place, seconds: float) -> list[dict[str, Any]]:
    deadline = time.monotonic() + seconds
    while not (found := ask()):
        if time.monotonic() > deadline:
            raise RuntimeError(
                f"after {seconds:.0f} seconds there is no {what}: see the log group {place.log} and, for what was "
                f"given up, the queue {place.failures}"
            )
        time.sleep(_PAUSE)
    return found


def _options(session: boto3.session.Session, config: StageConfig) -> dict[str, str]:
    """Return delta-rs' options: the credentials that boto3 found, whichever way."""
    credentials = session.get_credentials()
    if credentials is None:
        raise LookupError("there are no credentials: set AWS_PROFILE, or log in with: aws sso login")
    found = credentials.get_frozen_credentials()
    options = {
        "AWS_REGION": config.region,
        "AWS_ACCESS_KEY_ID": found.access_key,
        "AWS_SECRET_ACCESS_KEY": found.secret_key,
        "AWS_SESSION_TOKEN": found.token,
    }
    return {name: value for name, value in options.items() if value}


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
