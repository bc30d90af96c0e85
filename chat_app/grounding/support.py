"""What was found about an answer's statements."""

from __future__ import annotations

from dataclasses import dataclass

LOW = 0.5
"""Share of supported statements below which an answer says that it needs checking."""


@dataclass(frozen=True, slots=True)
class SentenceSupport:
    """A statement of the answer: characters `start` to `end` of its text before any was marked. `reason` says why it
    is not supported, "" when it is; `score` is how close it comes to a cited passage, 0 to 1."""

    start: int
    end: int
    supported: bool
    reason: str
    score: float
    is_row: bool = False


@dataclass(frozen=True, slots=True)
class Support:
    """The statements in order; `share` is that of the supported ones, 1 for an answer that states nothing."""

    sentences: tuple[SentenceSupport, ...] = ()
    share: float = 1.0

    @property
    def unsupported(self) -> tuple[SentenceSupport, ...]:
        return tuple(sentence for sentence in self.sentences if not sentence.supported)

    @property
    def is_low(self) -> bool:
        return self.share < LOW

    def as_json(self) -> dict[str, object]:
        """What a machine reads."""
        faults = [{"start": one.start, "end": one.end, "reason": one.reason} for one in self.unsupported]
        return {"share": round(self.share, 3), "statements": len(self.sentences), "unsupported": faults}
