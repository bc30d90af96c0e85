"""The asset `markdown`: the main content of each page, as markdown."""

import dagster as dg

from assets.export_metadata import export_metadata
from assets.flow import Flow
from assets.gate_check import gate_checks
from assets.gate_names import DOCUMENT_GATES
from assets.lineage_metadata import flow_metadata, lineage_metadata
from assets.metadata import markdown_table, stage_metadata, table_metadata
from assets.policy import site_asset
from assets.revision import EXTRACTOR
from assets.stage_run import content_version, failures_explained, progress_to_log

_MOST_HAVE_TEXT = "most_pages_have_text"
_LEAST_SHARE = 0.5


@site_asset(
    "markdown",
    after="raw_html",
    kinds={"python", "deltalake"},
    code_version=EXTRACTOR,
    checks={
        _MOST_HAVE_TEXT: "At least half of the pages became documents with text: the main content was found.",
        **DOCUMENT_GATES,
    },
)
def markdown(context: dg.AssetExecutionContext, flow: dg.ResourceParam[Flow]) -> dg.MaterializeResult:  # type: ignore[type-arg]  # the check specs forbid to name the value's type
    """What each page says, without menus and footers, as markdown with its anchors.

    Only page versions that have no document yet are cleaned, on all cores. A page that cannot be cleaned goes to
    quarantine with the rule it broke; it is tried again when the extractor or the source's selectors change. What is
    new is also written as JSONL below `processed/` of the lake's place.
    """
    from assets.stages.export import export_documents
    from assets.stages.extraction import extract_documents
    from assets.stages.gates import document_gates
    from assets.stages.view import document_view
    from assets.steps.clean import extractor_version
    from data_contracts.document import DOCUMENTS

    with failures_explained():
        source = flow.source(context.partition_key)
        report = extract_documents(source, flow.lake, on_progress=progress_to_log(context), crew=flow.crew)
        export = export_documents(source, flow.lake, flow.objects) if flow.is_exporting else None
        view = document_view(flow.lake, source.name, extractor_version(source.selectors))
        gates = document_gates(source, flow.lake)
    columns = ("title", "language", "markdown", "url")
    share = len(view.keys) / view.tallies["pages"]
    return dg.MaterializeResult(
        data_version=content_version(*view.keys),
        metadata={
            **stage_metadata(report, rows=len(view.keys)),
            **table_metadata(flow.lake, DOCUMENTS),
            **lineage_metadata(flow, source.name),
            **flow_metadata(flow, source.name),
            "newest documents": markdown_table(columns, [[row[name] for name in columns] for row in view.sample]),
            **export_metadata(export),
            "flags": markdown_table(("flag", "documents"), view.tallies.items()),
        },
        check_results=[
            dg.AssetCheckResult(
                check_name=_MOST_HAVE_TEXT, passed=share >= _LEAST_SHARE, metadata={"share of pages": share}
            ),
            *gate_checks(gates),
        ],
    )
