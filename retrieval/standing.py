"""Where a page stands for a question: the rank of its best passage by meaning, by words and by both together.

An answer is made from the first passages of the fused ranking (the cut). Fused scores are relative to the candidates of
a search, so the ranking that an answer saw is asked for first, with its own limit; a deeper search says how far below
the cut a page is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from data_contracts.passage import ScoredPassage
from retrieval.embedder import Embedder, Vectors
from retrieval.near_duplicate import repeats
from retrieval.retriever import Retriever
from retrieval.vector_store import SearchMode, VectorStore

DEPTH = 1000
"""How many passages are ranked at most."""

_AHEAD = 5


@dataclass(frozen=True, slots=True)
class Place:
    """A page's place in one ranking of `searched` distinct passages.

    `rank` counts from 1 and is that of the page's best passage, `best`; None when none of the page's passages is among
    them. `cut_score` is the score of the cut's last passage in the search that found `best`. `ahead` are the first few
    passages before the page's best one; `repeated` is the passage of another page that is shown in place of the page's
    because it says the same.
    """

    mode: SearchMode
    rank: int | None
    searched: int
    best: ScoredPassage | None
    cut_score: float | None
    ahead: tuple[ScoredPassage, ...]
    repeated: ScoredPassage | None


@dataclass(frozen=True, slots=True)
class Standing:
    """A page's places for a question in the live release of its source. An answer cites from the first `cut` passages
    of all `sources`; `answer_rank` is the page's place among them, None when it is below the cut."""

    question: str
    source: str
    release_id: str
    cut: int
    sources: tuple[str, ...]
    dense: Place
    lexical: Place
    fused: Place
    answer_rank: int | None


def page_standing(
    store: VectorStore,
    embedder: Embedder,
    question: str,
    *,
    source: str,
    url: str,
    bodies: Sequence[str] = (),
    cut: int = 8,
    sources: Sequence[str] = (),
    depth: int = DEPTH,
) -> Standing | None:
    """Return where a page stands, None when its source has no live release. `bodies` are its chunks' own words, to tell
    whether another page's passage is shown in their place; `sources` those that an answer would search.

    Errors: IndexDamaged, ModelMismatch.
    """
    live = store.live(source)
    if live is None:
        return None
    vector = embedder.embed_query(question)
    seeker = _Seeker(store, source, question, vector, embedder.model_id, cut, max(cut, depth))
    asked = tuple(dict.fromkeys((source, *sources)))
    answer = Retriever(store, embedder).search(question, sources=asked, limit=cut)
    return Standing(
        question=question,
        source=source,
        release_id=live.release_id,
        cut=cut,
        sources=asked,
        dense=seeker.place(SearchMode.DENSE, url, bodies),
        lexical=seeker.place(SearchMode.LEXICAL, url, bodies),
        fused=seeker.place(SearchMode.HYBRID, url, bodies),
        answer_rank=_rank(answer, url, source),
    )


@dataclass(frozen=True, slots=True)
class _Seeker:
    store: VectorStore
    source: str
    question: str
    vector: Vectors
    model_id: str
    cut: int
    depth: int

    def place(self, mode: SearchMode, url: str, bodies: Sequence[str]) -> Place:
        """Return a page's place in one ranking: as an answer's search ranks it, then as a deep one does."""
        found = self._search(mode, self.cut)
        cut_score = found[-1].score if len(found) == self.cut else None
        if _rank(found, url, self.source) is None and len(found) == self.cut:
            shown = {scored.passage.chunk_id for scored in found}
            deep = self._search(mode, self.depth)
            last = found[-1].passage.chunk_id
            cut_score = next((one.score for one in deep if one.passage.chunk_id == last), cut_score)
            found += [one for one in deep if one.passage.chunk_id not in shown]
        rank = _rank(found, url, self.source)
        before = found if rank is None else found[: rank - 1]
        others = before[: self.cut] if rank is None or rank > self.cut else ()
        return Place(
            mode=mode,
            rank=rank,
            searched=len(found),
            best=None if rank is None else found[rank - 1],
            cut_score=cut_score,
            ahead=tuple(before[:_AHEAD]),
            repeated=next((one for one in others if any(repeats(body, one.passage.body) for body in bodies)), None),
        )

    def _search(self, mode: SearchMode, limit: int) -> list[ScoredPassage]:
        return self.store.search(
            self.source, vector=self.vector, text=self.question, model_id=self.model_id, limit=limit, mode=mode
        )


def _rank(found: Sequence[ScoredPassage], url: str, source: str) -> int | None:
    ranks = (
        rank
        for rank, scored in enumerate(found, start=1)
        if scored.passage.url == url and scored.passage.source == source
    )
    return next(ranks, None)
