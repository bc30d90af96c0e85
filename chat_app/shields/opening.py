"""The shields that the settings ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chat_app.shields.control_character import ControlCharacterShield
from chat_app.shields.guardrail import Guardrail, GuardrailInputShield, GuardrailOutputShield
from chat_app.shields.injection import InjectionPolicy, InjectionShield
from chat_app.shields.length import LengthShield
from chat_app.shields.markup import MarkupShield
from chat_app.shields.rules import RulesShield
from chat_app.shields.secret import SecretShield
from chat_app.shields.shield import InputChain, InputShield, OutputChain, OutputShield, Shields

if TYPE_CHECKING:
    from chat_app.settings import ChatSettings


def open_shields(settings: ChatSettings) -> Shields:
    """Return the chains; nothing is opened yet. The cheapest input check comes first, and AWS sees only what the
    others let through."""
    guardrail = _guardrail(settings)
    shields: list[InputShield] = [
        ControlCharacterShield(),
        LengthShield(settings.longest_question),
        InjectionShield(InjectionPolicy(settings.injection_policy)),
    ]
    if guardrail is not None:
        shields.append(GuardrailInputShield(guardrail))

    def output() -> OutputShield:
        own: list[OutputShield] = [MarkupShield(), RulesShield(), SecretShield()]
        return OutputChain([*own, GuardrailOutputShield(guardrail)] if guardrail is not None else own)

    if guardrail is None:
        return Shields(InputChain(shields), output)
    return Shields(InputChain(shields), output, guardrail.close)


def _guardrail(settings: ChatSettings) -> Guardrail | None:
    if not settings.guardrail_id:
        return None
    return Guardrail(
        guardrail_id=settings.guardrail_id,
        version=settings.guardrail_version,
        region=settings.bedrock_region,
        endpoint=settings.bedrock_endpoint,
    )
