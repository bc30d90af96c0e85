"""BEIR SciFact: scientific claims as questions, abstracts as passages, nDCG@10."""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from pathlib import Path
from statistics import mean

from benches.figure import Figure
from benches.ranking import Excerpt, ndcg, publish
from retrieval.embedder import Embedder
from retrieval.retriever import Retriever
from retrieval.vector_store import SearchMode, VectorStore

SOURCE = "scifact"

_GOALS = {SearchMode.HYBRID: ">= 0.70"}
_PUBLISHED = {SearchMode.LEXICAL: (0.687, "BM25 (published)"), SearchMode.HYBRID: (0.742, "RRF with bge-base")}


def scifact_figures(data: Path, store: VectorStore, embedder: Embedder) -> list[Figure]:
    """Publish all abstracts as one source and judge the rankings of the test questions in each mode."""
    folder = data / "scifact"
    publish(store, SOURCE, _abstracts(folder), embedder)
    retriever = Retriever(store, embedder)
    return [
        Figure(
            f"SciFact nDCG@10 {mode}",
            scifact_ndcg(folder, retriever, mode, split="test"),
            "",
            _GOALS.get(mode, ""),
            *_PUBLISHED.get(mode, (None, "")),
        )
        for mode in SearchMode
    ]


def scifact_ndcg(folder: Path, retriever: Retriever, mode: SearchMode, *, split: str) -> float:
    """Return the mean nDCG@10 over the questions of a split."""
    questions = {row["_id"]: row["text"] for row in _rows(folder / "queries.jsonl")}
    return mean(
        ndcg(
            [found.passage.url for found in retriever.search(questions[key], sources=[SOURCE], limit=10, mode=mode)],
            relevant,
        )
        for key, relevant in _judgements(folder / "qrels" / f"{split}.tsv").items()
    )


def _abstracts(folder: Path) -> list[Excerpt]:
    return [
        Excerpt(
            id=row["_id"],
            title=row["title"],
            text=f"{row['title']}\n\n{row['text']}",
            prefix_chars=len(row["title"]) + 2,
            heading_path=(row["title"],),
        )
        for row in _rows(folder / "corpus.jsonl")
    ]


def _judgements(path: Path) -> dict[str, dict[str, int]]:
    relevant: defaultdict[str, dict[str, int]] = defaultdict(dict)
    with path.open() as file:
        for row in csv.DictReader(file, delimiter="\t"):
            relevant[row["query-id"]][row["corpus-id"]] = int(row["score"])
    return relevant


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open() as file:
        return [json.loads(line) for line in file]
