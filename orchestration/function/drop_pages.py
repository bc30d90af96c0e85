"""The pages of one drop on their way through the stages."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import Any

import polars as pl

from assets.error import UpstreamEmpty
from assets.stages.chosen import Chosen
from assets.stages.embedding import embed_chunks, missing_vectors
from assets.stages.export import FIELDS, told
from assets.stages.extraction import STAGE as MARKDOWN
from assets.stages.extraction import extract_documents
from assets.stages.inbox_ingest import InboxIngest
from assets.stages.live import live_chunks, live_documents
from assets.stages.splitting import split_documents
from assets.steps.chunk import ChunkingSettings, chunker_version
from assets.steps.clean import extractor_version
from data_contracts.crawl_ledger import CRAWL_LEDGER
from data_contracts.document import DOCUMENTS
from data_contracts.quarantine import QUARANTINE
from data_contracts.source import Source
from data_contracts.verdict import Verdict
from lake import Lake
from lake.rejection import Rejection
from orchestration.function.deadline import Deadline
from orchestration.function.dropped_object import DroppedObject
from orchestration.function.observation import Observation
from orchestration.function.outcome import Failure
from retrieval.embedder import Embedder

_WITHOUT_BLAME = [verdict.value for verdict in Verdict if verdict.is_present] + [Verdict.DUPLICATE_OF.value]


class DropPages:
    """What one drop brings to a source. Doing it again after it was cut off brings the same rows."""

    def __init__(self, source: Source, lake: Lake, deadline: Deadline, observation: Observation) -> None:
        self._source = source
        self._lake = lake
        self._deadline = deadline
        self._observation = observation
        self._version = extractor_version(source.selectors)
        self.versions: tuple[str, ...] = ()
        self.failures: list[Failure] = []

    def bring(self, dropped: DroppedObject, *, home: str | None) -> None:
        """Read the object and clean its pages. `home` as `assets.stages.inbox_reader.InboxReader` says."""
        refusals: list[Rejection] = []
        with self._observation.step("read"):
            ingest = InboxIngest(
                self._source,
                self._lake,
                dropped,
                on_progress=self._deadline.check,
                run_id=None,
                on_refusal=refusals.append,
                home=home,
            )
            ingest.read([dropped.file])
        self.failures += [_refused(refusal) for refusal in refusals]
        if ingest.held:
            self.failures.append(_held(sum(len(losses.lost) for losses in ingest.held), self._source))
        self._look_up(ingest.crawl_ids)
        self._deadline.check()
        with self._observation.step("clean"):
            try:
                extract_documents(self._source, self._lake, on_progress=self._deadline.check, chosen=self._chosen)
            except UpstreamEmpty:  # nothing but pages that are gone
                return
        self.failures += self._not_cleaned()

    def documents(self) -> Iterator[dict[str, Any]]:
        """Yield what an exported line tells of each page of the drop that counts."""
        for frame in self._lake.batches(DOCUMENTS, self._live, source=self._source.name, columns=FIELDS, rows=32):
            yield from (told(row) for row in frame.iter_rows(named=True))

    def cut(self, embedder: Embedder, chunking: ChunkingSettings, *, most_texts: int) -> dict[str, int]:
        """Cut the documents, and embed their texts when they are few; return counts.

        Texts that are left are embedded by the pipeline's next run.
        """
        source, lake, check = self._source, self._lake, self._deadline.check
        check()
        with self._observation.step("cut"):
            split_documents(source, lake, embedder, chunking, on_progress=check, chosen=self._chosen)
        versions = self._version, chunker_version(chunking, embedder.tokenizer_id)
        chunks = (
            live_chunks(lake, source.name, *versions, chosen=self._chosen).select("chunk_id", "text_hash").collect()
        )
        waiting = missing_vectors(lake, source.name, chunks.unique("text_hash"), embedder.model_id).height
        if not 0 < waiting <= most_texts:
            return {"chunks": chunks.height, "embeddings": 0, "left": waiting}
        check()
        with self._observation.step("embed"):
            report = embed_chunks(source, lake, embedder, chunking, on_progress=check, chosen=self._chosen)
        return {"chunks": chunks.height, "embeddings": report.added, "left": 0}

    @property
    def _chosen(self) -> Chosen:
        return Chosen(self.versions)

    @cached_property
    def _live(self) -> pl.DataFrame:
        """The keys of the documents of those pages whose version here is the one that answers."""
        try:
            documents = self._chosen.of(live_documents(self._lake, self._source.name, self._version))
        except UpstreamEmpty:
            return pl.DataFrame(schema={"page_version_id": pl.String, "extractor_version": pl.String})
        return documents.select("page_version_id", "extractor_version").collect()

    def _look_up(self, crawl_ids: list[str]) -> None:
        """Find what the ledger says of the drop's pages."""
        rows = self._lake.scan(CRAWL_LEDGER, source=self._source.name).filter(pl.col("crawl_id").is_in(crawl_ids))
        ledger = rows.select("url", "verdict", "reason", "status", "page_version_id").collect()
        self.versions = tuple(ledger["page_version_id"].drop_nulls().unique().sort())
        blamed = ~pl.col("verdict").is_in(_WITHOUT_BLAME) & pl.col("status").is_between(200, 299)
        for row in ledger.filter(blamed).sort("url").iter_rows(named=True):
            self.failures.append(Failure(row["verdict"], row["reason"], url=row["url"]))

    def _not_cleaned(self) -> Iterator[Failure]:
        """The pages that are put aside because nothing could be made of them."""
        fields = {name: f"$.{name}" for name in ("page_version_id", "extractor_version", "url")}
        rows = (
            self._lake.scan(QUARANTINE, source=self._source.name)
            .filter(pl.col("stage").is_in([MARKDOWN, DOCUMENTS.name]))
            .select("rule", "reason", *(pl.col("row").str.json_path_match(path).alias(n) for n, path in fields.items()))
            .filter(pl.col("extractor_version") == self._version)
        )
        for row in self._chosen.of(rows).sort("url").collect().iter_rows(named=True):
            yield Failure(row["rule"], row["reason"], url=row["url"])


def _refused(refusal: Rejection) -> Failure:
    return Failure(refusal.rule, refusal.reason, line=refusal.row.get("line"))


def _held(lost: int, source: Source) -> Failure:
    return Failure(
        "removals_held",
        f"{lost:,} pages of {source.name!r} would vanish by it, more than removal.max_share allows, so none was "
        "removed. If they are really gone, put it into the lake's inbox and run "
        f"lorechat build {source.name} --accept-removals",
    )
