"""Sentences about a passage, judged by hand: how many of those that it does not say are found, and at what price.

The bound of cosine alone, and all that the checker weighs, were chosen on the half `dev`; figures are of the other.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import yaml

from benches.figure import Figure
from chat_app.grounding.checker import check_support
from chat_app.sentence import plain_text, sentences
from data_contracts.identity import text_hash
from data_contracts.passage import Passage
from retrieval.embedder import Embedder
from retrieval.models import load_embedder

_SENTENCES = Path(__file__).parent / "grounding_sentences.yaml"
_CACHE = Path(".lorechat/models")
_TIMED = 6  # sentences of one answer
_ROUNDS = 20


@dataclass(frozen=True, slots=True)
class Labelled:
    """A sentence about a passage; `is_said`: the passage says it."""

    half: str
    passage: Passage
    is_said: bool
    kind: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Found:
    """How well what is not said was found."""

    precision: float
    recall: float

    @property
    def f1(self) -> float:
        total = self.precision + self.recall
        return 2 * self.precision * self.recall / total if total else 0.0


def run(_data: Path) -> list[Figure]:
    """Return the figures of the held-out half, against cosine alone in the same run."""
    embedder = load_embedder(cache=_CACHE, threads=1)
    held = labelled("held")
    checked, cosine = found(held, checked_by(embedder)), found(held, cosine_below(embedder, best_bound(embedder)))
    goals = {"precision": ">= 0.8", "recall": ">= 0.8", "f1": ">= 0.8"}
    figures = [
        Figure(
            f"unsupported sentences, {name}, {len(held)} held out",
            getattr(checked, name),
            "",
            goal,
            getattr(cosine, name),
            "cosine alone",
        )
        for name, goal in goals.items()
    ]
    return [*figures, Figure(f"checking {_TIMED} sentences", _cpu_milliseconds(embedder, held), "CPU ms")]


def labelled(half: str) -> list[Labelled]:
    """Return the sentences of one half, "dev" or "held"."""
    rows = yaml.safe_load(_SENTENCES.read_text())
    return [Labelled(half, _passage(row), *claim) for row in rows if row["half"] == half for claim in row["claims"]]


def found(rows: Sequence[Labelled], is_refused: Callable[[Labelled], bool]) -> Found:
    """Return how well a judge finds the sentences that their passage does not say."""
    refused = [row for row in rows if is_refused(row)]
    right = sum(not row.is_said for row in refused)
    wanted = sum(not row.is_said for row in rows)
    return Found(right / len(refused) if refused else 0.0, right / wanted)


def checked_by(embedder: Embedder) -> Callable[[Labelled], bool]:
    """The chat's own check, on an answer of the one sentence with its citation."""
    return lambda row: check_support(f"{row.sentence} [1]", [row.passage], embedder).share < 1


def cosine_below(embedder: Embedder, bound: float) -> Callable[[Labelled], bool]:
    """Refuses what is less close than this to every sentence of the passage."""
    return lambda row: _closest(embedder, row) < bound


def best_bound(embedder: Embedder) -> float:
    """Return the bound that is best on the development half, the kindest way to use cosine alone."""
    rows = labelled("dev")
    close = [_closest(embedder, row) for row in rows]
    nearness = dict(zip(map(id, rows), close, strict=True))
    bounds = np.arange(0.3, 1.0, 0.01)
    return float(max(bounds, key=lambda bound: found(rows, lambda row: nearness[id(row)] < bound).f1))


def _closest(embedder: Embedder, row: Labelled) -> float:
    texts = [plain_text(row.sentence), *(one.plain for one in sentences(row.passage.body))]
    vectors = embedder.embed_passages(texts)
    return float((vectors[1:] @ vectors[0]).max())


def _cpu_milliseconds(embedder: Embedder, rows: Sequence[Labelled]) -> float:
    """Of answers of six sentences over three passages each; every passage is new to the checker's memory once."""
    passages = list({row.passage.chunk_id: row.passage for row in rows}.values())
    answers = []
    for at in range(_ROUNDS):
        chosen = [passages[(at + step) % len(passages)] for step in range(3)]
        said = [row for passage in chosen for row in rows if row.passage is passage][at % 3 :: 6][:_TIMED]
        text = " ".join(f"{row.sentence} [{chosen.index(row.passage) + 1}]" for row in said)
        answers.append((text, chosen))
    check_support(*answers[0], embedder)
    began = time.process_time()
    for text, chosen in answers:
        check_support(text, chosen, embedder)
    return (time.process_time() - began) * 1000 / len(answers)


def _passage(row: dict[str, str]) -> Passage:
    text = row["text"]
    return Passage(
        chunk_id=text_hash(text),
        source="bench",
        url="https://bench.test/",
        title=row["title"],
        heading_path=(row["title"], row["heading"]),
        anchor=None,
        text=text,
        prefix_chars=0,
        start=0,
        end=len(text),
        page_version_id=text_hash(text),
        markdown_hash=text_hash(text),
        text_hash=text_hash(text),
        fetched_at=datetime(2026, 1, 1, tzinfo=UTC),
    )
