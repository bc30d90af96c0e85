"""Erasing works on a lake in a bucket as it does in a folder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from assets.erasure.erasing import Places, erase
from assets.erasure.target import find_target
from lake import Lake, ObjectFolder, current_pages

pytestmark = pytest.mark.slow

URL = "https://example.test/secret.html"
SECRET = "<main><h1>Secret</h1><p>The captain hid the key under the third stone of the northern mole.</p></main>"
PUBLIC = "<main><h1>Public</h1><p>The harbour opens at six and the tower can be climbed until noon.</p></main>"


@pytest.fixture
def lake(s3_options: dict[str, str], tmp_path: Path) -> Lake:
    """The lake that the crawled source is in."""
    return Lake(f"s3://lake/{tmp_path.name}", s3_options)


def test_a_page_leaves_the_bucket(crawled: Any, lake: Lake, tmp_path: Path, embedder: Any) -> None:
    crawled.crawl({"/secret.html": SECRET, "/public.html": PUBLIC})
    crawled.build()
    objects = ObjectFolder(lake.url, lake.storage_options)
    rows = [{"url": URL, "content": SECRET}, {"url": "https://example.test/public.html", "content": PUBLIC}]
    objects.write("inbox/example/pages.jsonl", "".join(f"{json.dumps(row)}\n" for row in rows).encode())
    places = Places(lake, objects, crawled.store, ObjectFolder(str(tmp_path / "index")), (), embedder)
    proof = erase(crawled.source, find_target(lake, "example", [URL]), places, tell=lambda line: None)
    assert [finding for finding in proof if not finding.is_clean] == []
    assert current_pages(lake, "example").collect()["url"].to_list() == ["https://example.test/public.html"]
    assert objects.read("inbox/example/pages.jsonl").count(b"\n") == 1
    for file in objects.files():
        data = objects.read(file.key)
        assert b"northern mole" not in data, file.key
        assert b"secret.html" not in data, file.key
