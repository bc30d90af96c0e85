"""Erasing pages of a source, step by step, and proving that they are gone.

The order is made for being cut off at any point and run again: first it is written down that the pages stay out, then
the index stops answering from them, then everything that leads away from them goes, and last the rows by which the
rest is found. What a run of the pipeline brings back meanwhile is found by the proof and taken out once more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from urllib.parse import unquote

from assets.erasure.files import PageFiles
from assets.erasure.finding import Finding, Keeper
from assets.erasure.index import ask_index, erase_from_index, record_release, search_index
from assets.erasure.raw_bytes import search_bytes
from assets.erasure.rows import search_rows
from assets.erasure.table_traces import TRACES
from assets.erasure.tables import erase_from_table
from assets.erasure.target import Target
from assets.stages.export import PROCESSED
from assets.stages.inbox_listing import INBOX
from data_contracts.source import Source
from lake import Lake, ObjectFolder
from lake.erased import keep_out
from lake.table_history import LOG
from retrieval.embedder import Embedder
from retrieval.vector_store import VectorStore

_ROUNDS = 3
_WITH_CONTENT = frozenset(traces.table.name for traces in TRACES if traces.content)
_SOURCES = "sources"  # the operator's own files

Tell = Callable[[str], None]


@dataclass(frozen=True)
class Places:
    """Everything that can hold a page. `index` are the index's own files where they lie in a folder; `keepers` are
    logs and storages of other programs; `embedder` makes the vectors that the proof searches by."""

    lake: Lake
    objects: ObjectFolder
    store: VectorStore
    index: ObjectFolder | None = None
    keepers: Sequence[Keeper] = field(default=())
    embedder: Embedder | None = None


def survey(source: Source, target: Target, places: Places) -> list[Finding]:
    """Count what there is of the target in every place."""
    return list(_survey(source, target, places))


def erase(source: Source, target: Target, places: Places, *, tell: Tell) -> list[Finding]:
    """Erase a target and return the proof: what a search of every place still finds. Errors: LakeError and
    RetrievalError kinds; run again, it goes on where it was."""
    keep_out(places.lake, source.name, target.kept_out)
    proof: list[Finding] = []
    for _ in range(_ROUNDS):
        _erase_once(source, target, places, tell)
        tell("searching every place for what was erased")
        proof = [*_survey(source, target, places), ask_index(places.store, target, places.embedder)]
        proof += _search_bytes(target, places, proof)
        if all(finding.is_clean for finding in proof):
            break
    return proof


def _erase_once(source: Source, target: Target, places: Places, tell: Tell) -> None:
    tell("taking it out of the index")
    erase_from_index(places.lake, places.store, target)
    tell("taking it out of files and logs")
    for files in _files(source, target, places):
        files.clean(places.lake)
    for keeper in places.keepers:
        keeper.clean(target.wording)
    for traces in TRACES:
        tell(f"taking it out of table {traces.table.name}")
        erase_from_table(places.lake, traces, target)
    erase_from_index(places.lake, places.store, target)  # a run that began before may have published it meanwhile
    if not target.is_whole:
        record_release(places.lake, places.store, target)


def _survey(source: Source, target: Target, places: Places) -> Iterator[Finding]:
    for traces in TRACES:
        yield search_rows(places.lake, traces, target).finding
    yield from search_index(places.store, target)
    for files in _files(source, target, places):
        yield files.search()
    for keeper in places.keepers:
        yield keeper.search(target.wording)


def _files(source: Source, target: Target, places: Places) -> list[PageFiles]:
    return [PageFiles(places.objects, folder, source, target) for folder in (INBOX, PROCESSED)]


def _search_bytes(target: Target, places: Places, found: Sequence[Finding]) -> Iterator[Finding]:
    """The bytes of the lake and the index. Where lines or passages of other pages name the address, so do the bytes
    that they are stored in; of tables that hold pages' content every row was looked at, but for the others' bodies."""
    mentioned = {finding.place for finding in found if finding.mentions}

    def is_others(key: str) -> bool:
        folder, _, below = key.partition("/")
        owner = unquote(below.split("/", 1)[0].removeprefix("source="))
        if folder == _SOURCES or (owner != LOG and target.source not in owner.split(",")):
            return True
        return owner != LOG and (folder in _WITH_CONTENT or f"files {folder}/{target.source}/" in mentioned)

    yield search_bytes(places.objects, target.wording, "bytes of the lake", is_others=is_others)
    if places.index is not None:
        others = any(place.startswith("release ") for place in mentioned)
        place = "bytes of the index"
        yield search_bytes(places.index, target.wording, place, is_others=lambda _: others, prefix=target.source)
