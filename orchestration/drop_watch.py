"""Whether pages have come into the lake that no run brought: what the function has read of the source bucket.

The bucket is not listed: what was dropped there stays there, and a listing would grow with it. The lake says it: a
crawl without a run is a drop. A look reads the version of one table; where that has changed, or there is a new source,
the last commit of each source; and where that has changed, the source's rows. The cursor holds two numbers for each
source.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lake import Lake


@dataclass(frozen=True, slots=True)
class Seen:
    """What was last seen of a source: its last `commit`, and its `drops` until then."""

    commit: int | None
    drops: int


@dataclass(slots=True)
class DropMemory:
    """What the last look knew; `version` is the table's, None when there was something that it could not see to."""

    version: int | None = None
    sources: dict[str, Seen] = field(default_factory=dict)

    @classmethod
    def parse(cls, cursor: str | None) -> DropMemory:
        """Read a cursor. Without one that can be read, each source that ever had a drop is built once more, which
        finds nothing to do."""
        try:
            known: dict[str, Any] = json.loads(cursor or "{}")
            return cls(known["version"], {name: Seen(*seen) for name, seen in known["sources"].items()})
        except (ValueError, KeyError, TypeError, AttributeError):
            return cls()

    def __str__(self) -> str:
        sources = {name: [seen.commit, seen.drops] for name, seen in sorted(self.sources.items())}
        return json.dumps({"version": self.version, "sources": sources})


@dataclass(frozen=True, slots=True)
class DropRun:
    """A run to ask for: `key` names the source and the drops that it has to see to."""

    source: str
    key: str
    drops: int


@dataclass(frozen=True, slots=True)
class DropLook:
    """What a look found: `runs` to ask for, `remarks` for people, and what to know next time."""

    runs: list[DropRun]
    remarks: list[str]
    memory: DropMemory


def look_for_drops(
    lake: Lake, memory: DropMemory, sources: Iterable[str], *, is_busy: Callable[[str], bool]
) -> DropLook:
    """Return the sources with drops that no run was asked for. One that is busy (has a run under way) waits.

    Errors: LakeUnreachable.
    """
    from data_contracts.crawl_ledger import CRAWLS

    table = lake.delta(CRAWLS)
    if table is None:
        return DropLook([], [], memory)
    version, names = table.version(), sorted(sources)
    if version == memory.version and memory.sources.keys() >= set(names):
        return DropLook([], [], memory)
    look = DropLook([], [], DropMemory(version))
    for name in names:
        before = memory.sources.get(name, Seen(None, 0))
        commit = table.transaction_version(name)
        now = before if commit == before.commit else Seen(commit, _drops(lake, name))
        if now.drops in (before.drops, 0):
            look.memory.sources[name] = now
        elif is_busy(name):
            look.remarks.append(f"{name}: {now.drops - before.drops} drops wait for the end of a run about it")
            look.memory.sources[name] = before
            look.memory.version = None
        else:
            look.memory.sources[name] = now
            look.runs.append(DropRun(name, f"drops {name} {now.drops} {commit}", max(0, now.drops - before.drops)))
    return look


def _drops(lake: Lake, source: str) -> int:
    """The crawls of a source that belong to no run."""
    import polars as pl

    from data_contracts.crawl_ledger import CRAWLS

    rows = lake.scan(CRAWLS, source=source).filter(pl.col("run_id").is_null())
    return int(rows.select(pl.len()).collect().item())
