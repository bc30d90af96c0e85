"""The estimates as the handbook shows them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from infra.config.stage_config import StageConfig
from infra.cost import price
from infra.cost.assumption import Asking, AtRest, Reading, listed
from infra.cost.page import of_dropping, of_keeping, of_pages
from infra.cost.question import of_model, of_questions
from infra.cost.rest import at_rest

QUESTIONS = (10_000, 1_000_000)
PAGES = (10_000, 1_000_000)


def rest_table(configs: Sequence[StageConfig]) -> str:
    """What runs although nobody asks."""
    return _table("at rest", configs, _with_total([at_rest(config) for config in configs]))


def question_table(configs: Sequence[StageConfig], questions: int) -> str:
    """What questions add, by line."""
    columns = _with_total([of_questions(config, questions) for config in configs])
    return _table(f"{questions:,} questions add", configs, columns)


def total_table(configs: Sequence[StageConfig]) -> str:
    """The whole month, by the number of questions and the model that answers."""
    columns = [dict(_totals(config)) for config in configs]
    return _table("the whole month", configs, columns)


def page_table(configs: Sequence[StageConfig], pages: int) -> str:
    """What new pages cost once, and then every month."""
    columns = []
    for config in configs:
        once, kept = of_pages(config, pages), of_keeping(pages)
        columns.append(
            {
                **once,
                "Once": sum(once.values()),
                "or once, if dropped as files: function and S3 in place of crawling and cleaning": of_dropping(
                    config, pages
                ),
                **{f"{name}, every month": value for name, value in kept.items()},
            }
        )
    return _table(f"{pages:,} new pages", configs, columns)


def whole(configs: Sequence[StageConfig]) -> str:
    """All tables and assumptions, each with its heading."""
    parts = [
        ("At rest", rest_table(configs)),
        ("With questions", total_table(configs)),
        *((f"What {count:,} questions add", question_table(configs, count)) for count in QUESTIONS),
        *((f"What {count:,} new pages cost", page_table(configs, count)) for count in PAGES),
        ("Assumptions", listed(AtRest(), Asking(), Reading())),
    ]
    return "\n\n".join(f"### {heading}\n\n{text}" for heading, text in parts)


def _totals(config: StageConfig) -> Iterator[tuple[str, float]]:
    rest = sum(at_rest(config).values())
    yield "nobody asks", rest
    for questions in QUESTIONS:
        added = rest + sum(of_questions(config, questions).values())
        yield f"{questions:,} questions, quotes only", added
        for model in price.MODEL_MILLION:
            yield f"{questions:,} questions, `{model}`", added + of_model(model, questions)


def _with_total(columns: Sequence[Mapping[str, float]]) -> list[dict[str, float]]:
    return [{**column, "Total": sum(column.values())} for column in columns]


def _table(what: str, configs: Sequence[StageConfig], columns: Sequence[Mapping[str, float]]) -> str:
    head = f"| US dollars: {what} | " + " | ".join(config.stage for config in configs) + " |"
    rows = [f"| {name} | " + " | ".join(_shown(column[name]) for column in columns) + " |" for name in columns[0]]
    return "\n".join([head, "| --- |" + " --: |" * len(configs), *rows])


def _shown(dollars: float) -> str:
    """Cents matter where there are no dollars."""
    return f"{dollars:,.2f}" if 0 < dollars < 10 else f"{dollars:,.0f}"
