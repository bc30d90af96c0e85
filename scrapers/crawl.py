"""Crawl a source in a process of its own, and hear from it.

The child is `python -m scrapers.crawl` (`crawl_command()`). It takes its job in one of two ways:

* plain: one line of JSON on stdin, `crawl_job(source, lake)`; it answers on stdout with lines `progress ...`
  (`str(Progress)`, about one a second) and at last one line `report {json}`, or `failed` or `held` and a JSON string.
  When stdin is closed (its parent is gone) it stops; the crawl can then be resumed. `crawl_source` is the parent's
  side of that.
* Dagster Pipes, when Pipes' environment is present: the same job as `extras=crawl_job(source, lake)`; progress lines
  are logged, and the report is the custom message `{"report": {...}}` (or `{"failed": ...}`, `{"held": ...}`):

      client.run(context=context, command=crawl_command(), extras=crawl_job(source, lake), env=crawl_environment(...))

Either way the lake's credentials and the source's auth headers come by environment (`crawl_environment`), never by
argument, so that no process list shows them. Exit status: 0 done, 1 CrawlFailed or RemovalsHeld, else a bug.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict
from typing import IO, Any

from data_contracts.progress import Progress
from data_contracts.source import Source
from lake.error import LakeError
from lake.lake import Lake
from scrapers.error import CrawlFailed, RemovalsHeld, ScraperError
from scrapers.report import CrawlReport
from scrapers.wishes import Wishes

LAKE_OPTIONS = "LORECHAT_CRAWL_LAKE_OPTIONS"
_PIPES_CONTEXT = "DAGSTER_PIPES_CONTEXT"
_FAILURES = ("failed", "held")
_GRACE_SECONDS = 15  # for a stopped child to write its last batch


def crawl_command() -> list[str]:
    """Return the command line of the child process."""
    return [sys.executable, "-m", "scrapers.crawl"]


def crawl_job(source: Source, lake: Lake, wishes: Wishes | None = None) -> dict[str, Any]:
    """Return what the child has to know; nothing of it is secret."""
    return {"source": source.model_dump(mode="json"), "lake": lake.url, "wishes": asdict(wishes or Wishes())}


def crawl_environment(source: Source, lake: Lake, environment: Mapping[str, str]) -> dict[str, str]:
    """Return the child's additional environment: the lake's options and the source's auth variables."""
    secret = {name: environment[name] for name in source.auth_headers.values() if name in environment}
    return {**secret, LAKE_OPTIONS: json.dumps(lake.storage_options)}


def crawl_failure(kind: str, message: str) -> ScraperError:
    """Return what the child's last word means to its parent; `kind` is `failed` or `held`."""
    return RemovalsHeld(message) if kind == "held" else CrawlFailed(message)


def crawl_source(
    source: Source,
    lake: Lake,
    *,
    on_progress: Callable[[Progress], None],
    environment: Mapping[str, str],
    wishes: Wishes | None = None,
) -> CrawlReport:
    """Crawl a source in a child process and return its report; `environment` is where the child's is taken from.

    Raises CrawlFailed, and RemovalsHeld when too much would vanish, with the cause and the next step; what was fetched
    until then is in the lake.
    """
    child = subprocess.Popen(  # noqa: S603 - our own command
        crawl_command(),
        env=_plain_environment(environment) | crawl_environment(source, lake, environment),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )
    assert child.stdin is not None  # noqa: S101 - for mypy, as the next two
    assert child.stdout is not None  # noqa: S101 - the same
    assert child.stderr is not None  # noqa: S101 - the same
    last_words: deque[str] = deque(maxlen=20)
    listener = threading.Thread(target=last_words.extend, args=(child.stderr,), daemon=True)
    listener.start()
    try:
        _send(child.stdin, crawl_job(source, lake, wishes))
        return _listen(child.stdout, source, on_progress)
    except _Silent as error:
        status = child.wait()
        listener.join(timeout=5)
        raise CrawlFailed(_silence(source, status, "".join(last_words))) from error
    finally:
        _end(child)


