"""Quality gates: what a source must be before it is published, measured on its live documents.

A share counts only when it is borne by a few pages: a site of three pages does not fail for one of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import polars as pl

from assets.error import GateFailed
from assets.stages.boilerplate import last_lesson
from assets.stages.former import former_documents
from assets.stages.live import live_cuts, live_documents
from assets.stages.sightings import Sighting, false_sightings
from assets.steps.chunk import ChunkingSettings, chunker_version
from assets.steps.clean import extractor_version
from assets.steps.damage import DAMAGED_PAGE
from assets.steps.measure import boilerplate_letters, letters, repeats
from assets.steps.quality import BROKEN_FENCE, BROKEN_TABLE, ENCODING_DAMAGE, LITTLE_TEXT
from data_contracts.document import DOCUMENTS
from data_contracts.source import Source
from lake import Lake

_FEWEST = 5  # pages; a fault on fewer fails no source
_EXAMPLES = 10
_UNKNOWN = "und"
_TELLING = 200  # letters; the language of less is a guess


WAY_OUT = (
    "Mend the site or the source's selectors; or, if this is as it should be, raise the limit in the source's file."
)


@dataclass(frozen=True, slots=True)
class Example:
    """A page with the evidence."""

    url: str
    evidence: str


@dataclass(frozen=True, slots=True)
class GateResult:
    """What a gate found: `value` against the `limit` of the source's `quality` field `setting`, both 0 to 1.

    `pages` is how many pages bear the value; `examples` are some of them, the worst first.
    """

    name: str
    setting: str
    value: float
    limit: float
    pages: int
    examples: Sequence[Example] = field(default=())

    @property
    def passed(self) -> bool:
        """Whether the source may be published."""
        return self.value <= self.limit or self.pages < _FEWEST

    @property
    def sentence(self) -> str:
        """What was found, for a person."""
        found = f"{self.value:.0%} ({self.pages} pages), the limit is {self.limit:.0%}"
        return f"not so: {self.name.replace('_', ' ')}. {found} (quality.{self.setting})"

    @property
    def report(self) -> str:
        """What was found, with the pages that show it."""
        return "\n".join([self.sentence, *(f"    {example.url}  {example.evidence}" for example in self.examples)])


def document_gates(source: Source, lake: Lake) -> list[GateResult]:
    """Measure the live documents. Raises UpstreamEmpty."""
    now = _documents(lake, source)
    former = former_documents(lake, source.name)
    pairs = now.join(former, on="url", suffix="_before").filter(pl.col("letters_before") > 0)
    quality = source.quality
    seen = false_sightings(lake, source.name)
    damaged = [one for one in seen.put_aside if one.kind == DAMAGED_PAGE]
    return [
        _share("pages_have_text", "max_little_text", quality.max_little_text, now.height, _little(now)),
        _fall(pairs, quality.max_text_fall),
        _false_pages(seen.false_pages, seen.pages, quality.max_false_pages),
        _duplicates(now, last_lesson(lake, source.name).hashes, quality.max_duplicates),
        _languages(pairs, quality.max_language_shift),
        _share(
            "characters_are_whole",
            "max_damaged",
            quality.max_damaged,
            now.height + len(damaged),
            [*(Example(one.url, one.reason) for one in damaged), *_flagged(now, ENCODING_DAMAGE)],
        ),
        _share(
            "markdown_is_whole",
            "max_broken_markdown",
            quality.max_broken_markdown,
            now.height,
            _flagged(now, BROKEN_FENCE, BROKEN_TABLE),
        ),
    ]


def chunk_gates(source: Source, lake: Lake, settings: ChunkingSettings, tokenizer_id: str) -> list[GateResult]:
    """Measure how much of the live documents their chunks leave out."""
    versions = extractor_version(source.selectors), chunker_version(settings, tokenizer_id)
    cuts = live_cuts(lake, source.name, *versions).filter(pl.col("left_out").list.len() > 0)
    rows = _with_columns(lake, source.name, cuts.lazy().select("page_version_id", "extractor_version", "left_out"))
    gone = {url: boilerplate_letters(blocks or (), ranges) for url, blocks, ranges in rows.rows()}
    every = int(_documents(lake, source)["letters"].sum())
    worst = sorted(gone.items(), key=lambda item: (-item[1][0] / max(1, item[1][1]), item[0]))
    examples = [Example(url, f"{out:,} of {whole:,} letters recur") for url, (out, whole) in worst]
    value = sum(out for out, _ in gone.values()) / max(1, every)
    name = "pages_are_more_than_boilerplate"
    return [GateResult(name, "max_boilerplate", value, source.quality.max_boilerplate, len(gone), examples[:_EXAMPLES])]


def refuse_failing(source: Source, results: Iterable[GateResult]) -> None:
    """Raise GateFailed with the evidence when a gate fails; what is published keeps answering."""
    failed = [result for result in results if not result.passed]
    if not failed:
        return
    lead = f"source {source.name!r} is not fit to be published; what answers now goes on answering."
    raise GateFailed("\n".join([lead, *(f"- {result.report}" for result in failed), WAY_OUT]))


def _documents(lake: Lake, source: Source) -> pl.DataFrame:
    live = live_documents(lake, source.name, extractor_version(source.selectors))
    keys = ["page_version_id", "extractor_version"]
    columns = lake.scan(DOCUMENTS, source=source.name).select(*keys, "blocks", "flags", "language")
    return live.join(columns, on=keys).with_columns(letters()).sort("url").collect(engine="streaming")


def _with_columns(lake: Lake, source: str, documents: pl.LazyFrame) -> pl.DataFrame:
    keys = ["page_version_id", "extractor_version"]
    blocks = lake.scan(DOCUMENTS, source=source).select(*keys, "url", "blocks")
    return blocks.join(documents, on=keys).select("url", "blocks", "left_out").collect(engine="streaming")


def _share(name: str, setting: str, limit: float, pages: int, found: list[Example]) -> GateResult:
    return GateResult(name, setting, len(found) / max(1, pages), limit, len(found), found[:_EXAMPLES])


def _little(now: pl.DataFrame) -> list[Example]:
    thin = now.filter(pl.col("flags").list.contains(LITTLE_TEXT)).sort("letters", "url")
    return [Example(url, f"{count} letters of text") for url, count in thin.select("url", "letters").iter_rows()]


def _flagged(now: pl.DataFrame, *flags: str) -> list[Example]:
    rows = now.select("url", pl.col("flags").list.set_intersection(list(flags))).filter(pl.col("flags").list.len() > 0)
    return [Example(url, ", ".join(found).replace("_", " ")) for url, found in rows.iter_rows()]


def _fall(pairs: pl.DataFrame, limit: float) -> GateResult:
    lost = pairs.with_columns(lost=pl.col("letters_before") - pl.col("letters").cast(pl.Int64))
    before = int(pairs["letters_before"].sum())
    fallen = lost.filter(pl.col("lost") > limit * pl.col("letters_before")).sort(
        "lost", "url", descending=[True, False]
    )
    value = max(0.0, int(lost["lost"].sum()) / before) if before else 0.0
    examples = [
        Example(url, f"{earlier:,} letters before, {count:,} now")
        for url, earlier, count in fallen.select("url", "letters_before", "letters").head(_EXAMPLES).iter_rows()
    ]
    return GateResult("text_has_not_fallen", "max_text_fall", value, limit, fallen.height, examples)


def _false_pages(false_pages: Sequence[Sighting], pages: int, limit: float) -> GateResult:
    examples = [Example(one.url, f"{one.kind.replace('_', ' ')}: {one.reason}") for one in false_pages]
    return _share("pages_are_what_was_asked_for", "max_false_pages", limit, pages + len(false_pages), examples)


def _duplicates(now: pl.DataFrame, boilerplate: frozenset[int], limit: float) -> GateResult:
    found = [Example(url, f"says {share:.0%} of {other}") for url, (other, share) in repeats(now, boilerplate).items()]
    return _share("pages_differ", "max_duplicates", limit, now.height, found)


def _languages(pairs: pl.DataFrame, limit: float) -> GateResult:
    told = pairs.filter(
        pl.col("language") != _UNKNOWN,
        pl.col("language_before") != _UNKNOWN,
        pl.min_horizontal("letters", "letters_before") >= _TELLING,
    )
    changed = told.filter(pl.col("language") != pl.col("language_before"))
    found = [
        Example(url, f"{before} before, {language} now")
        for url, before, language in changed.select("url", "language_before", "language").iter_rows()
    ]
    return _share("languages_have_stayed", "max_language_shift", limit, pairs.height, found)
