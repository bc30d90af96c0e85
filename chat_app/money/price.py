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
LOCAL = "local"
"""The provider that stands for a model server of one's own."""


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
    reckoned at in budgets: an unknown price must never mean an unlimited one. `openai_url` is the address that takes
    OpenAI's place, "" for OpenAI itself."""

    own: Mapping[str, Rate] = field(default_factory=dict)
    assumed: Rate = HIGHEST
    openai_url: str = ""

    @property
    def version(self) -> str:
        """What an answer's price was reckoned with."""
        import genai_prices

        listed = f"genai-prices {genai_prices.__version__}"
        return f"own prices, then {listed}" if self.own else listed

    def price(self, model: LanguageModel, usage: Usage) -> Price | None:
        """Return what a request cost; None where no price is known.

        Bedrock's inference profiles (`us.`, `eu.`, `global.`, ARNs) are found as the models that they stand for. What
        another server than OpenAI's asks is looked up by its address, and not known whatever its model is called where
        the list has no such address. Quotes and the local model server are free, unless the operator says otherwise.
        """
        for name in (model.key, model.model_id):
            if (rate := self.own.get(name)) is not None:
                return Price(rate.cost(usage.input_tokens, usage.output_tokens), OWN)
        if model.kind is Kind.QUOTES or model.provider == LOCAL:
            return Price(Decimal(0), OWN)
        if model.kind is Kind.BEDROCK:
            return _listed(model.model_id, usage, "aws")
        return _listed(model.model_id, usage, self.openai_url or "openai")

    def reckoned(self, model: LanguageModel, usage: Usage) -> Decimal:
        """Return what a budget is charged for a request, in US dollars: its price, else the assumed one."""
        price = self.price(model, usage)
        if price is not None:
            return price.dollars
        return self.assumed.cost(usage.input_tokens, usage.output_tokens)


def _listed(model: str, usage: Usage, provider: str) -> Price | None:
    """The list's price of a model, by its provider's name or address."""
    import genai_prices

    counted = genai_prices.Usage(
        input_tokens=usage.input_tokens,
        output_tokens=usage.output_tokens,
        cache_read_tokens=min(usage.cached_tokens, usage.input_tokens),
    )
    try:
        if "://" in provider:
            found = genai_prices.calc_price(counted, model, provider_api_url=provider)
        else:
            found = genai_prices.calc_price(counted, model, provider_id=provider)
    except LookupError:  # neither the provider nor the model need be in the list
        return None
    return Price(found.total_price, f"genai-prices {genai_prices.__version__}")
