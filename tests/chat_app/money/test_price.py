"""Prices: known ones come from the list or the operator, unknown ones are never free."""

from __future__ import annotations

from decimal import Decimal

import genai_prices
import pytest

from chat_app.answerer import Usage
from chat_app.models.registry import MODELS, QUOTES, Kind, LanguageModel
from chat_app.money.price import HIGHEST, LOCAL, OWN, Price, Prices
from chat_app.money.rate import Rate, parse_rate, parse_rates

MILLION = 1_000_000


def model(model_id: str, kind: Kind = Kind.BEDROCK, provider: str = "") -> LanguageModel:
    return LanguageModel("", kind, model_id, "", 128_000, 4_096, quality=1, speed=1, provider=provider)


def dollars(found: Price | None) -> Decimal:
    assert found is not None
    return found.dollars


def test_a_price_comes_from_the_list_and_names_its_version() -> None:
    usage = Usage(MILLION // 2, MILLION)
    price = Prices().price(model("gpt-4.1-mini", Kind.OPENAI), usage)
    listed = genai_prices.calc_price(
        genai_prices.Usage(input_tokens=MILLION // 2, output_tokens=MILLION), "gpt-4.1-mini", provider_id="openai"
    )
    assert price == Price(listed.total_price, f"genai-prices {genai_prices.__version__}")
    assert price.dollars > 1


@pytest.mark.parametrize(
    "area", ["", "us.", "eu.", "apac.", "us-gov.", "arn:aws:bedrock:eu-west-1:1:inference-profile/eu."]
)
def test_an_inference_profile_costs_what_its_model_costs(area: str) -> None:
    usage = Usage(1_000_000, 1_000)
    plain = Prices().price(model("amazon.nova-lite-v1:0"), usage)
    assert dollars(Prices().price(model(f"{area}amazon.nova-lite-v1:0"), usage)) == dollars(plain) > 0


def test_cached_tokens_cost_less() -> None:
    full = Prices().price(model("gpt-4.1-mini", Kind.OPENAI), Usage(1_000, 10))
    cached = Prices().price(model("gpt-4.1-mini", Kind.OPENAI), Usage(1_000, 10, cached_tokens=900))
    assert 0 < dollars(cached) < dollars(full)


def test_more_cached_tokens_than_tokens_are_no_error() -> None:
    assert dollars(Prices().price(model("gpt-4.1-mini", Kind.OPENAI), Usage(10, 1, cached_tokens=11))) > 0


def test_another_server_than_openais_is_looked_up_by_its_address() -> None:
    mini = model("gpt-4.1-mini", Kind.OPENAI)
    assert Prices(openai_url="http://127.0.0.1:11434/v1").price(mini, Usage(1, 1)) is None
    assert Prices(openai_url="https://api.openai.com/v1").price(mini, Usage(1, 1)) == Prices().price(mini, Usage(1, 1))
    assert Prices(openai_url="https://api.deepseek.com/v1").price(model("deepseek-chat", Kind.OPENAI), Usage(9, 9))


def test_the_local_model_server_is_free_unless_the_operator_says_otherwise() -> None:
    local = model("llama3.2", Kind.OPENAI, LOCAL)
    assert dollars(Prices().price(local, Usage(MILLION, MILLION))) == 0
    assert dollars(Prices(own=parse_rates("llama3.2=1/1")).price(local, Usage(MILLION, 0))) == 1


def test_an_unknown_price_is_reckoned_at_the_assumed_one() -> None:
    unknown = model("nobody.heard-of-it")
    assert Prices().price(unknown, Usage(1, 1)) is None
    assert Prices().reckoned(unknown, Usage(MILLION, MILLION)) == HIGHEST.input + HIGHEST.output
    assert Prices(assumed=Rate(Decimal(1), Decimal(2))).reckoned(unknown, Usage(0, MILLION)) == 2


def test_the_operators_price_wins_by_either_name() -> None:
    prices = Prices(own=parse_rates("gpt-4.1-mini = 1/2, nova-lite=3/4"))
    assert prices.price(model("gpt-4.1-mini", Kind.OPENAI), Usage(MILLION, MILLION)) == Price(Decimal(3), OWN)
    by_key = next(known for known in MODELS if known.key == "nova-lite")
    assert dollars(prices.price(by_key, Usage(MILLION, MILLION))) == 7


def test_quotes_cost_nothing() -> None:
    assert dollars(Prices().price(QUOTES, Usage())) == 0
    assert Prices().reckoned(QUOTES, Usage(5, 5)) == 0


@pytest.mark.parametrize("text", ["", "1", "1/2/3", "a/b", "-1/2", "nan/1", "inf/1"])
def test_what_is_no_price_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no price"):
        parse_rate(text)


@pytest.mark.parametrize("text", ["1/2", "=1/2", "a"])
def test_a_price_without_a_model_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="names no model"):
        parse_rates(text)


def test_no_entries_are_no_prices() -> None:
    assert parse_rates("") == parse_rates(" , ") == {}
