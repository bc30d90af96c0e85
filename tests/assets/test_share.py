"""A share whatever its worker says: real processes that talk nonsense, come too early, or die."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import pytest

from assets.error import WorkerFailed
from assets.stages.shard import Shard
from assets.stages.share import Mailbox, Share, work_off
from assets.stages.worker_job import ModelChoice, WorkerJob
from assets.stages.worker_process import WorkerProcess
from assets.stages.workplace import Order
from data_contracts.source import Source


@dataclass
class Saying:
    """A workplace whose workers say these lines and end with these exit statuses, one after the other."""

    scripts: list[tuple[str, int]]
    advice: str = "Look there."
    orders: list[Order] = field(default_factory=list)

    def worker(self, order: Order) -> WorkerProcess:
        said, status = self.scripts[min(len(self.orders), len(self.scripts) - 1)]
        self.orders.append(order)
        return WorkerProcess([sys.executable, "-c", f"print({said!r}); raise SystemExit({status})"], {})


def _read(told: Mapping[str, Any]) -> int:
    return int(told["added"])


def work(*scripts: tuple[str, int]) -> tuple[Share[int], Saying]:
    job = WorkerJob(source=Source(name="docs", inbox=True), lake="lake", model=ModelChoice(name="m", cache=Path()))
    workplace, mailbox = Saying(list(scripts)), Mailbox()
    assert isinstance(mailbox, SimpleQueue)
    share = Share(Order("markdown", Shard(1, 1), job), workplace, mailbox, lambda *_: None, _read)
    work_off([share], mailbox)
    return share, workplace


def test_a_report_that_cannot_be_read_is_asked_for_again() -> None:
    for nonsense in ('report {"added": 1', "report {}", "report []", 'report {"added": "many"}'):
        share, workplace = work((nonsense, 0), ('report {"added": 1}', 0))
        assert share.report == 1
        assert [order.job.careful for order in workplace.orders] == [False, True]


def test_a_worker_that_never_reports_so_that_one_can_read_it_is_told_of() -> None:
    with pytest.raises(WorkerFailed, match=r"a last line that cannot be read \('\{nonsense'\), 3 times. Look there."):
        work(("report {nonsense", 0))


def test_a_worker_that_is_kept_from_its_work_comes_again_and_is_not_counted_as_dead() -> None:
    share, workplace = work((f"failed {json.dumps('too many requests')}", 75), ('report {"added": 2}', 0))
    assert share.report == 2
    assert [(order.start, order.job.careful) for order in workplace.orders] == [(1, False), (2, False)]


def test_success_without_a_report_is_a_death() -> None:
    with pytest.raises(WorkerFailed, match="broke off with status 0, 3 times"):
        work(("nothing of interest", 0))
