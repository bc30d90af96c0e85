"""Questions have a length: what is far longer is no question, and costs like a book."""

from __future__ import annotations

from dataclasses import replace

from chat_app.error import ShieldRefusal
from chat_app.question import Question


class LengthShield:
    """Refuses empty questions and those of more than `most` characters."""

    def __init__(self, most: int) -> None:
        self._most = most

    async def check(self, question: Question) -> Question:
        """Return the question without white space around it. Errors: ShieldRefusal."""
        text = question.text.strip()
        if not text:
            raise ShieldRefusal("**That was an empty question.** Write what you want to know.")
        if len(text) > self._most:
            raise ShieldRefusal(
                f"**That question has {len(text):,} characters, and {self._most:,} are the most.** Ask for one thing, "
                "and quote only the lines that matter."
            )
        return replace(question, text=text)
