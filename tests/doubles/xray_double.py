"""X-Ray's door for traces on loopback: it takes signed calls, and of the documents in them those that keep the format's
rules ("X-Ray segment documents" in the developer guide of AWS X-Ray)."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from typing import Any

from tests.doubles.loopback_server import LoopbackServer, Reply, Request

_NAME = re.compile(r"[\w .:/%&#=+\\\-@]{1,200}")
_TRACE = re.compile(r"1-([0-9a-f]{8})-[0-9a-f]{24}")
_MOST_BYTES = 64_000
_OLDEST_SECONDS = 30 * 86_400


class XrayDouble(LoopbackServer):
    """`segments` are the documents that were taken, by id. While `refuses` is true no caller may write; of those ids
    in `throttled` nothing is taken."""

    def __init__(self) -> None:
        self.segments: dict[str, dict[str, Any]] = {}
        self.refuses = False
        self.throttled: set[str] = set()
        super().__init__()

    async def answer(self, request: Request, reply: Reply) -> None:
        """Answer PutTraceSegments."""
        if (request.method, request.path) != ("POST", "/TraceSegments"):
            await reply.json(404, {"message": "no such operation"})
        elif self.refuses or "AWS4-HMAC-SHA256" not in request.headers.get("authorization", ""):
            error = {"message": "not authorized to perform: xray:PutTraceSegments"}
            await reply.json(403, error, {"x-amzn-errortype": "AccessDeniedException"})
        else:
            missed = [why for text in request.json()["TraceSegmentDocuments"] if (why := self._take(text))]
            await reply.json(200, {"UnprocessedTraceSegments": missed})

    def _take(self, text: str) -> dict[str, str] | None:
        segment = json.loads(text)
        wrong = list(_wrong_in_trace(segment))
        if len(text.encode()) > _MOST_BYTES:
            wrong.append("it is too large")
        if segment["id"] in self.throttled:
            return {"Id": segment["id"], "ErrorCode": "ThrottlingException", "Message": "too many segments"}
        if wrong:
            return {"Id": segment["id"], "ErrorCode": "MalformedSegment", "Message": "; ".join(wrong)}
        self.segments[segment["id"]] = segment
        return None


def _wrong_in_trace(segment: dict[str, Any]) -> Iterator[str]:
    trace = _TRACE.fullmatch(segment.get("trace_id", ""))
    if not trace:
        yield "trace_id"
    elif not time.time() - _OLDEST_SECONDS < int(trace[1], 16) <= time.time() + 300:
        yield "the time in trace_id"
    for key, value in segment.get("annotations", {}).items():
        if not re.fullmatch(r"\w{1,500}", key, re.ASCII) or not isinstance(value, str | int | float | bool):
            yield f"annotation {key}"
    yield from _wrong(segment, segment)


def _wrong(part: dict[str, Any], whole: dict[str, Any]) -> Iterator[str]:
    if not re.fullmatch(r"[0-9a-f]{16}", part.get("id", "")):
        yield "id"
    if not _NAME.fullmatch(part.get("name", "")):
        yield "name"
    start, end = part.get("start_time"), part.get("end_time")
    if not isinstance(start, float) or not isinstance(end, float) or not whole["start_time"] <= start <= end:
        yield f"the times of {part.get('name')}"
    for inner in part.get("subsegments", ()):
        yield from _wrong(inner, whole)
