"""The asset `golden_candidates`: people's questions that a curator may make golden ones."""

import dagster as dg

from assets.flow import Flow
from assets.learning_policy import DAYS, learning_asset
from assets.metadata import markdown_table, table_metadata
from assets.stage_run import content_version, failures_explained


@learning_asset("golden_candidates", kinds={"polars", "deltalake"}, code_version="1")
def golden_candidates(context: dg.AssetExecutionContext, flow: dg.ResourceParam[Flow]) -> dg.MaterializeResult:  # type: ignore[type-arg]  # as in the flow
    """Questions of the last 30 days that a source should be able to answer, from now on.

    Those whose answer people called good come with the page and the words that bore it out; those asked again and
    again in vain come with the nearest page. A curator accepts, corrects or declines them in the chat, at `/curate`.
    What is accepted is asked of every later release, like the questions in the source's own file.
    """
    from assets.stages.asked import asked_questions
    from assets.stages.chat_topics import live_topics
    from assets.stages.golden_proposal import propose
    from data_contracts.golden_candidate import GOLDEN_CANDIDATES
    from lake.golden import accepted_questions, open_candidates

    name = context.partition_key
    with failures_explained():
        asked = asked_questions(flow.lake, name, days=DAYS)
        added = propose(flow.lake, name, asked, live_topics(flow, name, asked))
        waiting, accepted = open_candidates(flow.lake, name), accepted_questions(flow.lake, name)
    columns = ("question", "reason", "asked", "url", "quote")
    return dg.MaterializeResult(
        data_version=content_version(*waiting["candidate_id"], *(question.question for question in accepted)),
        metadata={
            **table_metadata(flow.lake, GOLDEN_CANDIDATES),
            "dagster/row_count": dg.MetadataValue.int(waiting.height),
            "candidates added": dg.MetadataValue.int(added),
            "questions accepted": dg.MetadataValue.int(len(accepted)),
            "candidates": markdown_table(columns, waiting.select(columns).head(50).rows()),
            "curate": dg.MetadataValue.url(f"{flow.chat_url}/curate"),
        },
    )
