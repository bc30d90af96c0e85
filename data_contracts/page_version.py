"""`page_versions`: what a page's bytes were when they were fetched."""

from __future__ import annotations

import dataframely as dy

from data_contracts.identity import content_id
from data_contracts.table import Table, sha256_column, utc_column


class PageVersion(dy.Schema):
    """One row per fetched version of a page.

    `url` is the canonical URL, `fetched_url` the one that answered. `charset` is the encoding that decodes `body`
    right, whatever the server declared. `headers` is a JSON object of the response's headers, lower-case names,
    cookies left out. `outlinks` are the canonical URLs that the page links to, whether in scope or not.
    """

    source = dy.String(nullable=False)
    page_version_id = sha256_column(primary_key=True)
    url = dy.String(nullable=False)
    fetched_url = dy.String(nullable=False)
    crawl_id = dy.String(nullable=False)
    fetched_at = utc_column()
    status = dy.Int32(nullable=False)
    content_type = dy.String(nullable=False)
    charset = dy.String(nullable=False)
    etag = dy.String(nullable=True)
    last_modified = dy.String(nullable=True)
    headers = dy.String(nullable=False)
    body = dy.Binary(nullable=False)
    body_hash = sha256_column()
    body_bytes = dy.Int64(nullable=False, min=1)
    outlinks = dy.List(dy.String(nullable=False), nullable=False)


PAGE_VERSIONS = Table("page_versions", PageVersion)


def page_version_id(source: str, url: str, body: bytes) -> str:
    """Name a page version by its source, canonical URL and bytes."""
    return content_id(source, url, body)
