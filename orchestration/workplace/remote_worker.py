"""A worker somewhere else, as a stage sees it: started with a Pipes session, listened to, ended."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, Literal, Protocol

import dagster as dg
from botocore.exceptions import BotoCoreError, ClientError

from assets.stages.workplace import Ending, Order
from data_contracts.progress import Progress
from orchestration.workplace.session import Post, Session, open_session

_SENTENCES: tuple[Literal["failed"], Literal["held"], Literal["later"]] = ("failed", "held", "later")


class Launch(Protocol):
    """One start of a worker at its place."""

    where: str
    """Where one can see it and read its log, for people; empty until it is known."""

    def begin(self, order: Order, bootstrap: Mapping[str, str]) -> Ending | None:
        """Start it; return why not."""

    def ended(self) -> Ending | None:
        """Return None while it runs; then how it ended, as far as its place knows."""

    def stop(self) -> None:
        """End it. Errors: botocore's."""


class RemoteWorker:
    """The worker of an order, looked after by a thread that looks every `seconds`."""

    def __init__(
        self, order: Order, launch: Launch, *, context: dg.OpExecutionContext, post: Post, seconds: float
    ) -> None:
        self._order = order
        self._launch = launch
        self._context = context
        self._post = post
        self._seconds = seconds
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self, heard: Callable[[Progress], None], ended: Callable[[Ending], None]) -> None:
        """Start the worker and the thread."""
        self._thread = threading.Thread(target=self._work, args=(heard, ended), daemon=True, name=str(self._order))
        self._thread.start()

    def stop(self) -> None:
        """End the worker, if it is still there, and wait until nothing of it is left here."""
        self._stopped.set()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join()

    def _work(self, heard: Callable[[Progress], None], ended: Callable[[Ending], None]) -> None:
        try:
            ending = self._listen(heard)
        except (ClientError, BotoCoreError) as error:
            ending = refused(error, str(self._order))
        except Exception as error:  # whatever this is, the one that waits for the worker must hear of it
            ending = Ending("died", sentence=f"could not be listened to ({type(error).__name__}: {error})")
        if not self._stopped.is_set():
            ended(ending)

    def _listen(self, heard: Callable[[Progress], None]) -> Ending:
        job = self._order.job.model_dump(mode="json")
        name = f"{self._order.stage}-{self._order.shard.index}-{self._order.start}"
        with open_session(self._context, self._post.below(name), job) as session:
            refusal = self._launch.begin(self._order, session.bootstrap)
            if refusal is not None:
                return refusal
            self._context.log.info(f"{self._order} works on {self._launch.where}")
            with self._left_nothing():
                ending = self._wait(session, heard)
            for line in session.unreadable:
                self._context.log.warning(f"{self._order} said what cannot be read: {line}. See {self._launch.where}")
            return replace(ending, where=f"See {self._launch.where}")

    def _wait(self, session: Session, heard: Callable[[Progress], None]) -> Ending:
        """Return what the worker said in the end, or how its place says that it ended."""
        said: Ending | None = None
        while True:
            ended = self._launch.ended()  # asked before the last look, so that nothing is said after it
            for message in session.look():
                if (progress := Progress.parse(str(message.get("progress")))) is not None:
                    heard(progress)
                said = _last_word(message) or said
            if ended is not None or self._stopped.is_set():
                return said or ended or Ending("died", sentence="was stopped")
            self._stopped.wait(self._seconds)

    @contextmanager
    def _left_nothing(self) -> Iterator[None]:
        """Stop the worker when it is not waited for any more."""
        ended = False
        try:
            yield
            ended = not self._stopped.is_set()
        finally:
            if not ended:
                self._end()

    def _end(self) -> None:
        try:
            self._launch.stop()
        except (ClientError, BotoCoreError) as error:
            self._context.log.warning(f"{self._order} may still run: {error}. See {self._launch.where}")


def _last_word(message: Mapping[str, Any]) -> Ending | None:
    if isinstance(message.get("report"), Mapping):
        return Ending("report", report=message["report"])
    return next((Ending(kind, sentence=str(message[kind])) for kind in _SENTENCES if kind in message), None)


_PASSES = frozenset(
    {
        "ThrottlingException",
        "TooManyRequestsException",
        "RequestLimitExceeded",
        "ServerException",
        "ServiceException",
        "ServiceUnavailable",
        "EC2ThrottledException",
        "LimitExceededException",
        "InternalError",
        "SlowDown",
    }
)


def passes(error: ClientError | BotoCoreError) -> bool:
    """Return whether AWS may answer otherwise when it is asked again."""
    if not isinstance(error, ClientError):
        return True
    code = error.response.get("Error", {}).get("Code", "")
    return code in _PASSES or error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0) >= 500


def refused(error: ClientError | BotoCoreError, what: str) -> Ending:
    """Return what AWS's refusal to start or show a worker means: it passes by itself, or a person must see to it."""
    said = f"{what} could not be started, or not be followed: {error}."
    if passes(error):
        state = "is busy" if isinstance(error, ClientError) else "does not answer"
        return Ending("later", sentence=f"{said} AWS {state}; try it later.")
    return Ending("failed", sentence=f"{said} Check the settings LORECHAT_WORKER_... and the rights of Dagster's role.")
