"""When a provider is left alone, and when it is tried again."""

from __future__ import annotations

from chat_app.error import EmptyAnswer, ModelUnknown, ProviderBusy, ProviderDown, ProviderRefused
from chat_app.models.breaker import Breakers
from chat_app.models.registry import MODELS, known

SONNET, HAIKU = known("claude-sonnet"), known("claude-haiku")
assert SONNET is not None
assert HAIKU is not None
FOREIGN = next(model for model in MODELS if model.provider != SONNET.provider)


def test_a_provider_opens_for_all_its_models_and_for_no_other() -> None:
    breakers = Breakers(failures=2, seconds=3600)
    for _ in range(2):
        assert breakers.admits(SONNET)
        breakers.failed(SONNET, ProviderDown("down"))
    assert not breakers.admits(SONNET)
    assert not breakers.admits(HAIKU)
    assert breakers.admits(FOREIGN)


def test_a_success_in_between_counts_from_the_beginning() -> None:
    breakers = Breakers(failures=2, seconds=3600)
    for _ in range(3):
        breakers.failed(SONNET, ProviderDown("down"))
        breakers.worked(HAIKU)
        assert breakers.admits(SONNET)


def test_a_throttle_concerns_one_model() -> None:
    breakers = Breakers(failures=5, seconds=30)
    breakers.failed(SONNET, ProviderBusy("busy", retry_after=3600))
    assert not breakers.admits(SONNET)
    assert breakers.admits(HAIKU)


def test_a_throttle_that_is_over_is_over() -> None:
    breakers = Breakers(failures=5, seconds=30)
    breakers.failed(SONNET, ProviderBusy("busy", retry_after=-1))
    assert breakers.admits(SONNET)


def test_a_refused_key_opens_at_once() -> None:
    breakers = Breakers(failures=5, seconds=3600)
    breakers.failed(SONNET, ProviderRefused("no"))
    assert not breakers.admits(HAIKU)


def test_a_wrong_name_or_an_empty_answer_opens_nothing() -> None:
    breakers = Breakers(failures=1, seconds=3600)
    for error in (ModelUnknown("?"), EmptyAnswer("")):
        breakers.failed(SONNET, error)
        assert breakers.admits(SONNET)


def test_one_request_tries_a_provider_again_while_others_go_elsewhere() -> None:
    breakers = Breakers(failures=1, seconds=-1)
    breakers.failed(SONNET, ProviderDown("down"))
    assert breakers.admits(SONNET)
    assert not breakers.admits(HAIKU)
    breakers.worked(SONNET)
    assert breakers.admits(HAIKU)
    assert breakers.admits(SONNET)


def test_a_trial_that_nobody_waits_for_lets_the_next_one_try() -> None:
    breakers = Breakers(failures=1, seconds=-1)
    breakers.failed(SONNET, ProviderDown("down"))
    assert breakers.admits(SONNET)
    breakers.left(SONNET)
    assert breakers.admits(HAIKU)
