"""The test of a deployment says what is wrong. That it says when all is right, `test_deployed_stage.py` shows."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from infra.config.stage_config import read_stage
from infra.smoke.chat import trouble
from infra.smoke.place import find_place
from tests.conftest import ChangingSite
from tests.ministack import Ministack

pytestmark = pytest.mark.slow


def test_a_stage_that_is_not_deployed_is_named(ministack: Ministack) -> None:
    with pytest.raises(LookupError, match="there is no stack lorechat-staging-edge: make deploy first"):
        find_place(ministack.client("cloudformation"), read_stage("staging"))


def test_a_chat_without_an_index_only_has_to_live_before_the_first_crawl(
    make_site: Callable[..., ChangingSite],
) -> None:
    chat = make_site({"/health/live": "{}", "/health/ready": "no index"})
    chat.behaviour["/health/ready"] = chat.how(status=503)
    assert trouble(chat.url, knows=False) == ""
    assert trouble(chat.url, knows=True) == "/health/ready says 503: no index"


def test_a_chat_that_is_away_is_told() -> None:
    assert "/health/live cannot be asked" in trouble("http://127.0.0.1:1", knows=False)
