"""What an Upstash plan allows, and how patient its client is: settings, since plans differ."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class UpstashPlan:
    """`rows` are sent in one upsert, `top` is the most results of one query, `parallel` requests run at once while a
    release is built. A refused request is repeated for `patience` seconds, a question's for `question_patience`; what
    was written is waited for `settle` seconds."""

    rows: int = 500
    top: int = 100
    parallel: int = 4
    patience: float = 60.0
    question_patience: float = 10.0
    settle: float = 120.0
