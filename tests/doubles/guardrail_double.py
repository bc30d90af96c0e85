"""A double of Amazon Bedrock's ApplyGuardrail over real HTTP: blocks what says "forbidden", masks e-mail addresses."""

from __future__ import annotations

import json
import re
from typing import Any

from tests.doubles.loopback_server import LoopbackServer, Reply, Request

BLOCKED = "Our rules do not allow this."
ERROR = (
    "User: arn:aws:sts::123456789012:assumed-role/chat-task/i-0abc is not authorized to perform bedrock:ApplyGuardrail"
)
_MAIL = re.compile(r"[\w.]+@[\w.]+\w")


class GuardrailDouble(LoopbackServer):
    """`judged` holds (guardrail, version, source, text) of each request. `status` other than 200 is answered with an
    error that names account and role, as AWS does; `broken` ends the connection."""

    def __init__(self) -> None:
        self.judged: list[tuple[str, str, str, str]] = []
        self.status = 200
        self.broken = False
        super().__init__()

    async def answer(self, request: Request, reply: Reply) -> None:
        if self.broken:
            reply.abort()
            return
        if self.status != 200:
            kind = {403: "AccessDeniedException", 429: "ThrottlingException"}.get(
                self.status, "InternalServerException"
            )
            await reply.json(self.status, {"message": ERROR}, {"x-amzn-ErrorType": kind})
            return
        _, _, guardrail, _, version, _ = request.path.split("/")
        body: dict[str, Any] = json.loads(request.body)
        text = body["content"][0]["text"]["text"]
        self.judged.append((guardrail, version, body["source"], text))
        await reply.json(200, _judgement(text))


def _judgement(text: str) -> dict[str, Any]:
    if "forbidden" in text:
        topics = {"topics": [{"name": "bans", "type": "DENY", "action": "BLOCKED"}]}
        return _intervened(BLOCKED, {"topicPolicy": topics})
    if _MAIL.search(text):
        entities = {"piiEntities": [{"type": "EMAIL", "match": "x", "action": "ANONYMIZED"}]}
        return _intervened(_MAIL.sub("{EMAIL}", text), {"sensitiveInformationPolicy": entities})
    return {"action": "NONE", "outputs": [], "assessments": [{}], "usage": {}}


def _intervened(text: str, assessment: dict[str, Any]) -> dict[str, Any]:
    return {"action": "GUARDRAIL_INTERVENED", "outputs": [{"text": text}], "assessments": [assessment], "usage": {}}
