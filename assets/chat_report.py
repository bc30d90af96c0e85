"""The asset `chat_report`: what people ask of a source and do not get."""

import dagster as dg

from assets.flow import Flow
from assets.learning_policy import DAYS, learning_asset
from assets.metadata import markdown_table
from assets.stage_run import content_version, failures_explained


@learning_asset("chat_report", kinds={"polars"}, code_version="1")
def chat_report(context: dg.AssetExecutionContext, flow: dg.ResourceParam[Flow]) -> dg.MaterializeResult:  # type: ignore[type-arg]  # as in the flow
    """The questions of the last 30 days that were not answered, not supported by their passages, or rated badly.

    They are gathered into topics, largest first, each named by its most central question, with the sections of the
    live release that are nearest to it. What a topic asks for is missing there, or stands there and is not found.
    """
    from assets.stages.asked import asked_questions
    from assets.stages.chat_topics import MOST_QUESTIONS, live_topics

    with failures_explained():
        asked = asked_questions(flow.lake, context.partition_key, days=DAYS)
        reports = live_topics(flow, context.partition_key, asked)
    bad = int(asked["fault"].is_not_null().sum())
    rows = [
        (
            report.question,
            ", ".join(report.terms),
            report.asked,
            ", ".join(f"{count} {fault}" for fault, count in report.faults.most_common()),
            " · ".join(" > ".join(passage.heading_path) or passage.title for passage in report.sections),
            report.sections[0].url if report.sections else "",
        )
        for report in reports
    ]
    columns = ("question", "words", "asked", "what went wrong", "nearest sections", "nearest page")
    return dg.MaterializeResult(
        data_version=content_version(*(turn for report in reports for turn in report.turn_ids)),
        metadata={
            "dagster/row_count": dg.MetadataValue.int(len(reports)),
            "questions": dg.MetadataValue.int(asked.height),
            "questions that went badly": dg.MetadataValue.int(bad),
            "questions looked at": dg.MetadataValue.int(min(bad, MOST_QUESTIONS)),
            "topics": markdown_table(columns, rows),
        },
    )
