"""Chroma's chunking evaluation: how much of the gold excerpts the retrieved chunks cover, and how much else they hold.

Definitions of "Evaluating Chunking Strategies for Retrieval" (Smith and Troynikov, Chroma, 2024), whole corpora in one
collection, a fixed number of chunks retrieved per question: recall = gold characters covered / gold characters;
precision = gold characters covered / characters retrieved; IoU = gold characters covered / (characters retrieved + gold
characters missed). A character retrieved twice is covered once and counts twice as retrieved.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from retrieval.embedder import Embedder

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Question:
    """`gold` are the excerpts of `corpus` that answer it, in characters."""

    text: str
    corpus: str
    gold: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Passage:
    """`text` is what is embedded, `span` the characters of `corpus` that it stands for."""

    corpus: str
    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class Score:
    """One question's figures, each from 0 to 1."""

    recall: float
    precision: float
    iou: float


def read_questions(folder: Path) -> list[Question]:
    """Read questions.csv. Raises FileNotFoundError."""
    with (folder / "questions.csv").open(encoding="utf-8", newline="") as file:
        return [
            Question(
                row["question"],
                row["corpus_id"],
                tuple((gold["start_index"], gold["end_index"]) for gold in json.loads(row["references"])),
            )
            for row in csv.DictReader(file)
        ]


def read_corpora(folder: Path) -> dict[str, str]:
    """Read each corpus by the name that questions use."""
    return {path.stem: path.read_text(encoding="utf-8") for path in sorted((folder / "corpora").glob("*.md"))}


def _total(spans: Iterable[Span]) -> int:
    return sum(end - start for start, end in spans)


def _union(spans: Iterable[Span]) -> list[Span]:
    merged: list[Span] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def score(question: Question, retrieved: Sequence[Passage]) -> Score:
    """Judge the passages retrieved for a question."""
    gold = _union(question.gold)
    own = [passage.span for passage in retrieved if passage.corpus == question.corpus]
    covered = _total(
        _union(
            (max(start, first), min(end, last))
            for start, end in own
            for first, last in gold
            if max(start, first) < min(end, last)
        )
    )
    size = _total(passage.span for passage in retrieved)
    missed = _total(gold) - covered
    return Score(covered / _total(gold), covered / size, covered / (size + missed))


def evaluate(
    passages: Sequence[Passage], questions: Sequence[Question], embedder: Embedder, retrieve: int
) -> list[Score]:
    """Retrieve for each question by exact cosine, and judge."""
    vectors = embedder.embed_passages([passage.text for passage in passages])
    asked = embedder.embed_passages([question.text for question in questions])
    best = np.argsort(-(asked @ vectors.T), axis=1, kind="stable")[:, :retrieve]
    return [
        score(question, [passages[place] for place in places])
        for question, places in zip(questions, best.tolist(), strict=True)
    ]
