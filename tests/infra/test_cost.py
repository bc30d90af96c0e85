from __future__ import annotations

from dataclasses import replace

import pytest

from chat_app.models.registry import MODELS
from infra.config.stage_config import StageConfig, read_stage
from infra.cost import price
from infra.cost.__main__ import STAGES
from infra.cost.assumption import Asking, AtRest
from infra.cost.page import crawl_hours, of_keeping, of_pages
from infra.cost.question import further_task_hours, of_model, of_questions
from infra.cost.rest import at_rest
from infra.cost.table import whole
from tests.ministack import ROOT


def _changed(**changes: object) -> StageConfig:
    return StageConfig.model_validate({**read_stage("dev").model_dump(), **changes})


def test_the_handbook_shows_what_the_command_prints_with_the_prices_sources() -> None:
    page = (ROOT / "docs" / "costs.md").read_text("utf-8")
    assert whole([read_stage(stage) for stage in STAGES]) in page, "run make costs and copy its tables"
    assert all(address in page for address in price.SOURCES.values())
    assert price.AS_OF in page


def test_a_chat_task_on_spot_costs_less_than_one_on_demand() -> None:
    chat = read_stage("dev").chat.model_dump()
    on_demand, spot = (at_rest(_changed(chat={**chat, "on_demand": count}))["Chat (Fargate)"] for count in (1, 0))
    assert round(on_demand, 2) == round(730 * (0.5 * 0.03238 + 2 * 0.00356), 2)
    assert round(spot / on_demand, 2) == price.SPOT_SHARE


def test_a_standby_doubles_what_databases_cost() -> None:
    database = read_stage("dev").database.model_dump()
    single, double = (
        at_rest(_changed(database={**database, "multi_az": standby}))["Databases (RDS)"] for standby in (False, True)
    )
    assert double == 2 * single


def test_what_is_assumed_can_be_replaced_by_what_was_seen() -> None:
    config = read_stage("prod")
    more = at_rest(config, replace(AtRest(), data_gigabytes=1_050))["S3"]
    assert more - at_rest(config)["S3"] == pytest.approx(1_000 * price.OBJECT_GIGABYTE)


def test_a_month_without_questions_stays_within_the_stages_budget() -> None:
    for stage in STAGES:
        config = read_stage(stage)
        assert sum(at_rest(config).values()) <= config.watch.monthly_dollars


def test_no_question_costs_nothing_and_more_of_them_never_less() -> None:
    for stage in STAGES:
        config = read_stage(stage)
        assert sum(of_questions(config, 0).values()) == 0
        sums = [sum(of_questions(config, count).values()) for count in (10_000, 100_000, 1_000_000, 10_000_000)]
        assert sums == sorted(sums)


def test_free_shares_are_used_up_first() -> None:
    config = read_stage("dev")
    assert of_questions(config, 10_000)["CloudFront"] == 0
    assert of_questions(config, 2_000_000)["CloudFront"] > of_questions(config, 1_000_000)["CloudFront"]


def test_more_tasks_run_when_the_cores_are_full_but_never_more_than_the_stage_admits() -> None:
    config, assumed = read_stage("dev"), Asking()
    assert further_task_hours(config, 10_000, assumed) == 0
    # One core at 70 % is what two tasks of half a core have; the busiest tenth of the hours has three times the rate.
    per_second = 0.7 / assumed.cpu_seconds
    crowd = int(per_second * assumed.busy_hours * 3600)
    assert further_task_hours(config, crowd, assumed) == assumed.busy_hours * (config.chat.most - config.chat.least)
    assert further_task_hours(config, crowd * 100, assumed) == further_task_hours(config, crowd, assumed)


def test_a_model_is_paid_by_its_tokens() -> None:
    assumed = replace(Asking(), tokens_read=1_000, tokens_written=100)
    assert of_model("claude-haiku", 1_000, assumed) == pytest.approx(1_000 * (1_000 * 0.5 + 100 * 2.5) / 1e6)


def test_every_priced_model_is_one_that_the_chat_can_ask() -> None:
    assert set(price.MODEL_MILLION) <= {model.key for model in MODELS}


def test_pages_cost_by_their_number() -> None:
    config = read_stage("prod")
    few, many = sum(of_pages(config, 10_000).values()), sum(of_pages(config, 1_000_000).values())
    assert many == pytest.approx(100 * few)
    assert sum(of_keeping(1_000_000).values()) == pytest.approx(100 * sum(of_keeping(10_000).values()))
    assert crawl_hours(7_200) == pytest.approx(1)
