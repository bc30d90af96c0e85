"""No secret leaves the chat: keys and passwords that stand in pages, or that a model makes up, are cut out."""

from __future__ import annotations

import re
from collections.abc import Sequence

from chat_app.shields.secret_pattern import LONGEST_VALUE, PATTERNS, SecretPattern

_SLICE = 2_000
_MOST_HELD = 400
_REMOVED = "(removed: {})"


def _named(pattern: SecretPattern, place: int) -> str:
    return pattern.whole.replace("?P<lead>", f"?P<lead{place}>").replace("?P<value>", f"?P<value{place}>")


def _any_of(ways: Sequence[str]) -> str:
    """One expression for all patterns. Those that begin words share one look at the character before."""
    at_word = "|".join(way for way, pattern in zip(ways, PATTERNS, strict=True) if not pattern.anywhere)
    anywhere = "|".join(way for way, pattern in zip(ways, PATTERNS, strict=True) if pattern.anywhere)
    return f"(?:(?<![A-Za-z0-9])(?:{at_word})|{anywhere})"


_WHOLE = re.compile(_any_of([_named(pattern, place) for place, pattern in enumerate(PATTERNS)]))
_BEGUN = re.compile(_any_of([pattern.begun for pattern in PATTERNS]) + r"\Z")
_VALUES = [re.compile(f"{pattern.charset}*") for pattern in PATTERNS]


class SecretShield:
    """Puts "(removed: API key)" in a secret's place. Never shows its beginning first."""

    def __init__(self) -> None:
        self._before = ""
        self._buffer = ""
        self._swallowing: int | None = None
        self._swallowed = ""
        self.removed: list[str] = []

    async def feed(self, piece: str) -> str:
        """Return the text that is safe by now."""
        shown: list[str] = []
        for at in range(0, len(piece), _SLICE):
            self._buffer += piece[at : at + _SLICE]
            shown.append(self._advance(final=False))
        return "".join(shown)

    async def finish(self) -> str:
        """Return the rest."""
        return self._advance(final=True)

    def _advance(self, *, final: bool) -> str:
        shown: list[str] = []
        while self._buffer:
            if self._swallowing is not None and not self._swallow(self._swallowing):
                break
            text, goes_on = self._next(final)
            shown.append(text)
            if not goes_on:
                break
        return "".join(shown)

    def _next(self, final: bool) -> tuple[str, bool]:
        """Take what can be judged of the buffer; return it as it is shown, and whether there may be more."""
        text = self._before + self._buffer
        match = _WHOLE.search(text, len(self._before))
        if match is None:
            begun = None if final else _BEGUN.search(text, max(len(self._before), len(text) - _MOST_HELD))
            return self._take((begun.start() if begun else len(text)) - len(self._before)), False
        place = int((match.lastgroup or "")[len("value") :])
        value, begins = match[f"value{place}"], match.start() - len(self._before)
        if match.end() == len(text) and len(value) < LONGEST_VALUE and not final:
            return self._take(begins), False
        lead = match[f"lead{place}"]
        if not PATTERNS[place].is_secret(lead, value, text[match.end() : match.end() + 1]):
            return self._take(begins + len(lead)), True
        return self._removed(place, begins, lead), True

    def _removed(self, place: int, begins: int, lead: str) -> str:
        """Show what stands before a secret, and begin to swallow its value."""
        pattern = PATTERNS[place]
        self.removed.append(pattern.name)
        shown = self._take(begins + (len(lead) if pattern.keeps_lead else 0))
        self._buffer = self._buffer if pattern.keeps_lead else self._buffer[len(lead) :]
        self._swallowing, self._swallowed, self._before = place, "", ")"
        return shown + _REMOVED.format(pattern.name)

    def _swallow(self, place: int) -> bool:
        """Drop the value's characters; return whether its end was reached."""
        run = _VALUES[place].match(self._buffer)
        taken = run.end() if run else 0
        text = self._swallowed + self._buffer[:taken]
        end = PATTERNS[place].end
        ended = end.search(text) if end else None
        if ended is not None:
            taken = ended.end() - len(self._swallowed)
        self._swallowed = text[-_MOST_HELD // 4 :]
        self._buffer = self._buffer[taken:]
        if ended is None and not self._buffer:
            return False
        self._swallowing = None
        return True

    def _take(self, count: int) -> str:
        taken, self._buffer = self._buffer[:count], self._buffer[count:]
        self._before = taken[-1:] or self._before
        return taken
