"""Circuit breakers: a provider that fails is left alone for a while, so that nobody waits for it in vain."""

from __future__ import annotations

import logging
import time

from purgatory.domain.model import HALF_OPENED, OPENED, Context, OpenedState

from chat_app.error import AnswerCut, EmptyAnswer, ModelUnknown, ProviderBusy, ProviderError, ProviderRefused
from chat_app.models.registry import LanguageModel

_LOG = logging.getLogger(__name__)
_FAILURES = 3
_SECONDS = 30.0


class Breakers:
    """One breaker per provider, and one per model for what concerns the model alone: quotas are per model.

    After `failures` in a row a breaker opens for `seconds`; then one request tries whether it works again. A provider
    that says how long it wants to be left alone is left alone for so long.
    """

    def __init__(self, *, failures: int = _FAILURES, seconds: float = _SECONDS) -> None:
        self._failures = failures
        self._seconds = seconds
        self._contexts: dict[str, Context] = {}
        self._trying: set[str] = set()

    def admits(self, model: LanguageModel) -> bool:
        """Whether the model may be asked. The one that asks must tell how it went: `worked`, `failed` or `left`."""
        names = _names(model)
        if any(name in self._trying or self._is_open(name) for name in names):
            return False
        self._trying.update(name for name in names if self._contexts[name].state == HALF_OPENED)
        return True

    def is_open(self, model: LanguageModel) -> bool:
        """Whether a breaker of the model is open, be it that one request may try again by now; changes nothing."""
        return any(self._contexts[name].state == OPENED for name in _names(model) if name in self._contexts)

    def worked(self, model: LanguageModel) -> None:
        """The model answered."""
        for name in _names(model):
            self._context(name).handle_end_request()
        self.left(model)

    def left(self, model: LanguageModel) -> None:
        """Nobody waited for the end: that says nothing about the provider."""
        for name in _names(model):
            self._trying.discard(name)
            self._told(name)

    def failed(self, model: LanguageModel, error: ProviderError) -> None:
        """The model did not answer. What is wrong with one question or one model's name opens nothing."""
        provider, own = _names(model)
        busy = isinstance(error, ProviderBusy)
        if not isinstance(error, (ModelUnknown, EmptyAnswer, AnswerCut)):
            context = self._context(own if busy else provider)
            context.handle_exception(error)
            if isinstance(error, ProviderBusy) and error.retry_after is not None:
                self._open(context, error.retry_after)
            elif isinstance(error, ProviderRefused):
                self._open(context, self._seconds)
        self.left(model)

    def _context(self, name: str) -> Context:
        if name not in self._contexts:
            self._contexts[name] = Context(name, self._failures, self._seconds)
        return self._contexts[name]

    def _is_open(self, name: str) -> bool:
        try:
            self._context(name).handle_new_request()
        except OpenedState:
            return True
        return False

    def _open(self, context: Context, seconds: float) -> None:
        """Open it so that it closes in so many seconds; the library counts them from when it was opened."""
        state = OpenedState(context.name)
        state.opened_at = time.time() + seconds - self._seconds
        context.set_state(state)

    def _told(self, name: str) -> None:
        """Say in the log what changed."""
        context = self._context(name)
        for message in context.messages:
            _LOG.info("breaker %s is %s: %s", name, context.state, type(message).__name__)
        context.messages.clear()


def _names(model: LanguageModel) -> tuple[str, str]:
    return model.provider, f"{model.provider}/{model.key}"
