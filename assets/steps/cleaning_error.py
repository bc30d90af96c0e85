"""What cleaning raises."""

from __future__ import annotations

NO_CONTENT = "no_content"


class CleaningError(Exception):
    """A page that cannot be turned into a document.

    `rule` names the broken rule as the quarantine table counts it; `reason` says what was found and what to do.
    """

    def __init__(self, rule: str, reason: str) -> None:
        super().__init__(f"{rule}: {reason}")
        self.rule = rule
        self.reason = reason
