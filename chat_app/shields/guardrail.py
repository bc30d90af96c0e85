"""Amazon Bedrock Guardrails as a shield: the operator's own policies, checked by AWS on the way in and on the way out.

https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ApplyGuardrail.html
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from dataclasses import dataclass, replace
from threading import Lock
from typing import Any, Literal

from chat_app.error import ShieldRefusal, ShieldUnavailable
from chat_app.question import Question

_LOG = logging.getLogger(__name__)
_CONNECT_SECONDS = 3
_READ_SECONDS = 10
_UNAVAILABLE = (
    "**The safety check of this chat cannot be reached, so nothing is answered.** Try again in a minute. If it stays, "
    "tell whoever runs this chat: the server's log says what is wrong."
)
_REFUSED = "**The rules of this chat do not allow this.** Ask about what the pages cover."


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a guardrail says of a text. `text` is what may be shown: the text itself, the text with parts masked, or
    the operator's message when it is blocked."""

    is_blocked: bool
    text: str


class Guardrail:
    """A guardrail of an AWS account. The client is made when the first text is judged; safe under threads."""

    def __init__(self, *, guardrail_id: str, version: str, region: str = "", endpoint: str = "") -> None:
        self._id = guardrail_id
        self._version = version
        self._region = region
        self._endpoint = endpoint
        self._client: Any = None
        self._opening = Lock()

    async def judge(self, text: str, source: Literal["INPUT", "OUTPUT"]) -> Judgement:
        """Return what the guardrail says. Errors: ShieldUnavailable, whose message tells nothing of the account."""
        return await asyncio.to_thread(self._judge, text, source)

    def close(self) -> None:
        """Close the connections."""
        with self._opening:
            client, self._client = self._client, None
        if client is not None:
            client.close()

    def _judge(self, text: str, source: str) -> Judgement:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            reply = self._opened().apply_guardrail(
                guardrailIdentifier=self._id,
                guardrailVersion=self._version,
                source=source,
                content=[{"text": {"text": text}}],
            )
        except (BotoCoreError, ClientError) as error:
            _LOG.error("the guardrail %s cannot check: %s", self._id, error)
            raise ShieldUnavailable(_UNAVAILABLE) from None
        if reply.get("action") == "NONE":
            return Judgement(False, text)
        said = "".join(output.get("text", "") for output in reply.get("outputs", ()))
        actions = set(_actions(reply.get("assessments", ())))
        return Judgement("ANONYMIZED" not in actions or "BLOCKED" in actions or not said, said)

    def _opened(self) -> Any:
        with self._opening:
            if self._client is None:
                import boto3
                from botocore.config import Config

                config = Config(
                    connect_timeout=_CONNECT_SECONDS,
                    read_timeout=_READ_SECONDS,
                    retries={"total_max_attempts": 2, "mode": "standard"},
                )
                self._client = boto3.client(
                    "bedrock-runtime",
                    region_name=self._region or None,
                    endpoint_url=self._endpoint or None,
                    config=config,
                )
            return self._client


class GuardrailInputShield:
    """Asks the guardrail about each question."""

    def __init__(self, guardrail: Guardrail) -> None:
        self._guardrail = guardrail

    async def check(self, question: Question) -> Question:
        """Return the question, masked where the guardrail masks. Errors: ShieldRefusal, ShieldUnavailable."""
        judged = await self._guardrail.judge(question.text, "INPUT")
        if judged.is_blocked:
            raise ShieldRefusal(judged.text or _REFUSED)
        return question if judged.text == question.text else replace(question, text=judged.text)


class GuardrailOutputShield:
    """Asks the guardrail about an answer, some `block` characters at a time: nothing is shown before it was judged.

    What a guardrail would see only across two blocks it does not see; blocks end at white space where there is some.
    """

    def __init__(self, guardrail: Guardrail, *, block: int = 1_000) -> None:
        self._guardrail = guardrail
        self._block = block
        self._held = ""
        self._blocked = False

    async def feed(self, piece: str) -> str:
        """Return what was judged by now. Errors: ShieldUnavailable."""
        shown = ""
        self._held = "" if self._blocked else self._held + piece
        while len(self._held) >= self._block:
            end = max(self._held.rfind(" ", 0, self._block), self._held.rfind("\n", 0, self._block)) + 1 or self._block
            block, self._held = self._held[:end], self._held[end:]
            shown += await self._judged(block)
        return shown

    async def finish(self) -> str:
        """Return the rest. Errors: ShieldUnavailable."""
        block, self._held = self._held, ""
        return await self._judged(block) if block else ""

    async def _judged(self, block: str) -> str:
        if not block.strip():
            return block
        judged = await self._guardrail.judge(block, "OUTPUT")
        if not judged.is_blocked:
            return judged.text
        self._blocked, self._held = True, ""
        return f"\n\n{judged.text or _REFUSED}"


def _actions(found: Any) -> Iterator[str]:
    """Yield every `action` in the assessments, however deep."""
    if isinstance(found, dict):
        if isinstance(found.get("action"), str):
            yield found["action"]
        found = list(found.values())
    if isinstance(found, (list, tuple)):
        for inner in found:
            yield from _actions(inner)
