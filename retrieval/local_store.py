"""Index releases as snapshots in a folder: `<root>/<source>/<release>/` with a `CURRENT` file that names the live one.

A snapshot is written under a temporary name, made durable, and renamed when it is whole. `CURRENT` is replaced
atomically and read again for every search, so readers in other processes follow a promotion at once, and a search
that is under way ends on the snapshot that it began with.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from data_contracts.passage import Passage, ScoredPassage
from retrieval.embedder import Vectors
from retrieval.error import IndexDamaged, IndexMissing, ModelMismatch, RetrievalError
from retrieval.file_lock import locked
from retrieval.open_snapshots import OpenSnapshots
from retrieval.ranking import Ranking
from retrieval.release_files import (
    checked_name,
    damaged,
    read_manifest,
    replace_manifest,
    replace_text,
    seal,
    sync,
    verify,
)
from retrieval.snapshot import Snapshot, write_snapshot
from retrieval.vector_store import RANKING, ChunkPlace, PassageBatch, ReleaseManifest, SearchMode

_CURRENT = "CURRENT"
_BUILDING = ".building-"
_REMOVED = ".removed-"


class LocalStore:
    """A `VectorStore` on a local folder, safe under threads and processes. Reading needs no write access."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._open = OpenSnapshots()

    def build(
        self,
        manifest: ReleaseManifest,
        batches: Iterable[PassageBatch],
        *,
        base: str | None = None,  # noqa: ARG002 - a disk is not paid by the row: every snapshot is whole
    ) -> None:
        """Write a release beside the live one; see `VectorStore.build`. A damaged release is built anew."""
        home = self._home(manifest.source)
        home.mkdir(parents=True, exist_ok=True)
        final = home / checked_name(manifest.release_id)
        with locked(home / ".build.lock"):
            _sweep(home)
            if _is_whole(final):
                return
            aside = Path(tempfile.mkdtemp(prefix=_BUILDING, dir=home))
            try:
                write_snapshot(aside, manifest, batches)
                seal(aside, manifest)
                aside.chmod(0o755)  # temporary folders are private, releases are for every reader
                _remove(final)
                aside.rename(final)
                sync(home)
            finally:
                shutil.rmtree(aside, ignore_errors=True)

    def evaluated(self, source: str, release_id: str, evaluation: Mapping[str, Any]) -> None:
        """Keep what an evaluation found in the manifest."""
        folder = self._folder(source, release_id)
        with locked(folder.parent / ".build.lock"):
            replace_manifest(folder, replace(read_manifest(folder), evaluation=evaluation))

    def promote(self, source: str, release_id: str) -> None:
        """Make a built release the live one after its files' hashes were checked."""
        folder = self._folder(source, release_id)
        verify(folder)
        with locked(folder.parent / ".current.lock"):
            replace_text(folder.parent / _CURRENT, release_id)

    def withdraw(self, source: str) -> None:
        """Take the live release out of service."""
        home = self._home(source)
        if home.is_dir():
            with locked(home / ".current.lock"):
                (home / _CURRENT).unlink(missing_ok=True)
                sync(home)

    def live(self, source: str) -> ReleaseManifest | None:
        """Return the live release of a source, None when there is none."""
        release_id = self._current(source)
        return None if release_id is None else read_manifest(self._home(source) / release_id)

    def releases(self, source: str) -> list[ReleaseManifest]:
        """Return all built releases of a source, newest first; damaged ones are none."""
        home = self._home(source)
        folders = [path for path in home.iterdir() if _is_release(path)] if home.is_dir() else []
        found = [manifest for folder in folders if (manifest := _undamaged(folder)) is not None]
        return sorted(found, key=lambda manifest: manifest.built_at, reverse=True)

    def chunk_ids(self, source: str, release_id: str) -> Iterator[ChunkPlace]:
        """Yield the chunks of a built release."""
        yield from self._open.built(source, self._folder(source, release_id)).places()

    def contents(self, source: str, release_id: str) -> Iterator[PassageBatch]:
        """Yield a built release's passages with their vectors."""
        yield from self._open.built(source, self._folder(source, release_id)).contents()

    def sources(self) -> list[str]:
        """Return the sources that have a live release, sorted."""
        return sorted(path.parent.name for path in self._root.glob(f"*/{_CURRENT}"))

    def drop(self, source: str, release_id: str) -> None:
        """Delete a release that is not live; see `VectorStore.drop`."""
        home = self._home(source)
        folder = home / checked_name(release_id)
        if not folder.is_dir():
            return
        with locked(home / ".current.lock"):
            if self._current(source) == release_id:
                raise RetrievalError(f"{release_id} is the live release of {source}. Promote another one first.")
            _remove(folder)
        self._open.forget(folder)

    def search(
        self,
        source: str,
        *,
        vector: Vectors,
        text: str,
        model_id: str,
        limit: int,
        mode: SearchMode = SearchMode.HYBRID,
        release_id: str | None = None,
        ranking: Ranking = RANKING,
    ) -> list[ScoredPassage]:
        """Return the best passages of the live release, or of a built one, best first; see `VectorStore.search`."""
        snapshot = self._asked(source, release_id, model_id)
        return snapshot.search(vector=vector, text=text, limit=limit, mode=mode, ranking=ranking)

    def page(self, source: str, url: str, *, release_id: str | None = None) -> list[Passage]:
        """Return the passages of a page, in the order in which they stand on it; see `ReleaseReader.page`."""
        return self._snapshot(source, release_id).page(url)

    def find(
        self,
        source: str,
        chunk_ids: Collection[str],
        *,
        vector: Vectors,
        model_id: str,
        release_id: str | None = None,
    ) -> list[ScoredPassage]:
        """Return those of the chunks that the live release, or a built one, holds; see `ReleaseReader.find`."""
        return self._asked(source, release_id, model_id).find(chunk_ids, vector)

    def close(self) -> None:
        """Nothing to let go of: files are mapped, and a folder needs no connection."""

    def _asked(self, source: str, release_id: str | None, model_id: str) -> Snapshot:
        """The snapshot that a question goes to. Raises ModelMismatch."""
        snapshot = self._snapshot(source, release_id)
        manifest = snapshot.manifest
        if manifest.model_id != model_id:
            raise ModelMismatch(
                f"The index of {source} was made with the embedding model {manifest.model_id}, the question with "
                f"{model_id}. Ask with the index's model, or build {source} again with the new one."
            )
        return snapshot

    def _home(self, source: str) -> Path:
        return self._root / checked_name(source)

    def _current(self, source: str) -> str | None:
        try:
            return checked_name((self._home(source) / _CURRENT).read_text().strip())
        except FileNotFoundError:
            return None

    def _folder(self, source: str, release_id: str) -> Path:
        """The folder of a built release. Raises IndexMissing."""
        folder = self._home(source) / checked_name(release_id)
        if not folder.is_dir():
            raise IndexMissing(f"{source} has no release {release_id}. Build it first.")
        return folder

    def _snapshot(self, source: str, release_id: str | None) -> Snapshot:
        """The open snapshot of a built release, or of the live one. Raises IndexMissing, IndexDamaged."""
        if release_id is None:
            return self._live_snapshot(source)
        return self._open.built(source, self._folder(source, release_id))

    def _live_snapshot(self, source: str) -> Snapshot:
        """Return the open snapshot of the live release, opening it if another one went live."""
        for _ in range(3):
            release_id = self._current(source)
            if release_id is None:
                raise IndexMissing(f"{source} has no index yet. Run its pipeline up to vector_index, then ask again.")
            try:
                return self._open.live(source, self._home(source) / release_id)
            except IndexDamaged:
                if self._current(source) == release_id:
                    raise
        raise damaged(self._home(source) / str(self._current(source)), "it was replaced while it was opened")


def _is_release(path: Path) -> bool:
    return path.is_dir() and not path.name.startswith(".")


def _undamaged(folder: Path) -> ReleaseManifest | None:
    try:
        return read_manifest(folder)
    except IndexDamaged:
        return None


def _is_whole(folder: Path) -> bool:
    if not folder.is_dir():
        return False
    try:
        verify(folder)
    except IndexDamaged:
        return False
    return True


def _remove(folder: Path) -> None:
    """Take a release out of sight at once, then delete it; searches that have it open go on."""
    if folder.is_dir():
        trash = Path(tempfile.mkdtemp(prefix=_REMOVED, dir=folder.parent))
        folder.rename(trash / folder.name)
        shutil.rmtree(trash, ignore_errors=True)


def _sweep(home: Path) -> None:
    """Delete what interrupted builds and drops left behind. The caller holds the build lock: nobody else builds."""
    for path in home.glob(f"{_BUILDING}*"):
        shutil.rmtree(path)
    for path in home.glob(f"{_REMOVED}*"):
        shutil.rmtree(path, ignore_errors=True)
