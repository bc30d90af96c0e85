"""The asset `chunks`: passages of the documents."""

import dagster as dg

from assets.boilerplate_metadata import boilerplate_metadata
from assets.flow import Flow
from assets.gate_check import gate_checks
from assets.gate_names import CHUNK_GATES
from assets.lineage_metadata import lineage_metadata
from assets.metadata import markdown_table, stage_metadata, table_metadata
from assets.policy import site_asset
from assets.revision import CHUNKER
from assets.stage_run import content_version, failures_explained, progress_to_log

_WITHIN_BUDGET = "chunks_are_within_budget"


@site_asset(
    "chunks",
    after="markdown",
    kinds={"python", "deltalake"},
    code_version=CHUNKER,
    checks={
        _WITHIN_BUDGET: "No chunk has more tokens than were asked for, nor than the embedding model reads.",
        **CHUNK_GATES,
    },
)
def chunks(context: dg.AssetExecutionContext, flow: dg.ResourceParam[Flow]) -> dg.MaterializeResult:  # type: ignore[type-arg]  # the check specs forbid to name the value's type
    """Passages of the documents, counted in the embedding model's own tokens.

    A passage knows its heading path, its nearest anchor and its offsets in the document, which is what a citation
    points to. A page whose markdown did not change keeps its chunks. What recurs on many pages of the site is left out;
    the table `boilerplate` shows what that is.
    """
    from assets.stages.boilerplate import last_lesson
    from assets.stages.gates import chunk_gates
    from assets.stages.splitting import split_documents
    from assets.stages.view import chunk_view
    from assets.steps.chunk import chunker_version
    from assets.steps.clean import extractor_version
    from data_contracts.chunk import CHUNKS

    with failures_explained():
        source, embedder = flow.source(context.partition_key), flow.embedder
        listener = progress_to_log(context)
        report = split_documents(source, flow.lake, embedder, flow.chunking, on_progress=listener, crew=flow.crew)
        versions = extractor_version(source.selectors), chunker_version(flow.chunking, embedder.tokenizer_id)
        view = chunk_view(flow.lake, source.name, *versions)
        gates = chunk_gates(source, flow.lake, flow.chunking, embedder.tokenizer_id)
        lesson = last_lesson(flow.lake, source.name)
    columns = ("heading_path", "tokens", "text", "url")
    budget = min(flow.chunking.size, embedder.max_tokens)
    most = view.tallies["most tokens"]
    return dg.MaterializeResult(
        data_version=content_version(*view.keys),
        metadata={
            **stage_metadata(report, rows=len(view.keys)),
            **table_metadata(flow.lake, CHUNKS),
            **lineage_metadata(flow, source.name),
            **view.tallies,
            **boilerplate_metadata(lesson),
            "newest chunks": markdown_table(columns, [[row[name] for name in columns] for row in view.sample]),
        },
        check_results=[
            dg.AssetCheckResult(
                check_name=_WITHIN_BUDGET, passed=most <= budget, metadata={"most tokens": most, "budget": budget}
            ),
            *gate_checks(gates),
        ],
    )
