"""What people are told about an answer's cost."""

from __future__ import annotations

import pytest

from chat_app.answerer import Usage
from chat_app.money.receipt import dollars, receipt


def test_a_receipt_tells_tokens_and_price() -> None:
    assert receipt(Usage(1_234, 210, 200), 0.00123) == (
        "1,234 tokens read (200 of them remembered by the provider), 210 written: $0.0012."
    )


def test_a_receipt_names_the_price_lists() -> None:
    assert receipt(Usage(10, 2), 1.0, prices="genai-prices 0.2.3").endswith("$1.00 (by genai-prices 0.2.3).")


def test_a_receipt_says_when_no_price_is_known() -> None:
    assert receipt(Usage(10, 2), None) == "10 tokens read, 2 written: no price is known for this model."


def test_an_answer_that_is_given_again_costs_nothing() -> None:
    assert "nothing was spent" in receipt(Usage(), 0.0, cached=True)


def test_an_answer_that_is_given_again_tells_what_it_took_to_understand_the_question() -> None:
    told = receipt(Usage(), 0.0001, cached=True)
    assert "$0.0001 was spent" in told
    assert "nothing was spent" not in told


def test_quotes_cost_nothing() -> None:
    assert receipt(Usage(), None) == "No language model was asked, nothing was spent."


@pytest.mark.parametrize(
    ("cost", "text"), [(0, "$0"), (12.345, "$12.35"), (0.5, "$0.5"), (0.0012345, "$0.0012"), (0.0000351, "$0.0000351")]
)
def test_an_amount_keeps_the_digits_that_say_something(cost: float, text: str) -> None:
    assert dollars(cost) == text
