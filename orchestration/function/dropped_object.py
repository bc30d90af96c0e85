"""A dropped object, opened once in the version that its event names."""

from __future__ import annotations

from collections.abc import Iterator

from assets.stages.inbox_listing import DroppedFile
from lake import ObjectFacts, ObjectFolder
from orchestration.function.drop import Drop


class DroppedObject:
    """The object as the inbox's reader wants it: `file` says what it is, `open` gives its bytes.

    Opening it anew would cost a second request, so the first `open` gives what the constructor has opened. Errors:
    FileNotFoundError when it was deleted since, LakeUnreachable.
    """

    def __init__(self, bucket: ObjectFolder, drop: Drop) -> None:
        self._bucket = bucket
        self._drop = drop
        self._opened: tuple[ObjectFacts, Iterator[bytes]] | None = bucket.open(drop.key, version=drop.version)
        facts = self._opened[0]
        self.file = DroppedFile(drop.key, drop.path_in_folder, facts.etag, facts.size, facts.modified_at)

    def open(self, key: str) -> tuple[ObjectFacts, Iterator[bytes]]:
        """Return what the object is, and its bytes in pieces."""
        opened, self._opened = self._opened, None
        return opened or self._bucket.open(key, version=self._drop.version)
