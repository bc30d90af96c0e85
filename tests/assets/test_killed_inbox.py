"""A reading of the inbox that is killed again and again, against one that is left alone."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from data_contracts.crawl_ledger import CRAWL_LEDGER, CRAWLS
from data_contracts.inbox_file import INBOX_FILES
from data_contracts.page_version import PAGE_VERSIONS
from data_contracts.quarantine import QUARANTINE
from data_contracts.table import Table
from tests.assets.inbox_place import HOST, Inbox, html

TABLES = (PAGE_VERSIONS, CRAWL_LEDGER, CRAWLS, INBOX_FILES, QUARANTINE)
WHEN = ("started_at", "finished_at", "read_at", "quarantined_at")


def rows(inbox: Inbox, table: Table) -> list[dict[str, object]]:
    """What the table says, without when it was written."""
    frame = inbox.lake.scan(table).collect()
    return frame.drop([name for name in WHEN if name in frame.columns]).sort(list(table.key)).to_dicts()


def fill(inbox: Inbox) -> None:
    words = random.Random(7)
    for file in range(3):
        text = ["" if page % 50 else "{bad line" for page in range(1500)]
        drops = [
            bad
            or json.dumps({"url": f"{HOST}/{file}/{page}", "content": html(" ".join(words.choices("abcdefgh", k=900)))})
            for page, bad in enumerate(text)
        ]
        inbox.drop(f"{file}.jsonl", "\n".join(drops))


def start(inbox: Inbox) -> subprocess.Popen[bytes]:
    script = Path(__file__).with_name("inbox_child.py")
    command = [sys.executable, str(script), inbox.lake.url, inbox.source.model_dump_json()]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL)


def kill_once_it_wrote(inbox: Inbox, rows_there: int) -> int:
    """Start a reading, kill it a moment after it has written more than there was, and return what is there then."""
    child = start(inbox)
    deadline = time.monotonic() + 60
    while child.poll() is None and _written(inbox) <= rows_there and time.monotonic() < deadline:
        time.sleep(0.02)
    child.send_signal(signal.SIGKILL)
    child.wait()
    return _written(inbox)


def _written(inbox: Inbox) -> int:
    return sum(1 for folder in Path(inbox.lake.url).glob("*/_delta_log/*.json") if folder.stat().st_size)


@pytest.mark.slow
def test_a_reading_killed_again_and_again_ends_with_the_same_tables(tmp_path: Path) -> None:
    killed, undisturbed = Inbox(str(tmp_path / "killed")), Inbox(str(tmp_path / "undisturbed"))
    fill(killed)
    shutil.copytree(tmp_path / "killed", tmp_path / "undisturbed", copy_function=os.link)
    there = 0
    for _ in range(4):
        there = kill_once_it_wrote(killed, there)
    assert there > 0
    assert killed.lake.scan(INBOX_FILES).collect().height < 3
    for inbox in (killed, undisturbed):
        inbox.read()
    for table in TABLES:
        assert rows(killed, table) == rows(undisturbed, table), table.name
        assert killed.lake.scan(table).select(table.key).collect().is_duplicated().sum() == 0
    assert killed.pages() == undisturbed.pages()
    assert len(killed.pages()) == 3 * 1470
