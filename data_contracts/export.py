"""`exports`: what was written below `processed/`, so that only what is new is written again."""

from __future__ import annotations

import dataframely as dy

from data_contracts.table import Table, sha256_column, utc_column


class Export(dy.Schema):
    """One row per line of an exported file.

    `file` is the file's place below the source's folder in `processed/`, `number` its place in the order in which files
    are to be read: the line with the highest number tells how a document stands. `markdown_hash` names what the line
    says; null is a line that says that the document is no more.
    """

    source = dy.String(nullable=False, primary_key=True)
    url = dy.String(nullable=False, primary_key=True)
    number = dy.Int64(nullable=False, primary_key=True, min=1)
    file = dy.String(nullable=False)
    markdown_hash = sha256_column(nullable=True)
    exported_at = utc_column()


EXPORTS = Table("exports", Export)
