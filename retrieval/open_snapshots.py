"""Which releases a local store holds open: the live one of each source, and a few others that somebody looks at."""

from __future__ import annotations

from collections import OrderedDict
from pathlib import Path
from threading import Lock

from retrieval.snapshot import Snapshot

_OTHERS = 4
"""Releases that are not live and stay open: a candidate under evaluation, one that is compared with, a past one."""


class OpenSnapshots:
    """Snapshots by their folder, opened once. Safe under threads.

    Looking at a release that is not live never closes a live one, so an evaluation slows no reader down.
    """

    def __init__(self) -> None:
        self._live: dict[str, Snapshot] = {}
        self._others: OrderedDict[Path, Snapshot] = OrderedDict()
        self._opening = Lock()

    def live(self, source: str, folder: Path) -> Snapshot:
        """Return the live release of a source, letting go of the one that was live before. Raises IndexDamaged."""
        with self._opening:
            found = self._live.get(source)
            if found is None or found.folder != folder:
                found = self._live[source] = self._taken(folder)
            return found

    def built(self, source: str, folder: Path) -> Snapshot:
        """Return any release of a source. Raises IndexDamaged."""
        with self._opening:
            found = self._live.get(source)
            if found is not None and found.folder == folder:
                return found
            found = self._others[folder] = self._taken(folder)
            while len(self._others) > _OTHERS:
                self._others.popitem(last=False)
            return found

    def forget(self, folder: Path) -> None:
        """Let go of a release that was deleted; searches that are under way end on it."""
        with self._opening:
            self._others.pop(folder, None)

    def _taken(self, folder: Path) -> Snapshot:
        return self._others.pop(folder) if folder in self._others else Snapshot(folder)
