"""The asset `embeddings`: a vector for each distinct chunk text."""

import dagster as dg

from assets.flow import Flow
from assets.lineage_metadata import lineage_metadata
from assets.metadata import batch_metadata, stage_metadata, table_metadata
from assets.policy import site_asset
from assets.revision import EMBEDDER
from assets.stage_run import content_version, failures_explained, progress_to_log

_NORMALISED = "vectors_are_finite_and_normalised"
_TOLERANCE = 1e-3


@site_asset(
    "embeddings",
    after="chunks",
    pool="embed",
    kinds={"python", "deltalake"},
    code_version=EMBEDDER,
    checks={_NORMALISED: "The newest vectors are finite and have length one, so that their dot product is a cosine."},
)
def embeddings(context: dg.AssetExecutionContext, flow: dg.ResourceParam[Flow]) -> dg.MaterializeResult:  # type: ignore[type-arg]  # the check specs forbid to name the value's type
    """A vector for each distinct chunk text under the embedding model in use.

    A text that was embedded before is never embedded again, on whatever page it stands. Vectors of another model stay
    beside these and are never mixed with them.
    """
    from assets.stages.embedding import embed_chunks
    from assets.stages.view import chunk_view, vector_tallies
    from assets.steps.chunk import chunker_version
    from assets.steps.clean import extractor_version
    from data_contracts.embedding import EMBEDDINGS
    from retrieval.remote.spent import spent_by

    with failures_explained():
        source, embedder = flow.source(context.partition_key), flow.embedder
        listener, before = progress_to_log(context), spent_by(embedder)
        report = embed_chunks(source, flow.lake, embedder, flow.chunking, on_progress=listener, crew=flow.crew)
        versions = extractor_version(source.selectors), chunker_version(flow.chunking, embedder.tokenizer_id)
        view = chunk_view(flow.lake, source.name, *versions)
        tallies = vector_tallies(flow.lake, source.name, embedder.model_id)
    sound = bool(tallies["all finite"]) and tallies["largest distance from length one"] <= _TOLERANCE
    return dg.MaterializeResult(
        data_version=content_version(embedder.model_id, *view.keys),
        metadata={
            **stage_metadata(report, rows=report.counts["distinct texts"]),
            **table_metadata(flow.lake, EMBEDDINGS),
            **lineage_metadata(flow, source.name),
            **batch_metadata(report, "padded tokens"),
            "share of chunks re-embedded": round(report.added / report.counts["chunks"], 4),
            "model": embedder.model_id,
            "dimension": embedder.dimension,
            **spent_by(embedder).since(before).as_metadata(),
        },
        check_results=[dg.AssetCheckResult(check_name=_NORMALISED, passed=sound, metadata=tallies)],
    )
