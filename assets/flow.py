"""What the assets of all sources work with, each thing made when it is first asked for.

The names below are types only: this module is imported by whoever loads the definitions, and loading must open
nothing and stay quick.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from assets.crawl_process import Crawler
    from assets.stages.workplace import Workforce
    from assets.steps.chunk import ChunkingSettings
    from data_contracts.question import GoldenQuestion
    from data_contracts.source import Source
    from lake import Lake, ObjectFolder
    from retrieval.embedder import Embedder
    from retrieval.vector_store import VectorStore
    from scrapers.source_catalog import SourceCatalog


@dataclass(frozen=True)
class Flow:
    """The lake, the model and the index, and how the stages are to run.

    `objects` are the files at the lake's place, beside its tables: `inbox/`, `processed/` and `sources/` lie there.
    `sources` are the source files and the questions beside them; `environment` is what a crawl's process gets,
    `open_embedder` loads the model of a release that was made with another one (None: there is no other), `crew` are
    the workers of large stages (None: none), `crawler` who crawls (None: a process of this machine), `keep_releases`
    the index releases kept for rollback, `chat_url` the chat's address for people. A dropped file that changed in the
    last `settle_seconds` waits; `is_exporting` says that documents are also written below `processed/`.
    """

    sources: SourceCatalog
    lake: Lake
    objects: ObjectFolder
    store: VectorStore
    load_embedder: Callable[[], Embedder]
    load_chunking: Callable[[], ChunkingSettings]
    environment: Mapping[str, str] = field(repr=False)
    open_embedder: Callable[[str], Embedder] | None = None
    crew: Workforce | None = None
    keep_releases: int = 3
    settle_seconds: float = 5.0
    is_exporting: bool = True
    chat_url: str = "http://localhost:8000"
    crawler: Crawler | None = None

    def source(self, name: str) -> Source:
        """Read a source's file. Errors: SourceError, LakeUnreachable."""
        return self.sources.load(name)

    def golden_questions(self, source: Source) -> tuple[GoldenQuestion, ...]:
        """Read what a source must answer: what a person wrote beside it, then what curators accepted of what people
        asked. Errors: QuestionsUnusable, LakeUnreachable."""
        from assets.stages.golden import parse_questions
        from lake.golden import accepted_questions

        data = self.sources.questions(source.name)
        written = () if data is None else parse_questions(data, source, name=f"{source.name}.questions.yaml")
        known = {question.question for question in written}
        accepted = accepted_questions(self.lake, source.name)
        return (*written, *(question for question in accepted if question.question not in known))

    @cached_property
    def embedder(self) -> Embedder:
        """The embedding model, loaded once. Raises ModelUnavailable."""
        return self.load_embedder()

    @cached_property
    def chunking(self) -> ChunkingSettings:
        """How documents are cut."""
        return self.load_chunking()
