"""What the function writes beside what was dropped: documents, and failures, as JSONL below `processed/`.

A file is named after the object, and after the time and the name of its version: so it is never overwritten by another
version's, an attempt that is made again writes the same file again, and files of one object sort by time. What the
last line about a URL says is how it stands.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterable, Mapping
from typing import Any

from data_contracts.identity import content_id
from lake import ObjectFolder
from orchestration.function.drop import Drop

PROCESSED = "processed/"

_MOST_BYTES = 900  # of a key, which may have 1,024, without the prefix and what is put behind
_IN_MEMORY = 8_000_000


class Processed:
    """The files about one drop; `written` are those that there are."""

    def __init__(self, bucket: ObjectFolder, drop: Drop, version: str) -> None:
        self._bucket = bucket
        self._stem = f"{PROCESSED}{_path(drop)}.{version}"
        self.written: list[str] = []

    def documents(self, lines: Iterable[Mapping[str, Any]]) -> int:
        """Write documents; return how many."""
        return self._write(f"{self._stem}.jsonl", lines)

    def failures(self, lines: Iterable[Mapping[str, Any]]) -> int:
        """Write failures; return how many."""
        return self._write(f"{self._stem}.failures.jsonl", lines)

    def _write(self, key: str, lines: Iterable[Mapping[str, Any]]) -> int:
        """Write a file whole, unless it would be empty; much of it waits on disk."""
        count = 0
        with tempfile.SpooledTemporaryFile(_IN_MEMORY) as file:
            for line in lines:
                file.write(json.dumps(line, ensure_ascii=False).encode() + b"\n")
                count += 1
            if count:
                file.seek(0)
                self._bucket.write(key, file)
                self.written.append(key)
        return count


def _path(drop: Drop) -> str:
    """The object's path, made usable and short enough where it is not."""
    data = drop.path.encode()
    if not drop.is_readable:
        return f"unreadable/{content_id(drop.key)[:16]}"
    if len(data) <= _MOST_BYTES:
        return drop.path
    return f"{data[:_MOST_BYTES].decode('utf-8', 'ignore').rstrip('/')}-{content_id(drop.key)[:16]}"
