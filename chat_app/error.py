"""What can go wrong between a question and its answer. Messages say what happened and what to do.

ChatError
├── UnknownSource      a source that has no live index was asked for
├── TooManyQuestions   one address asks faster than the settings allow
├── ShieldRefusal      a shield does not let the question through
├── ShieldUnavailable  a shield cannot check, so nothing is let through
└── ProviderError      the language model's provider failed in a way of its own
    ├── ProviderDown       it cannot be reached, or ended the connection in the middle of an answer
    ├── ProviderSilent     it took longer than the settings allow
    ├── ProviderRefused    it does not accept the key
    ├── ProviderBusy       it limits the rate, or the account's quota is used up
    ├── ModelUnknown       it has no such model, or not for this account
    ├── EmptyAnswer        it answered without a word
    └── AnswerCut          it ended the answer before its end: too long, or withheld

Retrieval has its own errors: `retrieval/error.py`.
"""

from __future__ import annotations


class ChatError(Exception):
    """Something that a person can act on; the message is markdown that is shown as it is."""


class UnknownSource(ChatError):
    """A source that has no live index was asked for."""


class TooManyQuestions(ChatError):
    """One address asks faster than the settings allow."""


class ShieldRefusal(ChatError):
    """A shield does not let the question through."""


class ShieldUnavailable(ChatError):
    """A shield cannot check, so nothing is let through."""


class ProviderError(ChatError):
    """The language model's provider failed."""


class ProviderDown(ProviderError):
    """It cannot be reached, or it ended the connection in the middle of an answer."""


class ProviderSilent(ProviderError):
    """It took longer than the settings allow."""


class ProviderRefused(ProviderError):
    """It does not accept the key."""


class ProviderBusy(ProviderError):
    """It limits the rate, or the account's quota is used up. `retry_after` is in how many seconds it wants to be asked
    again, None where it does not say."""

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class ModelUnknown(ProviderError):
    """It has no such model."""


class EmptyAnswer(ProviderError):
    """It answered without a word."""


class AnswerCut(ProviderError):
    """It ended the answer before its end, because it grew too long or because a filter withheld the rest."""
