"""The asset `chat_usage`: how much a source's chat is used, what it costs and how long people wait."""

from typing import TYPE_CHECKING, Any

import dagster as dg

from assets.day_picture import day_image
from assets.flow import Flow
from assets.learning_policy import DAYS, learning_asset
from assets.metadata import markdown_table
from assets.stage_run import content_version, failures_explained

if TYPE_CHECKING:
    import polars as pl

_COLUMNS = {
    "turns": "turns",
    "answered": "answered",
    "liked": "liked of judged",
    "given_again": "given again",
    "input_tokens": "tokens read",
    "output_tokens": "tokens written",
    "dollars": "US dollars",
    "first_p50": "first word p50 ms",
    "first_p95": "first word p95 ms",
    "whole_p50": "whole p50 ms",
    "whole_p95": "whole p95 ms",
}


@learning_asset("chat_usage", kinds={"polars"}, code_version="1")
def chat_usage(context: dg.AssetExecutionContext, flow: dg.ResourceParam[Flow]) -> dg.MaterializeResult:  # type: ignore[type-arg]  # as in the flow
    """Questions of the last 30 days by day and by model: how many, how well, what they cost and how long they took.

    A question over several sources counts for each of them. Dollars are those of models whose price is known. Answers
    that were given again cost nothing and come at once.
    """
    from assets.stages.asked import asked_questions
    from assets.stages.chat_usage import usage_by

    with failures_explained():
        asked = asked_questions(flow.lake, context.partition_key, days=DAYS)
    by_day, by_model = usage_by(asked, "day"), usage_by(asked, "model")
    return dg.MaterializeResult(
        data_version=content_version(*asked["turn_id"]),
        metadata={
            "dagster/row_count": dg.MetadataValue.int(asked.height),
            "US dollars": dg.MetadataValue.float(round(float(asked["cost"].sum()), 6)),
            "by day": _table(by_day, "day"),
            "by model": _table(by_model, "model"),
            **_pictures(by_day),
        },
    )


def _table(usage: "pl.DataFrame", first: str) -> dg.MarkdownMetadataValue:
    rows = [(row[first], *(_shown(name, row[name]) for name in _COLUMNS)) for row in usage.iter_rows(named=True)]
    return markdown_table((first, *_COLUMNS.values()), rows)


def _shown(name: str, value: Any) -> str:
    if value is None:
        return "-"
    if name in ("answered", "liked", "given_again"):
        return f"{value:.0%}"
    return f"{value:.4f}" if name == "dollars" else f"{value:,.0f}"


def _pictures(by_day: "pl.DataFrame") -> "dict[str, dg.MetadataValue[Any]]":
    if by_day.is_empty():
        return {}
    days = by_day["day"].to_list()
    pictures = {
        "turns by day": {"turns": "turns"},
        "dollars by day": {"US dollars": "dollars"},
        "waiting by day": {"whole p95 ms": "whole_p95", "first word p95 ms": "first_p95", "whole p50 ms": "whole_p50"},
        "answers given again by day": {"share": "given_again"},
    }
    return {
        title: dg.MetadataValue.md(
            day_image(title, days, {name: by_day[column].to_list() for name, column in of.items()})
        )
        for title, of in pictures.items()
    }
