"""Topics of questions: those that mean nearly the same stand together, named by their most central one."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]

_NEAR = 0.6
"""Cosine similarity of two questions of one topic, for the embedding model that comes with LoreChat: rewordings of a
question lie above it, other questions about the same page below."""
_TERMS = 4
_WORD = re.compile(r"[\w-]{3,}")
_COMMON_WORDS = """
the and for are can how what why when where which who does did with from into that this there have has not you your
should would could will was were its his her our their any all one out about use get make
der die das und wie wer wann warum ein eine ist sind mit für kann ich
"""
_COMMON = frozenset(_COMMON_WORDS.split())


@dataclass(frozen=True, slots=True)
class Topic:
    """`members` are places in the questions that were clustered, the most central one first."""

    members: tuple[int, ...]
    terms: tuple[str, ...]

    @property
    def central(self) -> int:
        return self.members[0]


def topics(questions: Sequence[str], vectors: Vectors, *, near: float = _NEAR) -> list[Topic]:
    """Return the topics of questions, largest first. `vectors` are theirs, one a row, of length 1.

    Average-linkage agglomeration: the two groups whose questions are nearest on average are joined as long as they are
    nearer than `near`. Costs n^2 memory and n^3 time in the worst case: a second for 500 questions.
    """
    if not questions:
        return []
    close = np.asarray(vectors @ vectors.T, dtype=np.float64)
    groups = _joined(close, near)
    found = [_topic(questions, group, close) for group in groups]
    return sorted(found, key=lambda topic: (-len(topic.members), topic.central))


def _joined(close: NDArray[np.float64], near: float) -> list[list[int]]:
    groups: list[list[int]] = [[place] for place in range(len(close))]
    between = close.copy()
    np.fill_diagonal(between, -np.inf)
    while len(groups) > 1:
        one, other = divmod(int(np.argmax(between)), len(groups))
        if between[one, other] < near:
            break
        a, b = len(groups[one]), len(groups[other])
        mean = (between[one] * a + between[other] * b) / (a + b)
        between[one], between[:, one] = mean, mean
        between[one, one] = -np.inf
        groups[one] += groups[other]
        between = np.delete(np.delete(between, other, axis=0), other, axis=1)
        del groups[other]
    return groups


def _topic(questions: Sequence[str], group: Sequence[int], close: NDArray[np.float64]) -> Topic:
    central = sorted(group, key=lambda place: (-close[place, list(group)].sum(), place))
    words = Counter(word for place in group for word in set(_words(questions[place])))
    inside = sorted(words, key=lambda word: (-words[word], word))
    return Topic(tuple(central), tuple(inside[:_TERMS]))


def _words(question: str) -> list[str]:
    return [word for word in _WORD.findall(question.casefold()) if word not in _COMMON]
