"""`inbox_files`: files of the inbox that were read, so that none is read twice."""

from __future__ import annotations

import dataframely as dy

from data_contracts.table import Table, utc_column


class InboxFile(dy.Schema):
    """One row per version of a file that was read to its end.

    `key` is the file's place below the source's inbox folder, `etag` names its content as the store does; `modified_at`
    belongs to the name, because a file may be given a former content again, which then counts again. `pages` were
    found in it, `rejected` of its lines went to quarantine. `crawl_id` names the ledger rows that it brought.
    """

    source = dy.String(nullable=False, primary_key=True)
    key = dy.String(nullable=False, primary_key=True)
    etag = dy.String(nullable=False, primary_key=True)
    modified_at = utc_column(primary_key=True)
    size = dy.Int64(nullable=False, min=0)
    crawl_id = dy.String(nullable=False)
    pages = dy.Int64(nullable=False, min=0)
    rejected = dy.Int64(nullable=False, min=0)
    read_at = utc_column()


INBOX_FILES = Table("inbox_files", InboxFile)
