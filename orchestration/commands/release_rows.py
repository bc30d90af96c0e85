"""The releases of a source as `lorechat releases` shows them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from orchestration.error import NoSuchRelease

if TYPE_CHECKING:
    from data_contracts.release_evaluation import ReleaseEvaluation
    from lake import Lake
    from retrieval.vector_store import VectorStore

SHORT = 12
"""Characters of a release id that people see and may type."""


@dataclass(frozen=True, slots=True)
class ReleaseRow:
    """A release: `state` is live, kept (a rollback away), held (a person replaced it; no run makes it live), refused,
    built (neither live nor judged yet) or dropped (only `ask --as-of` brings it back). `at` and `reason` are its last
    event's."""

    source: str
    release_id: str
    state: str
    built_at: datetime
    pages: int
    chunks: int
    model_id: str
    at: datetime | None
    reason: str | None
    evaluation: ReleaseEvaluation | None

    @property
    def recall(self) -> float | None:
        """recall@5 on golden questions, on heading questions where there are no golden ones."""
        if self.evaluation is None:
            return None
        scores = self.evaluation.candidate
        return scores.heading.recall if scores.golden.recall is None else scores.golden.recall


def release_rows(lake: Lake, store: VectorStore, source: str) -> list[ReleaseRow]:
    """Return all releases of a source that were ever built, newest first."""
    from assets.stages.promotion import whole_history
    from data_contracts.index_release import INDEX_RELEASES
    from data_contracts.release_evaluation import read_evaluation

    history, live = whole_history(lake, store, source), store.live(source)
    kept = {release.release_id: release for release in store.releases(source)}
    facts = ("release_id", "built_at", "pages", "chunks", "model_id")
    found = {
        row["release_id"]: row
        for row in lake.scan(INDEX_RELEASES, source=source).select(*facts, "evaluation").collect().to_dicts()
    }
    for release in kept.values():
        now = {name: getattr(release, name) for name in facts} | {"evaluation": release.evaluation}
        found[release.release_id] = found.get(release.release_id, {}) | now
    rows = []
    for release_id, row in found.items():
        last = history.last(release_id)
        is_live = live is not None and live.release_id == release_id
        if is_live:
            state = "live"
        elif release_id not in kept:
            state = "dropped"
        elif release_id in history.held:
            state = "held"
        elif last is None:
            state = "built"
        else:
            state = "kept" if last.made_live else "refused"
        rows.append(
            ReleaseRow(
                source=source,
                state=state,
                at=last.at if last else None,
                reason=last.reason if last else None,
                **row | {"evaluation": read_evaluation(row["evaluation"])},
            )
        )
    return sorted(rows, key=lambda row: row.built_at, reverse=True)


def choose_release(rows: list[ReleaseRow], source: str, given: str) -> ReleaseRow:
    """Return the release whose id begins with what was given. Raises NoSuchRelease, naming those there are."""
    found = [row for row in rows if given and row.release_id.startswith(given.lower())]
    if len(found) == 1:
        return found[0]
    there = ", ".join(row.release_id[:SHORT] for row in found or rows) or "none yet: lorechat build"
    problem = "several releases begin with" if found else "no release begins with"
    raise NoSuchRelease(f"{source}: {problem} {given!r}; there are: {there}")
