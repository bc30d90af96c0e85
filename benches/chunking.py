"""Chunking measured: what its chunks retrieve, how fast they are cut, and what the cutting breaks.

Retrieval is judged by Chroma's evaluation (`benches.chroma`) against LangChain's splitters in the same run, with the
sizes of Chroma's report; sizes are counted in the embedding model's tokens.
"""

from __future__ import annotations

import re
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from assets.steps.chunk import ChunkingSettings, split_markdown
from assets.steps.token_index import TokenOffsets
from benches.chroma import Passage, Question, Score, evaluate, read_corpora, read_questions, score
from benches.documentation_text import documentation
from benches.figure import Figure
from benches.ranking import Excerpt, publish
from retrieval.embedder import Embedder
from retrieval.local_store import LocalStore
from retrieval.models import load_embedder
from retrieval.retriever import Retriever

RETRIEVED = 5
_SEPARATORS = ["\n\n", "\n", ".", "?", "!", " ", ""]  # of Chroma's report
_FENCE_LINE = re.compile(r"^[ \t>]*(`{3,}(?!.*`)|~{3,})(.*)$")
Splitter = Callable[[str], list[tuple[int, int, str]]]


def run(data: Path) -> list[Figure]:
    """Measure. Raises FileNotFoundError without the evaluation's data."""
    folder = data / "chunking"
    questions, corpora = read_questions(folder), read_corpora(folder)
    with TemporaryDirectory() as cache:
        embedder = load_embedder(cache=Path(cache))
        splitters = _splitters(embedder.token_offsets)
        scores = {
            name: evaluate(_passages(corpora, splitter), questions, embedder, RETRIEVED)
            for name, splitter in splitters.items()
        }
        found = _found_by_search(_passages(corpora, splitters["ours"]), questions, embedder, Path(cache))
        return [
            *_quality(scores),
            *_as_used(found, scores["ours"]),
            *_speed(embedder.token_offsets),
            *_damage(splitters),
        ]


def _splitters(token_offsets: TokenOffsets) -> dict[str, Splitter]:
    return {
        "ours": lambda text: _ours(text, token_offsets),
        "TokenText 250/125": lambda text: _token_windows(text, token_offsets),
        "Recursive 250/0": lambda text: _recursive(text, token_offsets),
    }


def _passages(corpora: dict[str, str], splitter: Splitter) -> list[Passage]:
    return [
        Passage(corpus, (start, end), text)
        for corpus, markdown in corpora.items()
        for start, end, text in splitter(markdown)
    ]


def _found_by_search(
    passages: Sequence[Passage], questions: Sequence[Question], embedder: Embedder, folder: Path
) -> list[Score]:
    """Judge our chunks as users get them: by hybrid search over a release, near-duplicates collapsed."""
    store = LocalStore(folder / "index")
    excerpts = [Excerpt(one.corpus, "", one.text, start=one.span[0], end=one.span[1]) for one in passages]
    publish(store, "chroma", excerpts, embedder)
    retriever = Retriever(store, embedder)

    def retrieve(question: Question) -> list[Passage]:
        found = [scored.passage for scored in retriever.search(question.text, sources=["chroma"], limit=RETRIEVED)]
        return [Passage(one.url, (one.start, one.end), one.text) for one in found]

    return [score(question, retrieve(question)) for question in questions]


def _ours(markdown: str, token_offsets: TokenOffsets) -> list[tuple[int, int, str]]:
    pieces = split_markdown(markdown, title="", anchors=(), token_offsets=token_offsets, settings=ChunkingSettings())
    return [(piece.start, piece.end, piece.text) for piece in pieces]


def _token_windows(markdown: str, token_offsets: TokenOffsets) -> list[tuple[int, int, str]]:
    """LangChain's token splitter over token places, so that its chunks are exact slices of the text."""
    from langchain_text_splitters.base import Tokenizer, split_text_on_tokens

    spans: list[tuple[int, int]] = []
    offsets = token_offsets(markdown)

    def decode(places: list[int]) -> str:
        spans.append((offsets[places[0]][0], offsets[places[-1]][1]))
        return markdown[spans[-1][0] : spans[-1][1]]

    places = list(range(len(offsets)))
    windows = Tokenizer(chunk_overlap=125, tokens_per_chunk=250, decode=decode, encode=lambda _: places)
    texts = split_text_on_tokens(text=markdown, tokenizer=windows)
    return [(start, end, text) for (start, end), text in zip(spans, texts, strict=True)]


