"""What remote embedding costs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from retrieval.embedder import Embedder


@dataclass(frozen=True, slots=True)
class Spent:
    """What was charged: requests, the provider's tokens, and US dollars, None where the price is not known."""

    requests: int = 0
    tokens: int = 0
    dollars: float | None = None

    def since(self, earlier: Spent) -> Spent:
        """Return what was charged after an earlier account."""
        dollars = None if self.dollars is None else self.dollars - (earlier.dollars or 0.0)
        return Spent(self.requests - earlier.requests, self.tokens - earlier.tokens, dollars)

    def as_metadata(self) -> dict[str, int | float]:
        """Return what a person wants to see of a run; nothing where nothing was charged."""
        if not self.requests:
            return {}
        cost = {} if self.dollars is None else {"cost in US dollars": round(self.dollars, 6)}
        return {"provider's requests": self.requests, "provider's tokens": self.tokens, **cost}


@runtime_checkable
class Charged(Protocol):
    """An embedder whose provider charges."""

    @property
    def spent(self) -> Spent:
        """What all calls so far cost."""
        ...


def spent_by(embedder: Embedder) -> Spent:
    """Return what an embedder's calls cost so far; nothing for one that is local."""
    return embedder.spent if isinstance(embedder, Charged) else Spent()
