"""`erasures`: what was erased on request, so that it stays out; named by hash alone, since its name was erased, too."""

from __future__ import annotations

import dataframely as dy

from data_contracts.table import Table, sha256_column, utc_column

WHOLE_SOURCE = "*"
"""Stands for every URL of a source."""


class Erasure(dy.Schema):
    """One row per decision on a URL; the newest one counts.

    `url_hash` is the sha256 of the canonical URL, or of `WHOLE_SOURCE`. `is_out` says that the page was erased and is
    not to be fetched again; a later row with false lets it in again.
    """

    source = dy.String(nullable=False, primary_key=True)
    url_hash = sha256_column(primary_key=True)
    at = utc_column(primary_key=True)
    is_out = dy.Bool(nullable=False)


ERASURES = Table("erasures", Erasure)
