"""The asset `vector_index`: the published index of a source."""

import dagster as dg

from assets.flow import Flow
from assets.lineage_metadata import flow_metadata, lineage_metadata
from assets.metadata import batch_metadata, stage_metadata, table_metadata
from assets.policy import site_asset
from assets.release_metadata import evaluation_metadata, history_metadata
from assets.revision import INDEX
from assets.stage_run import failures_explained, progress_to_log

_LIVE = "live_release_is_the_newest"
_ANSWERS = "questions_are_answered"


@site_asset(
    "vector_index",
    after="embeddings",
    pool="publish",
    kinds={"faiss", "tantivy"},
    code_version=INDEX,
    checks={
        _LIVE: "The release of the current chunks is live; a person's rollback keeps it from being so.",
        _ANSWERS: "The release answers golden questions and its own headings as well as the source demands.",
    },
)
def vector_index(context: dg.AssetExecutionContext, flow: dg.ResourceParam[Flow]) -> dg.MaterializeResult:  # type: ignore[type-arg]  # the check specs forbid to name the value's type
    """The release that the chat searches: the current chunks of a source with their vectors and words.

    It is built beside the live one and asked golden questions, questions made from headings and some of its own
    chunks. Only if it answers as well as the source's `evaluation` demands it goes live, at once; else the step fails
    and the live one keeps answering. The same chunks are the same release, so a run without changes builds and
    evaluates nothing. The last releases stay for rollback.
    """
    from assets.error import ReleaseRefused
    from assets.stages.release import Outcome, release_index
    from data_contracts.index_release import INDEX_RELEASES
    from lake.release_history import release_history

    with failures_explained():
        source = flow.source(context.partition_key)
        try:
            published = release_index(
                source,
                flow.lake,
                flow.embedder,
                flow.store,
                flow.chunking,
                on_progress=progress_to_log(context),
                keep=flow.keep_releases,
                golden=flow.golden_questions(source),
                open_embedder=flow.open_embedder,
            )
        except ReleaseRefused as refused:
            metadata = evaluation_metadata(refused.evaluation)
            raise dg.Failure(description=str(refused), metadata=metadata, allow_retries=False) from refused
        releases, history = flow.store.releases(source.name), release_history(flow.lake, source.name)
    live, evaluation = published.live, published.evaluation
    is_held = published.outcome is Outcome.HELD
    if is_held:
        context.log.warning(
            f"release {published.candidate[:12]} stays aside, because a person replaced it: "
            f"lorechat releases promote {source.name} {published.candidate[:12]} makes it live again"
        )
    return dg.MaterializeResult(
        data_version=dg.DataVersion(live.release_id),
        metadata={
            **stage_metadata(published.report, rows=live.chunks),
            **batch_metadata(published.report, "rows"),
            **table_metadata(flow.lake, INDEX_RELEASES),
            **lineage_metadata(flow, source.name),
            **flow_metadata(flow, source.name),
            "release": live.release_id,
            "outcome": published.outcome.value,
            "model": live.model_id,
            "first questions": dg.MetadataValue.md("\n".join(f"- {starter}" for starter in live.starters)),
            **(evaluation_metadata(evaluation) if evaluation else {}),
            **history_metadata(releases, live, history),
        },
        check_results=[
            dg.AssetCheckResult(
                check_name=_LIVE,
                passed=not is_held,
                severity=dg.AssetCheckSeverity.WARN,
                metadata={"release": live.release_id, "outcome": published.outcome.value},
            ),
            dg.AssetCheckResult(
                check_name=_ANSWERS,
                passed=evaluation is None or evaluation.passed,
                severity=dg.AssetCheckSeverity.WARN,
                metadata=evaluation_metadata(evaluation) if evaluation else {},
            ),
        ],
    )
