"""What a failure of the language model's provider means to the person who asked."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from chat_app.error import ModelUnknown, ProviderBusy, ProviderDown, ProviderError, ProviderRefused, ProviderSilent


@contextmanager
def provider_errors(provider: str, model: str, silence_seconds: float) -> Iterator[None]:
    """Turn the client's errors into ProviderError and its kinds, each with its own message."""
    import httpx
    from openai import OpenAIError
    from pydantic_ai.exceptions import AgentRunError, UserError

    try:
        yield
    except (AgentRunError, UserError, OpenAIError, httpx.HTTPError, TimeoutError) as error:
        raise translated(error, provider, model, silence_seconds) from error


def translated(error: Exception, provider: str, model: str, silence_seconds: float) -> ProviderError:
    """Return the error that says what happened and what to do."""
    import httpx
    import openai
    from pydantic_ai import exceptions as ai

    silent = (
        ai.ModelTimeoutError,
        ai.ModelRequestTimeout,
        openai.APITimeoutError,
        httpx.TimeoutException,
        TimeoutError,
    )
    down = (ai.ModelConnectionError, openai.APIConnectionError, httpx.HTTPError)
    status = _status(error)
    if isinstance(error, (*silent, TimeoutError)):
        return ProviderSilent(
            f"**The language model did not answer in time.** {provider} sent nothing for {silence_seconds:g} seconds. "
            "Ask again, or allow more time with `LORECHAT_CHAT_TIMEOUT`."
        )
    if status in (401, 403):
        return ProviderRefused(
            f"**The language model's provider refused the key.** {provider} answered {status}. "
            "Check `OPENAI_API_KEY` and `OPENAI_BASE_URL`."
        )
    if status in (402, 429) or isinstance(error, (ai.ModelRateLimitError, ai.ModelQuotaExceededError)):
        return ProviderBusy(
            f"**The language model's provider limits how often it may be asked.** {provider} answered "
            f"{status or 'so'}: wait a minute and ask again, or check the account's quota."
        )
    if status == 404:
        return ModelUnknown(
            f"**{provider} does not know the model `{model}`.** Set `LORECHAT_CHAT_MODEL` to one that it has."
        )
    if status is None and isinstance(error, down):
        return ProviderDown(
            f"**The language model cannot be reached.** The connection to {provider} failed or broke off. "
            "Check that it runs, and `OPENAI_BASE_URL`."
        )
    said = f"answered {status}" if status else f"failed ({_short(error)})"
    return ProviderError(f"**The language model failed.** {provider} {said}. Ask again; if it stays, look at its logs.")


def _status(error: BaseException | None) -> int | None:
    """The HTTP status of an error or of what caused it."""
    while error is not None:
        status = getattr(error, "status_code", None)
        if isinstance(status, int):
            return status
        error = error.__cause__
    return None


def _short(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:200]
