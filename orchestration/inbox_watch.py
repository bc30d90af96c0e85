"""Whether something new lies in the inbox, told cheaply: one listing a look, and the lake is read for a change only.

The cursor holds, for each source, a digest of what lay there when it was last seen to: time, key and etag of every
settled file. So a rewritten file, a deleted one, an old one moved in and a lost cursor are all noticed. What a run was
asked for and did not read (it failed, or was killed) is found again by a sweep that compares every source's files with
the table of files that were read.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from data_contracts.identity import text_hash

if TYPE_CHECKING:
    from assets.stages.inbox_listing import DroppedFile
    from lake import Lake, ObjectFolder
    from scrapers.source_catalog import SourceCatalog

SWEEP_SECONDS = 600.0
MOST_ATTEMPTS = 3
"""So often a run is asked for that reads the same files; then a person has to look."""


@dataclass(frozen=True, slots=True)
class InboxRun:
    """A run to ask for: `key` names the source and the very files that it is to read."""

    source: str
    key: str
    files: int


@dataclass(slots=True)
class InboxMemory:
    """What the last look knew. `seen` is the digest of each source's files, `asked` the digest of those that a run was
    asked for, with how often."""

    seen: dict[str, str] = field(default_factory=dict)
    asked: dict[str, tuple[str, int]] = field(default_factory=dict)
    swept_at: datetime | None = None

    @classmethod
    def parse(cls, cursor: str | None) -> InboxMemory:
        """Read a cursor. One that cannot be read is as good as none: the lake knows what was read."""
        try:
            known: dict[str, Any] = json.loads(cursor or "{}")
            asked = {source: (str(files), int(times)) for source, (files, times) in known["asked"].items()}
            return cls(dict(known["seen"]), asked, datetime.fromisoformat(known["swept_at"]))
        except (ValueError, KeyError, TypeError, AttributeError):
            return cls()

    def __str__(self) -> str:
        swept_at = (self.swept_at or datetime.fromtimestamp(0, UTC)).isoformat()
        return json.dumps({"seen": self.seen, "asked": self.asked, "swept_at": swept_at}, sort_keys=True)


@dataclass(frozen=True, slots=True)
class Look:
    """What a look found: `runs` to ask for, `remarks` for people, and what to know next time."""

    runs: list[InboxRun]
    remarks: list[str]
    memory: InboxMemory


class InboxWatch:
    """Looks into the inbox of a lake's place. Files that changed in the last `settle_seconds` are not there yet."""

    def __init__(self, catalog: SourceCatalog, lake: Lake, objects: ObjectFolder, *, settle_seconds: float) -> None:
        self._catalog = catalog
        self._lake = lake
        self._objects = objects
        self._settle = timedelta(seconds=settle_seconds)

    def look(self, memory: InboxMemory, *, is_known: Callable[[str], bool], is_busy: Callable[[str], bool]) -> Look:
        """Return what is to be read of the sources that are known (have their partition) and not busy (have no run
        under way). Errors: LakeUnreachable."""
        from assets.stages.inbox_listing import dropped_files, is_settled

        now = datetime.now(UTC)
        is_sweep = memory.swept_at is None or now - memory.swept_at >= timedelta(seconds=SWEEP_SECONDS)
        look = Look([], [], InboxMemory(swept_at=now if is_sweep else memory.swept_at))
        for source, files in sorted(dropped_files(self._objects).items()):
            settled = [file for file in files if is_settled(file, now - self._settle)]
            digest = _digest(settled)
            if source in memory.asked:
                look.memory.asked[source] = memory.asked[source]
            if (memory.seen.get(source) == digest and not is_sweep) or self._see_to(
                source, settled, look, is_known=is_known, is_busy=is_busy
            ):
                look.memory.seen[source] = digest
        return look

    def _see_to(
        self,
        source: str,
        files: Sequence[DroppedFile],
        look: Look,
        *,
        is_known: Callable[[str], bool],
        is_busy: Callable[[str], bool],
    ) -> bool:
        """Ask for a run, or remark why not; return whether that is all to be done until something changes."""
        from assets.stages.inbox_listing import unread

        problem = self._problem(source, len(files))
        if problem is not None:
            look.remarks.append(problem)
            return False
        waiting = unread(self._lake, source, files)
        if not waiting:
            look.memory.asked.pop(source, None)
            return True
        if not is_known(source):
            look.remarks.append(f"inbox/{source}/: {len(waiting)} files wait for the source's first build")
            return False
        if is_busy(source):
            look.remarks.append(f"inbox/{source}/: {len(waiting)} files wait for the end of a run about the source")
            return False
        return _ask(source, waiting, look)

    def _problem(self, source: str, files: int) -> str | None:
        """Return why nothing can be read for a source, and what to do."""
        from scrapers.error import SourceError

        try:
            if self._catalog.load(source).inbox:
                return None
        except SourceError as error:
            return f"inbox/{source}/ holds {files} files, but {error} It has to say `inbox: true`."
        return f"inbox/{source}/ holds {files} files that nobody reads: add `inbox: true` to the source's file."


def _ask(source: str, waiting: Sequence[DroppedFile], look: Look) -> bool:
    """Ask for a run unless the same files were asked for too often."""
    name = _digest(waiting)
    asked, times = look.memory.asked.get(source, ("", 0))
    times = times + 1 if asked == name else 1
    if times > MOST_ATTEMPTS:
        look.remarks.append(
            f"inbox/{source}/: {MOST_ATTEMPTS} runs did not read {len(waiting)} files. See why in the source's last "
            "run, mend that and materialize raw_html"
        )
        return True
    look.memory.asked[source] = (name, times)
    look.runs.append(InboxRun(source, f"inbox {source} {name} {times}", len(waiting)))
    return True


def _digest(files: Iterable[DroppedFile]) -> str:
    """Name a set of files in their present versions."""
    return text_hash("\n".join(sorted(f"{file.modified_at.timestamp()} {file.key} {file.etag}" for file in files)))[:24]
