"""Which releases a local store holds open: the live one of each source, and a few others that somebody looks at."""

from __future__ import annotations

from collections import OrderedDict
from pathlib import Path
from threading import Lock
from typing import NamedTuple

from retrieval.snapshot import Snapshot

_OTHERS = 4
"""Releases that are not live and stay open: a candidate under evaluation, one that is compared with, a past one."""


class _Opened(NamedTuple):
    """`folder_facts` tell a folder from the one that took its place when a damaged release was built anew."""

    snapshot: Snapshot
    folder_facts: tuple[int, int] | None


class OpenSnapshots:
    """Snapshots by their folder, opened once. Safe under threads.

    Looking at a release that is not live never closes a live one, so an evaluation slows no reader down.
    """

    def __init__(self) -> None:
        self._live: dict[str, _Opened] = {}
        self._others: OrderedDict[Path, _Opened] = OrderedDict()
        self._opening = Lock()

    def live(self, source: str, folder: Path) -> Snapshot:
        """Return the live release of a source, letting go of the one that was live before. Raises IndexDamaged."""
        with self._opening:
            found = self._live.get(source)
            if found is None or not _is_open(found, folder):
                found = self._live[source] = self._taken(folder)
            return found.snapshot

    def built(self, source: str, folder: Path) -> Snapshot:
        """Return any release of a source. Raises IndexDamaged."""
        with self._opening:
            live = self._live.get(source)
            if live is not None and _is_open(live, folder):
                return live.snapshot
            found = self._others[folder] = self._taken(folder)
            while len(self._others) > _OTHERS:
                self._others.popitem(last=False)
            return found.snapshot

    def forget(self, folder: Path) -> None:
        """Let go of a release that was deleted; searches that are under way end on it."""
        with self._opening:
            self._others.pop(folder, None)

    def _taken(self, folder: Path) -> _Opened:
        found = self._others.pop(folder, None)
        if found is not None and _is_open(found, folder):
            return found
        facts = _facts(folder)  # first: a folder that is replaced just now is then opened once more
        return _Opened(Snapshot(folder), facts)


def _is_open(opened: _Opened, folder: Path) -> bool:
    return opened.snapshot.folder == folder and opened.folder_facts == _facts(folder)


def _facts(folder: Path) -> tuple[int, int] | None:
    """Inode and time of the last change of the folder's entries; None when it is gone."""
    try:
        found = folder.stat()
    except FileNotFoundError:
        return None
    return found.st_ino, found.st_mtime_ns
