"""A source of its own that exists for some minutes: one page is dropped, its rows are looked at, all of it goes.

Rows are looked up in the tables as they lie in the bucket, Delta's log and Parquet files, since the ground may know
nothing of the house that stands on it.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from infra.parts.prefix import INCOMING, LAKE_PREFIX, PROCESSED
from infra.smoke.place import Place

_MOST = 1_000  # objects of one deletion


def _name() -> str:
    return f"smoke-{secrets.token_hex(4)}"


@dataclass(frozen=True, slots=True)
class Visit:
    """`name` is the source's, and stands in the page's text. `options` are delta-rs' for the lake's bucket; they hold
    credentials: never log them."""

    s3: Any
    place: Place
    options: Mapping[str, str] = field(repr=False)
    name: str = field(default_factory=_name)

    def drop(self) -> None:
        """Name the source in the lake, and drop its page."""
        source = f"name: {self.name}\ninbox: true\n"
        self.s3.put_object(Bucket=self.place.lake, Key=self._source_file, Body=source.encode())
        self.drop_page()

    def drop_page(self) -> None:
        """Drop the page, or drop it again."""
        key = f"{INCOMING}{self.name}/page.html"
        self.s3.put_object(Bucket=self.place.source, Key=key, Body=self._page(), ContentType="text/html")

    def documents(self) -> list[dict[str, Any]]:
        """Return what the function wrote about the page; RuntimeError with its reason when it refused the page."""
        lines = []
        for key in self._keys(self.place.source, f"{PROCESSED}{self.name}/"):
            text = self.s3.get_object(Bucket=self.place.source, Key=key)["Body"].read().decode()
            found = [json.loads(line) for line in text.splitlines()]
            if key.endswith(".failures.jsonl"):
                raise RuntimeError(f"the page was refused: {found[0]['reason']}")
            lines += found
        return lines

    def rows(self, table: str, *columns: str) -> list[dict[str, Any]]:
        """Return the source's rows of a table of the lake, none when there is no such table yet."""
        import polars as pl
        from deltalake.exceptions import TableNotFoundError

        try:
            found = pl.scan_delta(self._url(table), storage_options=dict(self.options))
            return found.filter(pl.col("source") == self.name).select(columns).collect().to_dicts()
        except TableNotFoundError:  # nobody wrote to it yet
            return []

    def clean(self) -> None:
        """Take everything of the source away: its page, what became of it, its rows, its file."""
        from deltalake import DeltaTable

        for prefix in (INCOMING, PROCESSED):
            self._delete(self.place.source, f"{prefix}{self.name}/")
        self._delete(self.place.lake, self._source_file)
        for table in self._tables():
            DeltaTable(self._url(table), storage_options=dict(self.options)).delete(f"source = '{self.name}'")
            self._delete(self.place.lake, f"{LAKE_PREFIX}/{table}/source={self.name}/")

    def left(self) -> list[str]:
        """Return the keys, in both buckets, of what is still there of the source."""
        places = [(self.place.source, ""), (self.place.lake, f"{LAKE_PREFIX}/")]
        return [key for bucket, prefix in places for key in self._keys(bucket, prefix) if self.name in key]

    @property
    def _source_file(self) -> str:
        return f"{LAKE_PREFIX}/sources/{self.name}.yaml"

    def _page(self) -> bytes:
        text = f"This page was dropped by the test of a deployment that calls itself {self.name}. " * 4
        head = f'<title>{self.name}</title><link rel="canonical" href="https://{self.name}.example.com/page">'
        body = f"<main><h1>{self.name}</h1><p>{text}</p></main>"
        return f'<!doctype html><html lang="en"><head>{head}</head><body>{body}</body></html>'.encode()

    def _url(self, table: str) -> str:
        return f"s3://{self.place.lake}/{LAKE_PREFIX}/{table}"

    def _tables(self) -> list[str]:
        """The tables that hold rows of the source."""
        prefix, listed = f"{LAKE_PREFIX}/", self.s3.get_paginator("list_objects_v2")
        pages = listed.paginate(Bucket=self.place.lake, Prefix=prefix, Delimiter="/")
        folders = [str(folder["Prefix"]) for page in pages for folder in page.get("CommonPrefixes", [])]
        return [
            folder.removeprefix(prefix).rstrip("/")
            for folder in folders
            if any(True for _ in self._keys(self.place.lake, f"{folder}source={self.name}/"))
        ]

    def _keys(self, bucket: str, prefix: str) -> Iterator[str]:
        for page in self.s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
            yield from (str(found["Key"]) for found in page.get("Contents", []))

    def _delete(self, bucket: str, prefix: str) -> None:
        """Delete every version, so that nothing of it is kept."""
        for page in self.s3.get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=prefix):
            found = [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
            named = [{"Key": version["Key"], "VersionId": version["VersionId"]} for version in found]
            for start in range(0, len(named), _MOST):
                self.s3.delete_objects(Bucket=bucket, Delete={"Objects": named[start : start + _MOST]})
