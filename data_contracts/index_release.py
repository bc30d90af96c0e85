"""`index_releases`: the published indexes of a source."""

from __future__ import annotations

import dataframely as dy

from data_contracts.table import Table, sha256_column, utc_column


class IndexRelease(dy.Schema):
    """One row per index release of a source.

    `release_id` names the set of live chunks and the model, so the same content is the same release, whichever
    versions of its pages it was read from. `versions` is a JSON object of lake table -> version that the release was
    built from; `evaluation` is the JSON of its first evaluation, null when it was not evaluated.
    """

    source = dy.String(nullable=False, primary_key=True)
    release_id = sha256_column(primary_key=True)
    model_id = dy.String(nullable=False)
    chunker_version = dy.String(nullable=False)
    extractor_version = dy.String(nullable=False)
    pages = dy.Int64(nullable=False, min=0)
    chunks = dy.Int64(nullable=False, min=0)
    built_at = utc_column()
    versions = dy.String(nullable=False)
    evaluation = dy.String(nullable=True)


INDEX_RELEASES = Table("index_releases", IndexRelease)
