"""What of the inbox holds no page: kept in quarantine with file, line and reason."""

from __future__ import annotations

from collections.abc import Callable

from data_contracts.quarantine import QUARANTINE
from lake import Lake
from lake.rejection import Rejection, quarantine_rows

STAGE = "inbox"

_BATCH_ROWS = 500
_KEPT_TEXT = 2_000  # characters of a line: the file itself stays where it is
_MOST_OF_A_FILE = 1_000


class RefusalLog:
    """Collects refusals and appends them together. A file of nothing but bad lines fills a thousand rows at most: the
    rest is counted in one row more. `listener` hears of each row."""

    def __init__(self, lake: Lake, source: str, listener: Callable[[Rejection], None] | None = None) -> None:
        self._lake = lake
        self._source = source
        self._listener = listener
        self._waiting: list[Rejection] = []
        self._unsaid = 0
        self.in_file = 0

    def begin_file(self) -> None:
        """Start counting anew."""
        self.in_file = self._unsaid = 0

    def refuse(self, place: str, rule: str, reason: str, *, line: int | None = None, data: bytes = b"") -> None:
        """Keep a line of the file at `place`, or the file as a whole, with the rule it broke and a sentence why."""
        self.in_file += 1
        if self.in_file > _MOST_OF_A_FILE:
            self._unsaid += 1
            return
        where = place if line is None else f"{place}, line {line}"
        text = data[: 4 * _KEPT_TEXT].decode("utf-8", "replace")[:_KEPT_TEXT]
        row = {"file": place, "line": line, "text": text}
        self._keep(Rejection(row, rule, f"{where}: {reason}"))
        if len(self._waiting) >= _BATCH_ROWS:
            self.flush()

    def end_file(self, place: str) -> None:
        """Say how many refusals of the file are not kept one by one."""
        if self._unsaid:
            reason = f"{place}: {self._unsaid:,} lines more cannot be read; mend the file, or write it anew"
            self._keep(Rejection({"file": place, "lines": self._unsaid}, "many_bad_lines", reason))

    def _keep(self, rejection: Rejection) -> None:
        self._waiting.append(rejection)
        if self._listener is not None:
            self._listener(rejection)

    def flush(self) -> None:
        """Append what is waiting."""
        if self._waiting:
            rows = quarantine_rows(self._waiting, source=self._source, stage=STAGE)
            self._lake.append(QUARANTINE, rows, source=self._source)
        self._waiting = []
