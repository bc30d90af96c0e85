from __future__ import annotations

from pathlib import Path

import infra
from infra.config.stage_config import StageConfig, read_stage
from infra.cost import price
from infra.cost.estimate import STAGES, estimate, table

_PAGE = Path(infra.__file__).resolve().parent.parent / "docs" / "deploying.md"


def _changed(**changes: object) -> StageConfig:
    return StageConfig.model_validate({**read_stage("dev").model_dump(), **changes})


def test_the_handbook_shows_the_estimate_of_every_stage_with_its_sources() -> None:
    page = _PAGE.read_text("utf-8")
    assert table([read_stage(stage) for stage in STAGES]) in page
    assert all(address in page for address in price.SOURCES.values())


def test_a_chat_task_on_spot_costs_less_than_one_on_demand() -> None:
    chat = read_stage("dev").chat.model_dump()
    on_demand, spot = (estimate(_changed(chat={**chat, "on_demand": count}))["Chat (Fargate)"] for count in (1, 0))
    assert round(on_demand, 2) == round(730 * (0.5 * 0.03238 + 2 * 0.00356), 2)
    assert round(spot / on_demand, 2) == price.SPOT_SHARE


def test_a_standby_doubles_what_databases_cost() -> None:
    database = read_stage("dev").database.model_dump()
    single, double = (
        estimate(_changed(database={**database, "multi_az": standby}))["Databases (RDS)"] for standby in (False, True)
    )
    assert double == 2 * single


def test_the_total_is_the_sum_of_the_lines() -> None:
    lines = estimate(read_stage("prod"))
    assert lines.pop("Total") == sum(lines.values())


def test_a_months_estimate_stays_within_the_stages_budget() -> None:
    for stage in STAGES:
        config = read_stage(stage)
        assert estimate(config)["Total"] <= config.watch.monthly_dollars
