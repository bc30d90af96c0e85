"""What a failure of a language model's provider means, in words for people: no key, account or address is in them.

The provider's own words go to the log, without what must not be seen there.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from chat_app.error import ModelUnknown, ProviderBusy, ProviderDown, ProviderError, ProviderRefused, ProviderSilent

_LOG = logging.getLogger(__name__)
_SECRETS = re.compile(
    r"arn:[^\s\"',]+|\b\d{12}\b|\bsk-[\w*-]+|\b(?:AKIA|ASIA)[A-Z0-9]{16}\b|(?i:bearer)\s+\S+|\bi-[0-9a-f]{4,}"
)
_LONGEST = 400


@dataclass(frozen=True, slots=True)
class Advice:
    """What an operator looks at. `provider` is what people call it; the others complete "Check ..." or "Set ..."."""

    provider: str
    key: str
    address: str
    model: str


def silent(advice: Advice, seconds: float) -> ProviderSilent:
    """The error of a provider that sent nothing for so long."""
    return ProviderSilent(
        f"**The language model did not answer in time.** {advice.provider} sent nothing for {seconds:g} seconds. "
        "Ask again, or allow more time with `LORECHAT_CHAT_TIMEOUT`."
    )


@contextmanager
def provider_errors(advice: Advice, model: str, also: tuple[type[Exception], ...] = ()) -> Iterator[None]:
    """Turn a client's errors into ProviderError and its kinds, each with its own message. `also` are errors of the
    client that the model library lets through."""
    from pydantic_ai.exceptions import AgentRunError, UserError

    caught: tuple[type[Exception], ...] = (AgentRunError, UserError, TimeoutError, *also)
    try:
        yield
    except caught as error:
        found = translated(error, advice, model)
        _LOG.warning("%s, asked for %s: %s: %s", advice.provider, model, type(found).__name__, redacted(error))
        raise found from error


def translated(error: Exception, advice: Advice, model: str) -> ProviderError:
    """Return the error that says what happened and what to do."""
    from pydantic_ai import exceptions as ai

    status = _status(error)
    code = str(getattr(error, "provider_error_code", None) or type(error).__name__)
    retry_after = getattr(error, "retry_after", None)
    if (
        isinstance(error, (ai.ModelTimeoutError, ai.ModelRequestTimeout, TimeoutError))
        or code == "ModelTimeoutException"
    ):
        return ProviderSilent(
            f"**The language model did not answer in time.** {advice.provider} gave up waiting. Ask again, or allow "
            "more time with `LORECHAT_CHAT_TIMEOUT`."
        )
    if code == "AccessDeniedException":
        return ModelUnknown(
            f"**The account may not use the model `{model}`.** {advice.provider} denied it: ask for access to it "
            f"in that region, and allow bedrock:InvokeModelWithResponseStream. Or {advice.model}."
        )
    if (
        status in (401, 403)
        or isinstance(error, ai.ModelAuthenticationError)
        or "Credentials" in code
        or "Token" in code
    ):
        return ProviderRefused(
            f"**The language model's provider refused the key.** {advice.provider} answered {status or code}. "
            f"{advice.key}"
        )
    if status in (402, 429) or isinstance(error, (ai.ModelRateLimitError, ai.ModelQuotaExceededError)):
        return ProviderBusy(
            f"**The language model's provider limits how often it may be asked.** {advice.provider} answered "
            f"{status or 'so'}: wait a minute and ask again, or check the account's quota.",
            retry_after=retry_after,
        )
    if status == 404 or isinstance(error, ai.ModelNotFoundError) or code == "ValidationException":
        return ModelUnknown(
            f"**{advice.provider} does not know the model `{model}`**, or not in this region and for such a request. "
            f"{advice.model}."
        )
    if status is None and isinstance(error, (ai.ModelConnectionError, OSError)):
        return ProviderDown(
            f"**The language model cannot be reached.** The connection to {advice.provider} failed or broke off. "
            f"{advice.address}"
        )
    said = f"answered {status}" if status else "failed"
    return ProviderError(
        f"**The language model failed.** {advice.provider} {said}. Ask again; if it stays, look at the chat's log."
    )


def redacted(error: BaseException) -> str:
    """A client's error in one line, without keys, accounts and resource names."""
    return _SECRETS.sub("***", " ".join(str(error).split()))[:_LONGEST]


def headline(error: ProviderError) -> str:
    """What happened, without what an operator does about it, as a part of a sentence."""
    found = re.match(r"\*\*(.*?)\.?\*\*", str(error))
    said = found[1] if found else "it failed"
    return said[0].lower() + said[1:]


def _status(error: BaseException | None) -> int | None:
    """The HTTP status of an error or of what caused it."""
    while error is not None:
        status = getattr(error, "status_code", None)
        if isinstance(status, int):
            return status
        error = error.__cause__
    return None
