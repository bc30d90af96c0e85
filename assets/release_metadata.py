"""A release's evaluation as Dagster shows it: scores beside the live release's, failing questions, what differs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import dagster as dg

from assets.metadata import markdown_table
from assets.recall_picture import recall_image, recall_points

if TYPE_CHECKING:
    from data_contracts.release_evaluation import ReleaseDiff, ReleaseEvaluation
    from lake.release_history import ReleaseHistory
    from retrieval.vector_store import ReleaseManifest

Metadata = dict[str, dg.MetadataValue[Any]]

_SHOWN_QUESTIONS = 20


def evaluation_metadata(evaluation: ReleaseEvaluation) -> Metadata:
    """Scores, failing questions and the difference to the release that was compared with."""
    from assets.stages.judgement import score_rows

    metadata: Metadata = {
        "evaluation": markdown_table(("questions", "what", "candidate", "live before"), score_rows(evaluation)),
        "difference to the live release": _diff_table(evaluation.diff),
    }
    recall = evaluation.candidate.golden.recall
    if recall is not None:
        metadata["golden recall@5"] = dg.MetadataValue.float(recall)
    if evaluation.candidate.heading.recall is not None:
        metadata["heading recall@5"] = dg.MetadataValue.float(evaluation.candidate.heading.recall)
    if evaluation.failed:
        rows = [(one.kind, one.question, one.url, one.reason) for one in evaluation.failed[:_SHOWN_QUESTIONS]]
        metadata["failing questions"] = markdown_table(("kind", "question", "page", "why"), rows)
    if evaluation.problems:
        metadata["why it may not go live"] = dg.MetadataValue.md("\n".join(f"- {one}" for one in evaluation.problems))
    return metadata


def _diff_table(diff: ReleaseDiff) -> dg.MarkdownMetadataValue:
    rows = [
        ("pages added", diff.pages_added, ", ".join(diff.added)),
        ("pages removed", diff.pages_removed, ", ".join(diff.removed)),
        ("pages changed", diff.pages_changed, ", ".join(diff.changed)),
        ("chunks added", diff.chunks_added, ""),
        ("chunks removed", diff.chunks_removed, ""),
        ("chunks kept", diff.chunks_kept, ""),
    ]
    return markdown_table(("what", "count", "examples"), rows)


def history_metadata(releases: Sequence[ReleaseManifest], live: ReleaseManifest, history: ReleaseHistory) -> Metadata:
    """The releases that are kept, which one answers, and recall over the releases."""
    rows = [
        (
            found.release_id[:12],
            "live"
            if found.release_id == live.release_id
            else event.event
            if (event := history.last(found.release_id))
            else "built",
            f"{found.built_at:%F %T}",
            found.pages,
            found.chunks,
        )
        for found in releases
    ]
    metadata: Metadata = {
        "releases": markdown_table(("release", "state", "built", "pages", "chunks"), rows),
        "live release built at": dg.MetadataValue.timestamp(live.built_at),
    }
    points = recall_points(history)
    if points:
        metadata["recall over releases"] = dg.MetadataValue.md(recall_image(points))
    return metadata
