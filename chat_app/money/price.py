"""What a request to a model costs: the operator's own prices first, then those that `genai-prices` keeps up to date."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from chat_app.answerer import Usage
from chat_app.models.registry import Kind, LanguageModel
from chat_app.money.rate import Rate

OWN = "own price"
"""Stands in a price's version for a price that the operator wrote."""


@dataclass(frozen=True, slots=True)
class Price:
    """US dollars of one request; `version` names the price list: `genai-prices 0.2.3`, or `own price`."""

    dollars: Decimal
    version: str


HIGHEST = Rate(Decimal(15), Decimal(75))
"""What a model of unknown price is reckoned at: as much as the dearest that people commonly ask."""


@dataclass(frozen=True, slots=True)
class Prices:
    """`own` maps a model's name to its price and wins over the list. `assumed` is what a model of unknown price is
    reckoned at in budgets: an unknown price must never mean an unlimited one."""

    own: Mapping[str, Rate] = field(default_factory=dict)
    assumed: Rate = HIGHEST

    def price(self, model: LanguageModel, usage: Usage) -> Price | None:
        """Return what a request cost; None where no price is known.

        Bedrock's inference profiles (`us.`, `eu.`, `global.`, ARNs) are found as the models that they stand for. A
        server of one's own (Ollama, vLLM) has no price, whatever its model is called, until the operator writes one.
        """
        if model.kind is Kind.QUOTES:
            return Price(Decimal(0), OWN)
        for name in (model.key, model.model_id):
            if (rate := self.own.get(name)) is not None:
                return Price(rate.cost(usage.input_tokens, usage.output_tokens), OWN)
        return _listed(model, usage)

    def reckoned(self, model: LanguageModel, usage: Usage) -> Decimal:
        """Return what a budget is charged for a request, in US dollars: its price, else the assumed one."""
        price = self.price(model, usage)
        if price is not None:
            return price.dollars
        return self.assumed.cost(usage.input_tokens, usage.output_tokens)


def _listed(model: LanguageModel, usage: Usage) -> Price | None:
    """The list's price: for OpenAI and Bedrock by their names, for another server by its address."""
    import genai_prices

    counted = genai_prices.Usage(
        input_tokens=usage.input_tokens,
        output_tokens=usage.output_tokens,
        cache_read_tokens=min(usage.cached_tokens, usage.input_tokens),
    )
    version = f"genai-prices {genai_prices.__version__}"
    try:
        if model.kind is Kind.OPENAI and model.provider != Kind.OPENAI:
            found = genai_prices.calc_price(counted, model.model_id, provider_api_url=model.provider)
        else:
            provider = "aws" if model.kind is Kind.BEDROCK else "openai"
            found = genai_prices.calc_price(counted, model.model_id, provider_id=provider)
    except LookupError:  # neither the provider nor the model need be in the list
        return None
    return Price(found.total_price, version)
