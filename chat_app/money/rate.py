"""What a token of a model costs, as an operator writes it: `MODEL=INPUT/OUTPUT`, in US dollars per million tokens."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

_MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class Rate:
    """US dollars for a million tokens. Cached input tokens cost as much as others: an upper bound."""

    input: Decimal
    output: Decimal

    def cost(self, input_tokens: int, output_tokens: int) -> Decimal:
        """Return US dollars."""
        return (self.input * input_tokens + self.output * output_tokens) / _MILLION


def parse_rate(text: str) -> Rate:
    """Read `INPUT/OUTPUT`, for example `0.4/1.6`. Errors: ValueError that says how to write it."""
    parts = text.split("/")
    try:
        rate = Rate(*(Decimal(part.strip()) for part in parts))
    except (InvalidOperation, TypeError) as error:
        raise ValueError(
            f"{text!r} is no price. Write INPUT/OUTPUT in US dollars per million tokens: 0.4/1.6"
        ) from error
    if not all(part.is_finite() and part >= 0 for part in (rate.input, rate.output)):
        raise ValueError(f"{text!r} is no price: both numbers must be 0 or more.")
    return rate


def parse_rates(text: str) -> Mapping[str, Rate]:
    """Read `MODEL=INPUT/OUTPUT`, joined by commas. Errors: ValueError that says which entry is wrong."""
    rates = {}
    for entry in filter(None, (part.strip() for part in text.split(","))):
        model, equals, rate = entry.rpartition("=")
        if not (model.strip() and equals):
            raise ValueError(f"{entry!r} names no model. Write MODEL=INPUT/OUTPUT, for example llama3.2=0/0")
        rates[model.strip()] = parse_rate(rate)
    return rates
