"""What lies in the inbox: which files are whole, and which of them were not read yet."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

import polars as pl

from data_contracts.inbox_file import INBOX_FILES
from lake import Lake, ObjectFolder

INBOX = "inbox"
PARTIAL = (".part", ".partial", ".tmp", ".crdownload", ".download")
"""Endings of names that a program gives to a file that it is still writing."""


@dataclass(frozen=True, slots=True)
class DroppedFile:
    """A file below `inbox/<source>/`: `place` is its key from the lake's place on, `key` from that folder on."""

    place: str
    key: str
    etag: str
    size: int
    modified_at: datetime


@dataclass(frozen=True, slots=True)
class Waiting:
    """`ready` files were not read in this version, oldest first; `unsettled` ones may still be being written."""

    ready: tuple[DroppedFile, ...]
    unsettled: int


def dropped_files(objects: ObjectFolder, source: str | None = None) -> dict[str, list[DroppedFile]]:
    """List the inbox (one source's, or all) by source. Files that are hidden, or named as unfinished, are no drops."""
    found: defaultdict[str, list[DroppedFile]] = defaultdict(list)
    for facts in objects.files(INBOX if source is None else f"{INBOX}/{source}"):
        _, _, below = facts.key.partition("/")
        name, slash, key = below.partition("/")
        if slash and not _is_partial(below):
            found[name].append(DroppedFile(facts.key, key, facts.etag, facts.size, facts.modified_at))
    return dict(found)


def waiting_files(lake: Lake, source: str, files: Iterable[DroppedFile], *, settled_by: datetime) -> Waiting:
    """Return what of a source's files is to be read: settled (last changed before `settled_by`), and not read yet."""
    fresh = unread(lake, source, files)
    ready = [file for file in fresh if is_settled(file, settled_by)]
    return Waiting(
        tuple(sorted(ready, key=lambda file: (file.modified_at, file.key))), unsettled=len(fresh) - len(ready)
    )


def unread(lake: Lake, source: str, files: Iterable[DroppedFile]) -> list[DroppedFile]:
    """The files that were not read in their present version."""
    by_name = {(file.key, file.etag, file.modified_at): file for file in files}
    if not by_name:
        return []
    columns = ("key", "etag", "modified_at")
    schema = {name: INBOX_FILES.schema.create_empty().schema[name] for name in columns}
    names = pl.DataFrame(list(by_name), schema=schema, orient="row")
    missing = lake.missing(names.lazy(), INBOX_FILES, source=source)
    return [by_name[key, etag, modified_at] for key, etag, modified_at in missing.select(columns).iter_rows()]


def is_settled(file: DroppedFile, settled_by: datetime) -> bool:
    """Whether a file was last changed before `settled_by`, or at a time so far ahead that it tells nothing."""
    return file.modified_at <= settled_by or file.modified_at > settled_by + timedelta(days=1)


def _is_partial(path: str) -> bool:
    hidden = any(part.startswith(".") for part in path.split("/"))
    return hidden or path.lower().endswith(PARTIAL)
