"""Files of a release on a disk: written aside, made durable, described by size and hash, then given their name."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from retrieval.error import IndexDamaged
from retrieval.vector_store import ReleaseManifest

MANIFEST = "manifest.json"

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")


@dataclass(frozen=True, slots=True)
class FileFacts:
    """What a file must be: `size` in bytes and sha256 in hex."""

    size: int
    sha256: str


def checked_name(name: str) -> str:
    """Return a source's or release's name when it can name a folder; ValueError otherwise."""
    if not _NAME.fullmatch(name):
        raise ValueError(f"{name!r} cannot name a folder: use letters, digits, dot, dash and underscore")
    return name


def sync(path: Path) -> None:
    """Wait until a file's bytes, or a folder's entries, are on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def replace_text(path: Path, text: str) -> None:
    """Give a small file a new text, atomically and durably."""
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    aside.write_text(text)
    sync(aside)
    aside.replace(path)
    sync(path.parent)


def seal(folder: Path, manifest: ReleaseManifest) -> None:
    """Write the manifest over all files of a folder and make everything in it durable."""
    facts = {path.relative_to(folder).as_posix(): asdict(_facts(path)) for path in _files(folder)}
    (folder / MANIFEST).write_text(_manifest_text(manifest, facts))
    for path in (*_files(folder), *(path for path in folder.rglob("*") if path.is_dir()), folder):
        sync(path)


def replace_manifest(folder: Path, manifest: ReleaseManifest) -> None:
    """Say something else about a sealed folder's release, atomically; its files stay what they are."""
    _, facts = _read(folder)
    replace_text(folder / MANIFEST, _manifest_text(manifest, {name: asdict(fact) for name, fact in facts.items()}))


def read_manifest(folder: Path) -> ReleaseManifest:
    """Return the manifest after a look at every file's size; IndexDamaged when something does not fit."""
    release, facts = _read(folder)
    for name, fact in facts.items():
        path = folder / name
        size = path.stat().st_size if path.is_file() else None
        if size != fact.size:
            raise damaged(folder, f"{name} has {size} bytes instead of {fact.size}")
    return release


def verify(folder: Path) -> None:
    """Read every file and compare its hash with the manifest; IndexDamaged when one differs."""
    read_manifest(folder)
    for name, fact in _read(folder)[1].items():
        if _facts(folder / name) != fact:
            raise damaged(folder, f"{name} is not what was written")


def damaged(folder: Path, reason: str) -> IndexDamaged:
    """Return the error that says what is wrong with a release and what to do."""
    source, release_id = folder.parent.name, folder.name
    return IndexDamaged(
        f"The index release {release_id} of {source} is damaged: {reason}. "
        f"Build the release again (materialize vector_index for {source}), or promote another one."
    )


def _manifest_text(manifest: ReleaseManifest, facts: Mapping[str, object]) -> str:
    release = asdict(manifest) | {"built_at": manifest.built_at.isoformat()}
    return json.dumps({"release": release, "files": facts}, indent=1)


def _read(folder: Path) -> tuple[ReleaseManifest, dict[str, FileFacts]]:
    try:
        content = json.loads((folder / MANIFEST).read_text())
        release = content["release"]
        release["built_at"] = datetime.fromisoformat(release["built_at"])
        release["starters"] = tuple(release["starters"])
        facts = {name: FileFacts(**fact) for name, fact in content["files"].items()}
        return ReleaseManifest(**release), facts
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise damaged(folder, f"its {MANIFEST} cannot be read ({error})") from error


def _facts(path: Path) -> FileFacts:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return FileFacts(path.stat().st_size, digest)


def _files(folder: Path) -> Iterator[Path]:
    """Files below a folder, lock files left out: readers open and close those."""
    return (path for path in sorted(folder.rglob("*")) if path.is_file() and not path.name.endswith(".lock"))
