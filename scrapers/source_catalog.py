"""All sources there are: files in the local folder, and files dropped into `sources/` at the lake's place.

A source is `<name>.yaml` (or `.yml`) in either place. Beside it may lie `<name>.questions.yaml`, the golden questions a
person wrote for it; that is no source. Where both places hold a name the local file is used. A file that cannot be
used is told as a problem and never hides the others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath

from data_contracts.source import Source
from lake.error import LakeUnreachable
from lake.objects import ObjectFolder
from scrapers.error import SourceError
from scrapers.source_file import load_source, parse_source

_SUFFIXES = (".yaml", ".yml")
_QUESTIONS = ".questions"


@dataclass(frozen=True, slots=True)
class SourceListing:
    """What both places hold.

    `sources` are those that can be used; `names` those with a file, broken or not; `problems` say what is wrong with
    the rest and what to do. `is_complete` is false when a place could not be read: then a missing name means nothing.
    """

    sources: dict[str, Source]
    names: frozenset[str]
    problems: tuple[str, ...]
    is_complete: bool


@dataclass(frozen=True, slots=True)
class _File:
    place: str
    load: Callable[[], Source]


class SourceCatalog:
    """The sources of a local `folder` and of the drop folder `dropped`."""

    def __init__(self, folder: Path, dropped: ObjectFolder) -> None:
        self.folder = folder
        self.dropped = dropped

    def load(self, name: str) -> Source:
        """Read and check one source. Errors: SourceError naming file, field and fix; LakeUnreachable."""
        for path in (self.folder / f"{name}{suffix}" for suffix in _SUFFIXES):
            if path.exists():
                return load_source(path)
        for key in (f"{name}{suffix}" for suffix in _SUFFIXES):
            data = self._read_dropped(key)
            if data is not None:
                return parse_source(data, name=name, place=f"{self.dropped.url}/{key}")
        raise SourceError(
            f"there is no source {name!r}: neither {self.folder / name}.yaml nor {self.dropped.url}/{name}.yaml is "
            "there. Add it with `lorechat add`, or put its file into one of these folders."
        )

    def questions(self, name: str) -> bytes | None:
        """Return the bytes of `<name>.questions.yaml`, the local file before the dropped one; None without any."""
        path = self.folder / f"{name}{_QUESTIONS}.yaml"
        return path.read_bytes() if path.is_file() else self._read_dropped(f"{name}{_QUESTIONS}.yaml")

    def names(self) -> frozenset[str]:
        """The names that have a file, without reading any. Errors: LakeUnreachable, SourceError for an absent folder.

        For deciding that a source is gone: a folder that is not there (a disk that is not mounted) tells nothing.
        """
        if not self.folder.is_dir():
            raise SourceError(f"{self.folder} is not there. Make the folder, or set LORECHAT_SOURCES.")
        return frozenset(name for name, _ in (*self._local_files(), *self._dropped_files()))

    def listing(self) -> SourceListing:
        """Read all sources."""
        files, problems, is_complete = self._files()
        sources = {}
        for name, file in sorted(files.items()):
            try:
                sources[name] = file.load()
            except (SourceError, LakeUnreachable) as error:
                problems.append(str(error))
        return SourceListing(sources, frozenset(files), tuple(problems), is_complete)

    def _files(self) -> tuple[dict[str, _File], list[str], bool]:
        """Return the file of each name, what to say about the places, and whether both could be read."""
        files: dict[str, _File] = {}
        problems: list[str] = []
        try:
            for name, file in (*self._local_files(), *self._dropped_files()):
                if name not in files:
                    files[name] = file
                else:
                    used = files[name].place
                    problems.append(f"{file.place}: not used, because source {name!r} is {used}. Delete one of them.")
        except LakeUnreachable as error:
            problems.append(str(error))
            return dict(self._local_files()) | files, problems, False
        return files, problems, True

    def _local_files(self) -> Iterator[tuple[str, _File]]:
        for path in sorted(self.folder.glob("*")):
            if _is_source(path.name):
                yield path.stem, _File(str(path), partial(load_source, path))

    def _dropped_files(self) -> Iterator[tuple[str, _File]]:
        for key in sorted(facts.key for facts in self.dropped.files()):
            if "/" not in key and _is_source(key):
                name = PurePosixPath(key).stem
                yield name, _File(f"{self.dropped.url}/{key}", partial(self._load_dropped, key))

    def _load_dropped(self, key: str) -> Source:
        place = f"{self.dropped.url}/{key}"
        data = self._read_dropped(key)
        if data is None:
            raise SourceError(f"{place}: was deleted while it was read. Nothing to do.")
        return parse_source(data, name=PurePosixPath(key).stem, place=place)

    def _read_dropped(self, key: str) -> bytes | None:
        try:
            return self.dropped.read(key)
        except FileNotFoundError:
            return None


def _is_source(file: str) -> bool:
    path = PurePosixPath(file)
    return path.suffix in _SUFFIXES and not path.stem.endswith(_QUESTIONS) and not file.startswith(".")
