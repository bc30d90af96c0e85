"""Files beside the tables: what people drop and what is exported, in a folder or a bucket alike."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING, cast

import obstore
from obstore.exceptions import BaseError, InvalidPathError
from obstore.store import LocalStore, ObjectStore, from_url

from lake.error import LakeUnreachable
from lake.s3_failure import advice

if TYPE_CHECKING:
    from obstore import GetResult, ObjectMeta
    from obstore.store import S3Config

_ALLOW_HTTP = "AWS_ALLOW_HTTP"
_PIECE_BYTES = 4_000_000


@dataclass(frozen=True, slots=True)
class ObjectFacts:
    """A file: `key` is its path below the folder, `etag` changes with its content."""

    key: str
    size: int
    modified_at: datetime
    etag: str


class ObjectFolder:
    """Files under `url`: a folder, or `s3://bucket/prefix` with the same `storage_options` as the lake.

    Errors: LakeUnreachable when the place cannot be read or written, FileNotFoundError for a file that is not there.
    """

    def __init__(self, url: str, storage_options: Mapping[str, str] | None = None) -> None:
        self.url = url.rstrip("/")
        self._options = dict(storage_options or {})
        self._opened: ObjectStore | None = None

    def below(self, folder: str) -> ObjectFolder:
        """Return a folder in this one."""
        return ObjectFolder(f"{self.url}/{folder.strip('/')}", self._options)

    def files(self, prefix: str = "") -> Iterator[ObjectFacts]:
        """Yield the files whose key begins with the folder `prefix`, a page of the listing at a time."""
        with self._explained():
            for page in obstore.list(self._store(), prefix=prefix or None):
                yield from map(_facts, page)

    def read(self, key: str) -> bytes:
        """Return a file's bytes."""
        with self._explained():
            return bytes(obstore.get(self._store(), key).bytes())

    def stream(self, key: str) -> Iterator[bytes]:
        """Yield a file's bytes in pieces of some megabytes."""
        yield from self.open(key)[1]

    def open(self, key: str, *, version: str | None = None) -> tuple[ObjectFacts, Iterator[bytes]]:
        """Return what a file is as it is read, which may be newer than what was listed, and its bytes in pieces; or,
        where a bucket keeps versions, what it was in one of them."""
        with self._explained():
            found = obstore.get(self._store(), key, options={"version": version} if version else None)
            facts = _facts(found.meta)
        return facts, self._pieces(found)

    def _pieces(self, found: GetResult) -> Iterator[bytes]:
        with self._explained():
            yield from (bytes(piece) for piece in found.stream(min_chunk_size=_PIECE_BYTES))

    def write(self, key: str, data: bytes | IO[bytes]) -> None:
        """Write a file whole, from bytes or from an open file: readers see the old one or the new one."""
        with self._explained():
            obstore.put(self._store(), key, data)

    def delete(self, key: str) -> None:
        """Delete a file; one that is not there is no error."""
        with self._explained():
            try:
                obstore.delete(self._store(), key)
            except FileNotFoundError:
                return

    def _store(self) -> ObjectStore:
        if self._opened is None:
            self._opened = self._open()
        return self._opened

    def _open(self) -> ObjectStore:
        if "://" not in self.url:
            return LocalStore(Path(self.url), mkdir=True)
        config = {name.lower(): value for name, value in self._options.items() if name != _ALLOW_HTTP}
        allow_http = self._options.get(_ALLOW_HTTP) == "true"
        return from_url(self.url, config=cast("S3Config", config), client_options={"allow_http": allow_http})

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except FileNotFoundError:
            raise
        except InvalidPathError as error:
            raise LakeUnreachable(
                f"a file below {self.url} has a name that cannot be used: {_said(error)}. Rename or delete it."
            ) from error
        except (BaseError, OSError) as error:
            todo = advice(error) or "Check its place, its credentials and the free space there."
            raise LakeUnreachable(f"cannot use {self.url}: {_said(error)}. {todo}") from error


def _said(error: Exception) -> str:
    """What the store's library says, without its own inner workings."""
    return str(error).partition("\n\n")[0]


def _facts(meta: ObjectMeta) -> ObjectFacts:
    """A store that names no etag still tells size and time, which change with the content."""
    etag = meta["e_tag"] or f"{meta['size']}-{meta['last_modified'].isoformat()}"
    return ObjectFacts(meta["path"], meta["size"], meta["last_modified"], etag)
