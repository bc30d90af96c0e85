"""`lorechat drop` and `lorechat build`: somebody else's pages become a source, without Dagster."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., "subprocess.CompletedProcess[str]"]

pytestmark = pytest.mark.slow


def test_dropped_pages_are_built_and_exported(
    lorechat: Run, workplace: tuple[Path, dict[str, str]], tmp_path: Path
) -> None:
    home = Path(workplace[1]["LORECHAT_HOME"])
    row = {"url": "https://boats.test/moor", "content": "<h1>Mooring</h1><p>A boat is moored with two ropes."}
    (tmp_path / "saved" / "boats.test").mkdir(parents=True)
    (tmp_path / "saved" / "boats.test" / "ropes.html").write_text("<h1>Ropes</h1><p>A rope is made of hemp.")
    (tmp_path / "saved" / "pages.jsonl").write_text(json.dumps(row) + "\nno page\n")
    (tmp_path / "saved" / "picture.png").write_bytes(b"\x89PNG")
    done = lorechat("drop", "boats", str(tmp_path / "saved"), "--json")
    assert [json.loads(line)["file"] for line in done.stdout.splitlines()] == [
        "inbox/boats/boats.test/ropes.html",
        "inbox/boats/pages.jsonl",
    ]
    source = home.parent / "sources" / "boats.yaml"
    assert "inbox: true" in source.read_text()
    source.write_text(source.read_text() + "scope: {hosts: [boats.test]}\n")
    built = lorechat("build", "boats", LORECHAT_INBOX_SETTLE_SECONDS="0.5")
    assert built.returncode == 0, built.stderr
    assert "2 files with 2 pages read, 1 lines put aside" in built.stdout + built.stderr
    [file] = (home / "lake" / "processed" / "boats").glob("*.jsonl")
    exported = {json.loads(line)["url"] for line in file.read_text().splitlines()}
    assert exported == {"https://boats.test/moor", "https://boats.test/ropes.html"}
    again = lorechat("build", "boats", LORECHAT_INBOX_SETTLE_SECONDS="0.5", LORECHAT_EXPORT="false")
    assert "boats markdown: 0 added, 2 there already" in again.stdout


def test_a_site_with_an_inbox_is_crawled_although_pages_were_dropped_first(
    lorechat: Run, workplace: tuple[Path, dict[str, str]], site: str, tmp_path: Path
) -> None:
    home = Path(workplace[1]["LORECHAT_HOME"])
    assert lorechat("add", f"{site}/guide/", "--name", "mixed").returncode == 0
    source = home.parent / "sources" / "mixed.yaml"
    source.write_text(source.read_text() + "inbox: true\n")
    row = {"url": f"{site}/guide/sail.html", "content": "<h1>Sailing</h1><p>A boat is sailed with the wind."}
    (tmp_path / "pages.ndjson").write_text(json.dumps(row))
    assert lorechat("drop", "mixed", str(tmp_path / "pages.ndjson")).returncode == 0
    built = lorechat("build", "mixed", LORECHAT_INBOX_SETTLE_SECONDS="0.5")
    assert built.returncode == 0, built.stderr
    files = (home / "lake" / "processed" / "mixed").glob("*.jsonl")
    exported = {json.loads(line)["url"] for file in files for line in file.read_text().splitlines()}
    assert exported == {f"{site}/guide/{name}" for name in ("", "moor.html", "sail.html")}


def test_a_drop_that_nobody_would_read_is_refused_with_a_reason(lorechat: Run, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text("<p>x")
    lorechat("add", "https://site.test/", "--name", "site")
    for arguments, cause in (
        (("site", str(page)), "add the line `inbox: true`"),
        (("Not A Name", str(page)), "lower-case"),
        (("notes", str(tmp_path / "missing.html")), "No such file"),
        (("notes", __file__), "no page and no list of pages"),
    ):
        done = lorechat("drop", *arguments)
        assert done.returncode == 1
        assert cause in done.stderr
