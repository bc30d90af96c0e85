"""An event of S3 -> the objects that were dropped, each by itself. A pure function of the event."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import unquote_plus

INCOMING = "incoming/"
"""What lies below this prefix of a bucket is read: `incoming/<source>/...`."""


@dataclass(frozen=True, slots=True)
class Drop:
    """An object as an event names it. `version` is "" in a bucket that keeps none; `sequencer` tells the events of one
    key apart, also where the same bytes are written twice."""

    bucket: str
    key: str
    version: str
    etag: str
    sequencer: str

    @property
    def path(self) -> str:
        """Its place below `incoming/`."""
        return self.key.removeprefix(INCOMING)

    @property
    def folder(self) -> str:
        """The folder that names its source, "" when it lies in none."""
        folder, slash, _ = self.path.partition("/")
        return folder if slash else ""

    @property
    def path_in_folder(self) -> str:
        """Its place below that folder."""
        return self.path.partition("/")[2] if self.folder else self.path

    @property
    def is_readable(self) -> bool:
        """Whether its name is one that object stores, and files, agree on."""
        parts = self.key.split("/")
        return all(part not in ("", ".", "..") for part in parts) and min(self.key) >= " " and "\x7f" not in self.key

    def identity(self) -> dict[str, str]:
        """What makes it this drop and no other: all of it."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class BadRecord:
    """A record of an event that names no object."""

    number: int
    reason: str


def drops(event: Mapping[str, Any]) -> Iterator[Drop | BadRecord]:
    """Yield what each record says, in order, without those that are no drop: deletions, folders that a console makes,
    objects outside of `incoming/`."""
    for number, record in enumerate(event["Records"], start=1):
        try:
            created = str(record["eventName"]).removeprefix("s3:").startswith("ObjectCreated:")
            drop = _drop(record["s3"])
        except (KeyError, TypeError, AttributeError) as error:
            yield BadRecord(number, f"it names no object of S3: {type(error).__name__} {error}")
            continue
        if created and drop.key.startswith(INCOMING) and not drop.key.endswith("/"):
            yield drop


def _drop(told: Mapping[str, Any]) -> Drop:
    """S3 writes keys into events as forms are written: a space is a plus, other characters are percent-encoded."""
    found = told["object"]
    return Drop(
        bucket=str(told["bucket"]["name"]),
        key=unquote_plus(found["key"]),
        version=str(found.get("versionId") or ""),
        etag=str(found.get("eTag", "")),
        sequencer=str(found.get("sequencer", "")),
    )
