"""What Dagster's storage and the logs of a laptop run tell of pages: previews in materializations, lines in logs.

Dagster has no way to change an event, so its SQLite files are searched as files: in every text of every table, the
strings inside its JSON that give a page away are replaced, and the file is rewritten, since SQLite leaves what it
deletes in place. Run by run everything else stays: when, how long, how many rows.
"""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from assets.erasure.finding import Finding
from assets.erasure.wording import Wording

_ERASED = "(erased)"
_BUSY_SECONDS = 20


class DagsterKeeper:
    """Dagster's storage in a folder: SQLite files and what steps printed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def search(self, wording: Wording) -> Finding:
        """Count the texts that give a page away, and what lies in the files beside them."""
        left = sum(len(list(_telling(file, wording))) for file in _databases(self._folder))
        left += sum(wording.hits(file.read_bytes()) for file in _files(self._folder))
        return Finding("Dagster's storage", "occurrences", left)

    def clean(self, wording: Wording) -> None:
        """Replace what gives a page away."""
        for file in _databases(self._folder):
            found = list(_telling(file, wording))
            if found or wording.hits(file.read_bytes()):
                _replace(file, found, wording)
        _blank_lines(_texts(self._folder), wording)


class LogKeeper:
    """Log files in a folder, which programs may be writing to."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def search(self, wording: Wording) -> Finding:
        """Count what gives a page away."""
        return Finding("logs", "occurrences", sum(wording.hits(file.read_bytes()) for file in _files(self._folder)))

    def clean(self, wording: Wording) -> None:
        """Blank the lines that give a page away."""
        _blank_lines(_files(self._folder), wording)


class PastKeeper:
    """Releases of the past that were made again to be asked: copies that are made anew when they are wanted."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def search(self, wording: Wording) -> Finding:
        """Count what gives a page away."""
        hits = sum(wording.hits(file.read_bytes()) for file in _files(self._folder))
        return Finding("releases of the past made again", "occurrences", hits)

    def clean(self, wording: Wording) -> None:
        """Delete the copies of a source in which a page is told of."""
        for source in self._folder.iterdir() if self._folder.is_dir() else ():
            if any(wording.hits(file.read_bytes()) for file in _files(source)):
                shutil.rmtree(source, ignore_errors=True)


_Cell = tuple[str, str, int, str]  # table, column, rowid, text


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.rglob("*")) if path.is_file()) if folder.is_dir() else iter(())


def _is_database(path: Path) -> bool:
    return path.suffix == ".db"


def _databases(folder: Path) -> list[Path]:
    return [path for path in _files(folder) if _is_database(path)]


def _texts(folder: Path) -> Iterator[Path]:
    return (path for path in _files(folder) if not re.search(r"\.db(-wal|-shm|-journal)?$", path.name))


def _telling(file: Path, wording: Wording) -> Iterator[_Cell]:
    with closing(_opened(file)) as database:
        for table, column in _text_columns(database):
            rows = database.execute(f'SELECT rowid, "{column}" FROM "{table}" WHERE "{column}" IS NOT NULL')  # noqa: S608 - names from the database itself
            for rowid, text in rows:
                if isinstance(text, str) and text != _cleaned(text, wording):
                    yield table, column, rowid, text


def _replace(file: Path, found: list[_Cell], wording: Wording) -> None:
    with closing(_opened(file)) as database:
        for table, column, rowid, text in found:
            change = f'UPDATE "{table}" SET "{column}" = ? WHERE rowid = ?'  # noqa: S608 - names from the database itself
            database.execute(change, (_cleaned(text, wording), rowid))
        database.commit()
        try:
            database.execute("VACUUM")
            database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        except sqlite3.OperationalError:
            return  # in use: its freed pages are searched, found and tried again


def _opened(file: Path) -> sqlite3.Connection:
    return sqlite3.connect(file, timeout=_BUSY_SECONDS)


def _text_columns(database: sqlite3.Connection) -> list[tuple[str, str]]:
    tables = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    return [
        (table, name)
        for table in tables
        for _, name, kind, *_ in database.execute(f'PRAGMA table_info("{table}")')
        if re.search(r"TEXT|CHAR|CLOB", kind, re.IGNORECASE)
    ]


def _cleaned(text: str, wording: Wording) -> str:
    """A text, or JSON as a text, with the strings that give a page away replaced."""
    if text[:1] not in "{[":
        return _ERASED if wording.tells(text) else text
    try:
        value = json.loads(text)
    except ValueError:
        return _ERASED if wording.tells(text) else text
    clean = _cleaned_value(value, wording)
    return text if clean == value else json.dumps(clean)


def _cleaned_value(value: Any, wording: Wording) -> Any:
    if isinstance(value, str):
        return _cleaned(value, wording)
    if isinstance(value, list):
        return [_cleaned_value(one, wording) for one in value]
    if isinstance(value, dict):
        return {name: _cleaned_value(one, wording) for name, one in value.items()}
    return value


def _blank_lines(files: Iterator[Path], wording: Wording) -> None:
    """Overwrite telling lines in place, as long as they were: whoever appends to the file goes on."""
    for file in files:
        if not wording.hits(file.read_bytes()):
            continue
        with file.open("r+b") as log:
            start = 0
            for line in log.read().splitlines(keepends=True):
                if wording.hits(line):
                    text = line.rstrip(b"\r\n")
                    log.seek(start)
                    log.write(_ERASED.encode()[: len(text)].ljust(len(text)))
                start += len(line)
