"""One share of a stage, from its first worker to its report: a worker that died is followed by another."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from queue import SimpleQueue
from typing import Any, Generic, TypeVar

from assets.error import WorkerBusy, WorkerFailed
from assets.stages.workplace import Ending, Order, Worker, Workplace
from data_contracts.progress import Progress

STARTS = 3
"""A worker that died is followed by two more: what it left is tried apart, and a shortage of memory may have passed."""
PAUSES = (1.0, 5.0, 20.0, 60.0)
"""Seconds after which a worker that was told to come later is started again, each time it is told so."""

Mailbox = SimpleQueue[Callable[[], None]]
"""What the workers' threads hand to the thread that waits for them."""


Report = TypeVar("Report")


class Share(Generic[Report]):
    """Does an order at a workplace. `start`, then run what comes into the mailbox until `report` is there.

    `tell` gets each progress of the workers with the number of the worker that it is from; `read` makes a report of
    what a worker reported, or raises KeyError, TypeError or ValueError.
    """

    def __init__(
        self,
        order: Order,
        workplace: Workplace,
        mailbox: Mailbox,
        tell: Callable[[int, Progress], None],
        read: Callable[[Mapping[str, Any]], Report],
    ) -> None:
        self._order = order
        self._workplace = workplace
        self._mailbox = mailbox
        self._tell = tell
        self._read = read
        self._worker: Worker | None = None
        self._timer: threading.Timer | None = None
        self._deaths = self._refusals = 0
        self.report: Report | None = None

    def start(self) -> None:
        """Start a worker whose words come into the mailbox."""
        number = self._deaths + self._refusals + 1
        job = self._order.job.model_copy(update={"careful": self._deaths > 0})
        self._worker = self._workplace.worker(replace(self._order, job=job, start=number))
        self._worker.start(
            lambda progress: self._mailbox.put(lambda: self._tell(number, progress)),
            lambda ending: self._mailbox.put(lambda: self._ended(ending)),
        )

    def stop(self) -> None:
        """End the present worker, if there is one, and start no other."""
        if self._timer is not None:
            self._timer.cancel()
        if self._worker is not None:
            self._worker.stop()

    def _ended(self, ending: Ending) -> None:
        """Take the report or start another worker; raise WorkerFailed, WorkerBusy for what that would not help."""
        if ending.kind == "report":
            ending = self._take(ending)
        if self.report is not None:
            return
        if ending.kind == "later":
            self._come_later(ending)
        elif ending.kind != "died":
            raise WorkerFailed(ending.sentence, ending.kind)
        else:
            self._deaths += 1
            self.stop()
            if self._deaths >= STARTS:
                raise WorkerFailed(self._last_words(ending), ending.kind)
            self.start()

    def _take(self, ending: Ending) -> Ending:
        """Read the report. One that cannot be read is as good as none: its worker's successor finds all done."""
        try:
            self.report = self._read(ending.report or {})
        except (KeyError, TypeError, ValueError) as error:
            what = f"ended with a report that cannot be read ({type(error).__name__}: {error})"
            return replace(ending, kind="died", sentence=what)
        return ending

    def _come_later(self, ending: Ending) -> None:
        self.stop()
        if self._refusals >= len(PAUSES):
            raise WorkerBusy(ending.sentence)
        self._timer = threading.Timer(PAUSES[self._refusals], self._mailbox.put, args=(self.start,))
        self._timer.daemon = True
        self._refusals += 1
        self._timer.start()

    def _last_words(self, ending: Ending) -> str:
        where = f" {ending.where}" if ending.where else ""
        return f"{self._order} {ending.sentence}, {STARTS} times. {self._workplace.advice}{where}"


def work_off(shares: Sequence[Share[Any]], mailbox: Mailbox) -> None:
    """Let all shares be done; whatever happens, no worker is left behind. Raises WorkerFailed, WorkerBusy."""
    try:
        for share in shares:
            share.start()
        while any(share.report is None for share in shares):
            mailbox.get()()
    finally:
        _stop_all(shares)


def _stop_all(shares: Sequence[Share[Any]]) -> None:
    """Stop every share's worker side by side: each may need a while to end, and one that hangs must not hold others."""
    stopping = [threading.Thread(target=share.stop) for share in shares]
    for thread in stopping:
        thread.start()
    for thread in stopping:
        thread.join()
