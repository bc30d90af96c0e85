"""Which models can be asked with what is set."""

from __future__ import annotations

import ipaddress
import logging
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from chat_app.models.registry import MODELS, Kind, LanguageModel, is_passed_on, known

if TYPE_CHECKING:
    from chat_app.settings import ChatSettings

_LOG = logging.getLogger(__name__)
OPENAI, BEDROCK, LOCAL = "openai", "bedrock", "local"
"""The providers: each has one client and one circuit breaker."""
_UNKNOWN_CONTEXT = 32_000
"""Tokens that are taken for granted of a model that is not in the registry."""
_ANSWER = 4_096
_OWN_NAMES = ("localhost", "host.docker.internal", "host.containers.internal")


def configured(settings: ChatSettings) -> list[LanguageModel]:
    """Return every model that can be asked when none is named."""
    found = [model for model in MODELS if model.kind is Kind.BEDROCK and settings.bedrock]
    if settings.openai_base_url:
        found.append(_served("", OPENAI, is_own=is_own_address(settings.openai_base_url)))
    elif settings.openai_api_key.get_secret_value():
        found += [model for model in MODELS if model.kind is Kind.OPENAI]
    if settings.local_url:
        found.append(_served(settings.local_model, LOCAL, is_own=True))
    return found


def named(names: str, settings: ChatSettings) -> list[LanguageModel]:
    """Return the models that a setting names, joined by commas, in its order: keys of the registry, or what a provider
    calls them, with `openai:`, `bedrock:` or `local:` before it where that is not clear. A model whose provider is not
    configured is left out, and the log says so."""
    wanted = [name.strip() for name in names.split(",") if name.strip()]
    found = [(name, _model(name, settings)) for name in wanted]
    for name, model in found:
        if model is None:
            _LOG.warning("no provider is configured for the model %s: it is not asked", name)
    return [model for _, model in found if model is not None]


def is_own_address(url: str) -> bool:
    """Whether a server is this machine or on a private network. A name tells nothing, so it counts as outside."""
    host = urlsplit(url).hostname or ""
    if host in _OWN_NAMES:
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return address.is_private and not address.is_unspecified


def _model(name: str, settings: ChatSettings) -> LanguageModel | None:
    prefix, colon, rest = name.partition(":")
    if colon and prefix in (OPENAI, BEDROCK, LOCAL):
        return _at(prefix, rest, settings)
    registered = known(name)
    if registered is not None and registered.kind is Kind.BEDROCK:
        return _at(BEDROCK, name, settings)
    return next((model for place in (OPENAI, LOCAL, BEDROCK) if (model := _at(place, name, settings))), None)


def _at(provider: str, name: str, settings: ChatSettings) -> LanguageModel | None:
    """The model as this provider knows it; None when the provider is not configured."""
    registered = known(name)
    if provider == BEDROCK and settings.bedrock:
        return registered or LanguageModel(name, Kind.BEDROCK, name, name, _UNKNOWN_CONTEXT, _ANSWER, 5, 5)
    if provider == LOCAL and settings.local_url:
        return _served(name, LOCAL, is_own=True)
    if provider == OPENAI and settings.openai_base_url:
        return _served(name, OPENAI, is_own=is_own_address(settings.openai_base_url))
    if provider == OPENAI and settings.openai_api_key.get_secret_value():
        return registered or LanguageModel(name, Kind.OPENAI, name, name, _UNKNOWN_CONTEXT, _ANSWER, 5, 5)
    return None


def _served(name: str, provider: str, *, is_own: bool) -> LanguageModel:
    """A model of a server that speaks OpenAI's chat completions; without a name, the first that it offers."""
    stays = is_own and not is_passed_on(name)
    key = f"{provider}:{name}" if name else provider
    title = name or "the model server's own model"
    return LanguageModel(key, Kind.OPENAI, name, title, _UNKNOWN_CONTEXT, _ANSWER, 4, 7, local=stays, provider=provider)
