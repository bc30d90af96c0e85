"""The asset `vector_index`: the published index of a source."""

import dagster as dg

from assets.flow import Flow
from assets.metadata import markdown_table, stage_metadata, table_metadata
from assets.policy import site_asset
from assets.revision import INDEX
from assets.stage_run import failures_explained, progress_to_log

_LIVE = "live_release_is_the_newest"


@site_asset(
    "vector_index",
    after="embeddings",
    kinds={"faiss", "tantivy"},
    code_version=INDEX,
    checks={_LIVE: "The release of the current chunks is live: it found its own chunks by vector and by words."},
)
def vector_index(context: dg.AssetExecutionContext, flow: dg.ResourceParam[Flow]) -> dg.MaterializeResult:  # type: ignore[type-arg]
    """The release that the chat searches: the current chunks of a source with their vectors and words.

    It is built beside the live one, asked for some of its own chunks, and goes live at once only if it finds them. The
    same chunks are the same release, so a run without changes builds nothing. The last releases stay for rollback.
    """
    from assets.stages.release import release_index
    from data_contracts.index_release import INDEX_RELEASES

    with failures_explained():
        source = flow.source(context.partition_key)
        report = release_index(
            source,
            flow.lake,
            flow.embedder,
            flow.store,
            flow.chunking,
            on_progress=progress_to_log(context),
            keep=flow.keep_releases,
        )
        releases = flow.store.releases(source.name)
        manifest = flow.store.live(source.name) or releases[0]
    is_live = manifest.chunks == report.counts["chunks"] > 0
    return dg.MaterializeResult(
        data_version=dg.DataVersion(manifest.release_id),
        metadata={
            **stage_metadata(report, rows=manifest.chunks),
            **table_metadata(flow.lake, INDEX_RELEASES),
            "release": manifest.release_id,
            "model": manifest.model_id,
            "first questions": dg.MetadataValue.md("\n".join(f"- {starter}" for starter in manifest.starters)),
            "releases": markdown_table(
                ("release", "built", "pages", "chunks"),
                [(found.release_id[:12], f"{found.built_at:%F %T}", found.pages, found.chunks) for found in releases],
            ),
        },
        check_results=[
            dg.AssetCheckResult(check_name=_LIVE, passed=is_live, metadata={"release": manifest.release_id})
        ],
    )