def _recursive(markdown: str, token_offsets: TokenOffsets) -> list[tuple[int, int, str]]:
    from langchain_text_splitters import RecursiveCharacterTextSplitter

    splitter = RecursiveCharacterTextSplitter(
        chunk_size=250,
        chunk_overlap=0,
        separators=_SEPARATORS,
        length_function=lambda text: len(token_offsets(text)),
        add_start_index=True,
    )
    documents = splitter.create_documents([markdown])
    starts = [int(document.metadata["start_index"]) for document in documents]
    return [
        (start, start + len(document.page_content), document.page_content)
        for start, document in zip(starts, documents, strict=True)
    ]


def _quality(scores: dict[str, list[Score]]) -> Iterator[Figure]:
    ours = scores["ours"]
    for measure, goal in (("recall", ">= 82.4"), ("precision", ">= 3.6"), ("iou", "")):
        for peer_name in list(scores)[1:]:
            value, peer = (statistics.mean(getattr(row, measure) for row in rows) for rows in (ours, scores[peer_name]))
            yield Figure(f"{measure} at {RETRIEVED}", 100 * value, "%", goal, 100 * peer, peer_name)
            difference, error = _paired(ours, scores[peer_name], measure)
            yield Figure(f"{measure}, paired difference (± {1.96 * error:.2g})", difference, "points", "", 0, peer_name)


def _as_used(found: Sequence[Score], dense: Sequence[Score]) -> Iterator[Figure]:
    for measure, goal in (("recall", ">= 82.4"), ("precision", ">= 3.6"), ("iou", "")):
        value, peer = (statistics.mean(getattr(row, measure) for row in rows) for rows in (found, dense))
        yield Figure(f"{measure} at {RETRIEVED}, our hybrid search", 100 * value, "%", goal, 100 * peer, "dense only")


def _paired(ours: Sequence[Score], peer: Sequence[Score], measure: str) -> tuple[float, float]:
    """Mean difference per question and its standard error, in points of 100."""
    differences = [
        100 * (getattr(one, measure) - getattr(other, measure)) for one, other in zip(ours, peer, strict=True)
    ]
    return statistics.mean(differences), statistics.stdev(differences) / len(differences) ** 0.5


def _speed(token_offsets: TokenOffsets) -> Iterator[Figure]:
    pages = documentation(140)
    megabytes = sum(len(page.encode()) for page in pages) / 1e6
    ours = _seconds(lambda: [_ours(page, token_offsets) for page in pages])
    bare = _seconds(lambda: [token_offsets(page) for page in pages])
    yield Figure("chunking", megabytes / ours, "MB/s", ">= 1.5", megabytes / bare, "tokenizer alone")


def _seconds(work: Callable[[], object]) -> float:
    """CPU seconds, which other processes hardly change; the best of three."""
    times = []
    for _ in range(3):
        begun = time.process_time()
        work()
        times.append(time.process_time() - begun)
    return min(times)


def _damage(splitters: dict[str, Splitter]) -> Iterator[Figure]:
    pages = documentation(40, seed=11)
    broken = {}
    for name, splitter in splitters.items():
        texts = [text for page in pages for _, _, text in splitter(page)]
        broken[name] = 1000 * sum(not _fences_pair(text) for text in texts) / len(texts)
    for name in list(broken)[1:]:
        yield Figure("broken fences", broken["ours"], "per 1000 chunks", "<= 1", broken[name], name)


def _fences_pair(text: str) -> bool:
    """Whether every code fence that begins in a text ends in it; a closing line without a beginning begins one."""
    opened = ""
    for line in text.split("\n"):
        match = _FENCE_LINE.match(line)
        if match is None:
            continue
        bar, info = match.groups()
        if not opened:
            opened = bar
        elif bar[0] == opened[0] and len(bar) >= len(opened) and not info.strip():
            opened = ""
    return not opened