def _plain_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment without Dagster Pipes', which may be our own and is not meant for this child."""
    return {name: value for name, value in environment.items() if not name.startswith("DAGSTER_PIPES_")}


class _Silent(Exception):
    """The child ended without a last word."""


def _send(stdin: IO[str], job: dict[str, Any]) -> None:
    try:
        stdin.write(json.dumps(job) + "\n")
        stdin.flush()
    except BrokenPipeError as error:
        raise _Silent from error


def _listen(stdout: IO[str], source: Source, on_progress: Callable[[Progress], None]) -> CrawlReport:
    for line in stdout:
        kind, _, rest = line.rstrip("\n").partition(" ")
        if kind == "report":
            return CrawlReport.from_json(rest)
        if kind in _FAILURES:
            raise crawl_failure(kind, json.loads(rest))
        progress = Progress.parse(line.rstrip("\n"))
        if progress is not None:
            on_progress(progress)
    raise _Silent(source.name)


def _silence(source: Source, status: int, last_words: str) -> str:
    cause = f"was killed by signal {signal.Signals(-status).name}" if status < 0 else f"broke off with status {status}"
    said = f" It said at last:\n{last_words.strip()}" if last_words.strip() else ""
    return f"the crawl of {source.name!r} {cause}. Start it again: it goes on where it was.{said}"


def _end(child: subprocess.Popen[str]) -> None:
    """Let the child end by itself, then insist."""
    if child.stdin is not None and not child.stdin.closed:
        with suppress(BrokenPipeError):
            child.stdin.close()
    try:
        child.wait(timeout=_GRACE_SECONDS)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
    for stream in (child.stdout, child.stderr):
        if stream is not None:
            stream.close()


# -- the child's side ----------------------------------------------------------------------------------------------


def _run(job: Mapping[str, Any], on_progress: Callable[[Progress], None]) -> CrawlReport:
    from scrapers.child import run_crawl

    environment = dict(os.environ)  # the process's top: from here on it is passed down
    source = Source.model_validate(job["source"])
    lake = Lake(job["lake"], json.loads(environment.get(LAKE_OPTIONS, "{}")))
    wishes = Wishes(**job["wishes"])
    return run_crawl(source, lake, wishes, environment=environment, on_progress=on_progress)


def _kind(error: ScraperError | LakeError) -> str:
    return "held" if isinstance(error, RemovalsHeld) else "failed"


def _run_plain() -> int:
    job = json.loads(sys.stdin.readline())
    threading.Thread(target=_stop_with_parent, daemon=True).start()
    try:
        report = _run(job, _say)
    except (ScraperError, LakeError) as error:
        _say(f"{_kind(error)} {json.dumps(str(error))}")
        return 1
    _say(f"report {report.to_json()}")
    return 0


def _run_in_pipes() -> int:
    from dagster_pipes import open_dagster_pipes

    threading.Thread(target=_stop_when_orphaned, args=(os.getppid(),), daemon=True).start()
    with open_dagster_pipes() as pipes:
        try:
            report = _run(pipes.extras, lambda progress: pipes.log.info(str(progress)))
        except (ScraperError, LakeError) as error:
            pipes.log.error(str(error))
            pipes.report_custom_message({_kind(error): str(error)})
            return 1
        pipes.report_custom_message({"report": json.loads(report.to_json())})
    return 0


def _say(line: object) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _stop_with_parent() -> None:
    """Stop the crawl when nobody listens any more; a parent that was killed closes the pipe."""
    sys.stdin.read()
    os.kill(os.getpid(), signal.SIGTERM)


def _stop_when_orphaned(parent: int) -> None:
    """Stop the crawl when the process that started it is gone, or two crawls would soon write one ledger."""
    while os.getppid() == parent:
        time.sleep(1)
    os.kill(os.getpid(), signal.SIGTERM)


def main() -> int:
    """Run one crawl as the process's environment and stdin say."""
    return _run_in_pipes() if _PIPES_CONTEXT in os.environ else _run_plain()


if __name__ == "__main__":
    sys.exit(main())
