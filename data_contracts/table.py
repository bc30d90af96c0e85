"""What a table is: a name, a schema whose primary key names a row, and the stage that writes it."""

from __future__ import annotations

from dataclasses import dataclass

import dataframely as dy

HASH_PATTERN = r"^[0-9a-f]{64}$"


def sha256_column(*, primary_key: bool = False, nullable: bool = False) -> dy.String:
    """A column of lower-case sha256 hex digests."""
    return dy.String(primary_key=primary_key, nullable=nullable, regex=HASH_PATTERN)


def utc_column(*, primary_key: bool = False) -> dy.Datetime:
    """A column of instants in UTC, to the microsecond (what Delta stores)."""
    return dy.Datetime(primary_key=primary_key, nullable=False, time_zone="UTC", time_unit="us")


@dataclass(frozen=True)
class Table:
    """A table of the lake. Its key columns are its schema's primary key; it is partitioned by `source`."""

    name: str
    schema: type[dy.Schema]

    @property
    def key(self) -> tuple[str, ...]:
        """The columns that name a row."""
        return tuple(self.schema.primary_key())
