"""Which models a profile tries with what is set, and what the person may choose between."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from chat_app.models.configured import is_own_address, named
from chat_app.models.profile import plans, profiles
from chat_app.models.registry import MODELS, QUOTES, known
from chat_app.models.router import routed
from chat_app.question import Question
from chat_app.settings import ChatSettings

Make = Callable[..., ChatSettings]
OLLAMA = "http://127.0.0.1:11434/v1"


def keys(settings: ChatSettings, profile: str) -> list[str]:
    return [model.key for model in plans(settings).models[profile]]


def test_every_key_and_every_identifier_is_one_model_only() -> None:
    assert len({model.key for model in (*MODELS, QUOTES)}) == len(MODELS) + 1
    assert len({model.model_id for model in MODELS}) == len(MODELS)
    assert known("claude-sonnet") is known("global.anthropic.claude-sonnet-5-5")


def test_without_a_provider_there_is_nothing_to_choose(make_settings: Make) -> None:
    assert profiles(make_settings()) == []
    assert keys(make_settings(), "best") == []


def test_fast_is_cheap_and_best_is_good_where_nothing_is_named(make_settings: Make) -> None:
    settings = make_settings(openai_api_key="k", bedrock=True)
    assert keys(settings, "fast")[0] == "claude-haiku"
    assert keys(settings, "best")[0] == "claude-sonnet"
    assert keys(settings, "best")[-1] == "nova-micro"
    assert keys(settings, "private") == []


def test_a_named_model_is_the_only_one(make_settings: Make) -> None:
    settings = make_settings(openai_api_key="k", bedrock=True, chat_model="deepseek, gpt-4.1-mini")
    assert keys(settings, "fast") == keys(settings, "best") == ["deepseek", "gpt-4.1-mini"]


def test_a_profile_can_be_named_by_itself(make_settings: Make) -> None:
    settings = make_settings(bedrock=True, chat_model="nova-lite", best_models="claude-sonnet,nova-pro")
    assert keys(settings, "fast") == ["nova-lite"]
    assert keys(settings, "best") == ["claude-sonnet", "nova-pro"]
    assert [profile.name for profile in profiles(settings)] == ["fast", "best", "private"]


def test_a_key_alone_asks_the_cheap_model_first(make_settings: Make) -> None:
    assert plans(make_settings(openai_api_key="k")).of(Question("x"))[0].key == "gpt-4.1-mini"


def test_private_is_offered_beside_a_provider_outside_and_only_stays_here(make_settings: Make) -> None:
    settings = make_settings(openai_api_key="k", local_url=OLLAMA, local_model="qwen3")
    assert keys(settings, "private") == ["local:qwen3"]
    offered = {profile.name: profile for profile in profiles(settings)}
    assert list(offered) == ["fast", "best", "private"]
    assert "qwen3" in offered["private"].description
    assert "nothing leaves" in offered["private"].description


def test_where_everything_is_local_all_profiles_are_one(make_settings: Make) -> None:
    settings = make_settings(openai_base_url=OLLAMA, chat_model="qwen3")
    assert keys(settings, "fast") == keys(settings, "private") == ["openai:qwen3"]
    assert profiles(settings) == []


def test_a_model_that_a_local_server_passes_on_is_not_private(make_settings: Make) -> None:
    for name in ("gpt-oss:120b-cloud", "minimax:cloud"):
        assert keys(make_settings(openai_base_url=OLLAMA, chat_model=name), "private") == []
        assert keys(make_settings(local_url=OLLAMA, local_model=name), "private") == []


@pytest.mark.parametrize(
    ("url", "is_own"),
    [
        (OLLAMA, True),
        ("http://localhost:8080/v1", True),
        ("http://10.1.2.3/v1", True),
        ("http://192.168.0.7:8000/v1", True),
        ("http://[::1]:8000/v1", True),
        ("https://api.example.com/v1", False),
        ("http://8.8.8.8/v1", False),
        ("http://127.0.0.1.example.com/v1", False),
    ],
)
def test_an_address_counts_as_ones_own_only_when_it_says_so(url: str, is_own: bool) -> None:
    assert is_own_address(url) is is_own


def test_a_model_without_its_provider_is_left_out_and_the_log_says_so(
    make_settings: Make, caplog: pytest.LogCaptureFixture
) -> None:
    settings = make_settings(openai_api_key="k", chat_model="claude-sonnet,gpt-4.1")
    assert keys(settings, "fast") == ["gpt-4.1"]
    assert "claude-sonnet" in caplog.text


def test_a_prefix_says_which_provider_is_meant(make_settings: Make) -> None:
    settings = make_settings(openai_api_key="k", bedrock=True, local_url=OLLAMA)
    models = named("openai:o9, bedrock:meta.llama9, local:qwen3", settings)
    assert [(model.provider, model.model_id) for model in models] == [
        ("openai", "o9"),
        ("bedrock", "meta.llama9"),
        ("local", "qwen3"),
    ]


def test_an_unknown_profile_is_answered_as_the_default(make_settings: Make) -> None:
    found = plans(make_settings(openai_api_key="k", profile="best"))
    assert found.of(Question("x", profile="no such")) == found.models["best"]


def test_the_router_decides_only_for_whoever_chose_nothing(make_settings: Make) -> None:
    found = plans(make_settings(openai_api_key="k", router=True))
    hard = "Why does a colony swarm, and how does that differ from absconding?"
    assert found.of(Question(hard)) == found.models["best"]
    assert found.of(Question("When do bees swarm?")) == found.models["fast"]
    assert found.of(Question(hard, profile="fast")) == found.models["fast"]


def test_the_router_never_leads_out_of_a_private_default(make_settings: Make) -> None:
    found = plans(make_settings(openai_api_key="k", router=True, profile="private"))
    assert found.of(Question("Why?")) == ()


@pytest.mark.parametrize(
    ("question", "profile"),
    [
        ("What is the default port?", "fast"),
        ("Who keeps bees?", "fast"),
        ("Compare SQLite with PostgreSQL", "best"),
        ("What is a hive? And who builds it?", "best"),
        ("Fix this:\n```python\nx = 1\n```", "best"),
        ("word " * 41, "best"),
    ],
)
def test_the_router_reads_the_question(question: str, profile: str) -> None:
    assert routed(Question(question)) == profile
