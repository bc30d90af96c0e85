"""Index releases as snapshots in a folder: `<root>/<source>/<release>/` with a `CURRENT` file that names the live one.

A snapshot is written under a temporary name, made durable, and renamed when it is whole. `CURRENT` is replaced
atomically and read again for every search, so readers in other processes follow a promotion at once, and a search
that is under way ends on the snapshot that it began with.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock

from data_contracts.passage import ScoredPassage
from retrieval.embedder import Vectors
from retrieval.error import IndexDamaged, IndexMissing, ModelMismatch, RetrievalError
from retrieval.release_files import checked_name, damaged, read_manifest, replace_text, seal, sync, verify
from retrieval.snapshot import Snapshot, write_snapshot
from retrieval.vector_store import PassageBatch, ReleaseManifest, SearchMode

_CURRENT = "CURRENT"
_BUILDING = ".building-"
_REMOVED = ".removed-"


class LocalStore:
    """A `VectorStore` on a local folder, safe under threads and processes. Reading needs no write access."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._open: dict[str, Snapshot] = {}
        self._opening = Lock()

    def build(self, manifest: ReleaseManifest, batches: Iterable[PassageBatch]) -> None:
        """Write a release beside the live one; see `VectorStore.build`. A damaged release is built anew."""
        home = self._home(manifest.source)
        home.mkdir(parents=True, exist_ok=True)
        final = home / checked_name(manifest.release_id)
        with _locked(home / ".build.lock"):
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

    def promote(self, source: str, release_id: str) -> None:
        """Make a built release the live one after its files' hashes were checked."""
        home = self._home(source)
        folder = home / checked_name(release_id)
        if not folder.is_dir():
            raise IndexMissing(f"{source} has no release {release_id}. Build it first.")
        verify(folder)
        with _locked(home / ".current.lock"):
            replace_text(home / _CURRENT, release_id)

    def live(self, source: str) -> ReleaseManifest | None:
        """Return the live release of a source, None when there is none."""
        release_id = self._current(source)
        return None if release_id is None else read_manifest(self._home(source) / release_id)

    def releases(self, source: str) -> list[ReleaseManifest]:
        """Return all built releases of a source, newest first."""
        home = self._home(source)
        folders = [path for path in home.iterdir() if _is_release(path)] if home.is_dir() else []
        return sorted((read_manifest(folder) for folder in folders), key=lambda found: found.built_at, reverse=True)

    def sources(self) -> list[str]:
        """Return the sources that have a live release, sorted."""
        return sorted(path.parent.name for path in self._root.glob(f"*/{_CURRENT}"))

    def drop(self, source: str, release_id: str) -> None:
        """Delete a release that is not live; dropping what is not there changes nothing."""
        home = self._home(source)
        folder = home / checked_name(release_id)
        if not folder.is_dir():
            return
        with _locked(home / ".current.lock"):
            if self._current(source) == release_id:
                raise RetrievalError(f"{release_id} is the live release of {source}. Promote another one first.")
            _remove(folder)

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
    ) -> list[ScoredPassage]:
        """Return the best passages of the live release, or of a built one, best first; see `VectorStore.search`."""
        snapshot = self._snapshot(source) if release_id is None else self._built(source, release_id)
        manifest = snapshot.manifest
        if manifest.model_id != model_id:
            raise ModelMismatch(
                f"The live index of {source} was made with the embedding model {manifest.model_id}, the question with "
                f"{model_id}. Ask with the index's model, or build {source} again with the new one."
            )
        return snapshot.search(vector=vector, text=text, limit=limit, mode=mode)

    def _home(self, source: str) -> Path:
        return self._root / checked_name(source)

    def _current(self, source: str) -> str | None:
        try:
            return checked_name((self._home(source) / _CURRENT).read_text().strip())
        except FileNotFoundError:
            return None

    def _snapshot(self, source: str) -> Snapshot:
        """Return the open snapshot of the live release, opening it if another one went live."""
        for _ in range(3):
            release_id = self._current(source)
            if release_id is None:
                raise IndexMissing(f"{source} has no index yet. Run its pipeline up to vector_index, then ask again.")
            with self._opening:
                found = self._open.get(source)
                if found is not None and found.manifest.release_id == release_id:
                    return found
                try:
                    self._open[source] = Snapshot(self._home(source) / release_id)
                    return self._open[source]
                except IndexDamaged:
                    if self._current(source) == release_id:
                        raise
        raise damaged(self._home(source) / str(self._current(source)), "it was replaced while it was opened")

    def _built(self, source: str, release_id: str) -> Snapshot:
        """Return an open snapshot of a built release, live or not; it takes the place of the source's open one."""
        folder = self._home(source) / checked_name(release_id)
        if not folder.is_dir():
            raise IndexMissing(f"{source} has no release {release_id}. Build it first.")
        with self._opening:
            found = self._open.get(source)
            if found is None or found.manifest.release_id != release_id:
                found = self._open[source] = Snapshot(folder)
            return found


def _is_release(path: Path) -> bool:
    return path.is_dir() and not path.name.startswith(".")


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


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Hold an advisory lock that threads and processes share and that ends with its holder."""
    descriptor = os.open(path, os.O_CREAT | os.O_RDWR, 0o644)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
