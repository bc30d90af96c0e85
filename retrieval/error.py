"""What can go wrong between a text and its neighbours. Messages say what happened and what to do.

RetrievalError
├── IndexMissing     the source has no live release
├── IndexDamaged     the live release's files do not fit together
├── ModelMismatch    the release was made with another embedding model
├── ModelUnavailable the model's package, files or engine are missing or not what they should be
├── StoreUnreachable a remote vector store cannot be reached, or refuses what it is asked
├── Throttled        a remote model or store asks to be called less often
└── BatchTooLarge    one call's batch does not fit the memory of what computes it
"""

from __future__ import annotations


class RetrievalError(Exception):
    """Something that a person can act on."""


class IndexMissing(RetrievalError):
    """The source has no live release."""


class IndexDamaged(RetrievalError):
    """The live release's files do not fit together."""


class ModelMismatch(RetrievalError):
    """The release was made with another embedding model than the one asking."""


class ModelUnavailable(RetrievalError):
    """The embedding model cannot be loaded."""


class StoreUnreachable(RetrievalError):
    """A remote vector store cannot be reached, or refuses what it is asked."""


class Throttled(RetrievalError):
    """A remote embedder or store refused a call because of its rate (HTTP 429, or 503 with Retry-After).

    `retry_after` is the time to wait in seconds, where it says so.
    """

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class BatchTooLarge(RetrievalError):
    """One call's batch does not fit the memory of the device; a smaller one may."""
