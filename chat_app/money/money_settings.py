"""The settings of money; `chat_app.settings` reads them with all others."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings

from chat_app.money.rate import parse_rate, parse_rates

if TYPE_CHECKING:
    from chat_app.money.budget import Budgets
    from chat_app.money.price import Prices


class MoneySettings(BaseSettings):
    """What may be spent, what models cost, and which answers are given again."""

    budget_session: float = Field(default=0.0, ge=0, description="US dollars a session may cost in a day; 0: unlimited")
    budget_user: float = Field(default=0.0, ge=0, description="US dollars that a user may cost in a day; 0: unlimited")
    budget_source: float = Field(default=0.0, ge=0, description="US dollars that a source may cost in a day")
    budget_day: float = Field(default=0.0, ge=0, description="US dollars that all answers of a day may cost")
    model_prices: str = Field(default="", description="own prices: MODEL=INPUT/OUTPUT, joined by commas")
    assumed_price: str = Field(default="15/75", description="price of a model without one, in budgets: INPUT/OUTPUT")
    answer_cache: int = Field(default=10_000, ge=0, description="answers kept to be given again; 0: none")
    answer_cache_days: int = Field(default=30, ge=1, description="days that an answer may be given again")

    @field_validator("model_prices")
    @classmethod
    def _model_prices_are_readable(cls, text: str) -> str:
        parse_rates(text)
        return text

    @field_validator("assumed_price")
    @classmethod
    def _assumed_price_is_readable(cls, text: str) -> str:
        parse_rate(text)
        return text

    def prices(self, *, openai_url: str) -> Prices:
        """What requests to models cost; `openai_url` as in `Prices`."""
        from chat_app.money.price import Prices

        return Prices(own=parse_rates(self.model_prices), assumed=parse_rate(self.assumed_price), openai_url=openai_url)

    def budgets(self) -> Budgets:
        """What may be spent at most."""
        from chat_app.money.budget import Budgets

        most = (self.budget_session, self.budget_user, self.budget_source, self.budget_day)
        return Budgets(*(Decimal(str(dollars)) for dollars in most))
