"""The rules that a model is given do not come out again: a model that was talked into reciting them recites nothing."""

from __future__ import annotations

import re
from collections import defaultdict
from itertools import chain

from chat_app.prompt import RULES

_LONGEST_RUN = 8
"""Words that an answer may share with the rules in one run; what goes on longer is taken out."""
_LONGEST_WORD = 40
_TOKEN = re.compile(r"\w+|\W+")
_WORDS = tuple(word.lower() for word in re.findall(r"\w+", RULES))
_PLACES: defaultdict[str, list[int]] = defaultdict(list)
for _place, _word in enumerate(_WORDS):
    _PLACES[_word].append(_place)


class RulesShield:
    """Holds back at most seven words: those that may become a run of the rules' words."""

    def __init__(self) -> None:
        self._word = ""
        self._held: list[str] = []
        self._runs: dict[int, int] = {}  # place of the last word in the rules -> words of the run
        self._is_reciting = False
        self.removed = 0

    async def feed(self, piece: str) -> str:
        """Return what is no recital by now."""
        text, self._word = self._word + piece, ""
        tokens = _TOKEN.findall(text)
        if tokens and (tokens[-1][-1].isalnum() or tokens[-1][-1] == "_") and len(tokens[-1]) <= _LONGEST_WORD:
            self._word = tokens.pop()  # it may go on
        return "".join(chain.from_iterable(map(self._take, tokens)))

    async def finish(self) -> str:
        """Return the rest."""
        word, self._word = self._word, ""
        rest = [*self._take(word), *([] if self._is_reciting else self._held)] if word else self._held
        self._held = []
        return "".join(rest)

    def _take(self, token: str) -> list[str]:
        if not (token[0].isalnum() or token[0] == "_"):
            return self._between(token)
        word = token.lower()
        runs = dict.fromkeys(_PLACES.get(word, ()), 1)
        for place, length in self._runs.items():
            if place + 1 < len(_WORDS) and _WORDS[place + 1] == word:
                runs[place + 1] = max(length + 1, runs.get(place + 1, 0))
        self._runs = runs
        longest = max(runs.values(), default=0)
        was_reciting, self._is_reciting = self._is_reciting, longest > _LONGEST_RUN - 1
        self._held.append(token)
        if self._is_reciting:
            return self._released(0 if was_reciting else longest, drop=True)
        return self._released(longest)

    def _between(self, token: str) -> list[str]:
        """Spaces and punctuation go with the words in front of them."""
        if self._held or self._is_reciting:
            self._held.append(token)
            return []
        return [token]

    def _released(self, words: int, *, drop: bool = False) -> list[str]:
        """Let go of all held tokens but the last so many words; `drop` these as well, and all when it is none."""
        if drop and not words:
            self._held = []
            return []
        at = len(self._held)
        while words and at:
            at -= 1
            words -= self._held[at][0].isalnum() or self._held[at][0] == "_"
        gone, self._held = self._held[:at], self._held[at:]
        if drop:
            self.removed += 1
            self._held = []
        return gone
